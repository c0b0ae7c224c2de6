/* resolver/listen/sockets: opening for each worker, refusing a taken port by name, handing over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/config.h"
#include "resolver/listen/sockets.h"

enum { WORKERS = 3, ROOM = 32 };

static char path[] = "test.yaml";

/* Tells whether a socket of KIND can be bound to ENDPOINT now. */
static bool is_free(const struct endpoint *endpoint, int kind)
{
    struct sockaddr_storage sa;
    socklen_t length = endpoint_to_sockaddr(endpoint, &sa);
    int fd = socket(sa.ss_family, kind, 0), result;

    assert_true(fd >= 0);
    result = bind(fd, (struct sockaddr *)&sa, length);
    close(fd);
    return result == 0;
}

/* Returns a port that nobody has at ADDRESS just now, TCP and UDP; one below those that the system
 * gives to outgoing connections, of which tests beside this one have many. */
static uint16_t free_port(const char *address)
{
    static unsigned tried;
    struct endpoint endpoint = {0};

    assert_int_equal(addr_from_text(&endpoint.addr, address), 0);
    do
        endpoint.port = (uint16_t)(10240 + ((unsigned)getpid() * 31 + tried++) % 22000);
    while (!is_free(&endpoint, SOCK_STREAM) || !is_free(&endpoint, SOCK_DGRAM));
    return endpoint.port;
}

static struct config_listener listener_at(const char *address, uint16_t port)
{
    struct config_listener listener = {
        .endpoint.port = port, .place = {3, 9}
    };

    assert_int_equal(addr_from_text(&listener.endpoint.addr, address), 0);
    return listener;
}

static void close_all(struct listen_socket *sockets, long count)
{
    for (long i = 0; i < count; i++)
        close(sockets[i].fd);
}

static void each_worker_gets_a_socket_for_each_listener(void **state)
{
    struct config_listener listeners[] = {listener_at("127.0.0.1", free_port("127.0.0.1")),
                                          listener_at("127.0.0.2", free_port("127.0.0.2"))};
    struct config config = {.path = path, .listeners = listeners, .listener_count = 2};
    struct listen_socket sockets[ROOM];
    struct err err = {0};
    long count = sockets_open(&config, WORKERS, sockets, ROOM, NULL, &err);

    (void)state;
    assert_string_equal(err.text, "");
    assert_int_equal(count, WORKERS * 2 * 2);
    for (long i = 0; i < count; i++) {
        const struct endpoint *want = &listeners[i / 2 % 2].endpoint;
        int flags = fcntl(sockets[i].fd, F_GETFL);

        assert_true(addr_equal(&sockets[i].local.addr, &want->addr));
        assert_int_equal(sockets[i].local.port, want->port);
        assert_int_equal(sockets[i].stream, i % 2);
        assert_true((flags & O_NONBLOCK) != 0);
        assert_true((fcntl(sockets[i].fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
    close_all(sockets, count);
}

static void a_port_in_use_is_refused_with_its_holder(void **state)
{
    struct config_listener listener = listener_at("127.0.0.1", free_port("127.0.0.1"));
    struct config config = {.path = path, .listeners = &listener, .listener_count = 1};
    struct listen_socket first[ROOM], second[ROOM];
    struct err err = {0};
    char pid[32];
    long count = sockets_open(&config, 1, first, ROOM, NULL, &err);

    (void)state;
    assert_int_equal(count, 2);
    /* although it would work: the first has SO_REUSEPORT, and the same user */
    assert_int_equal(sockets_open(&config, 1, second, ROOM, NULL, &err), -1);
    assert_int_equal(err.code, ERR_BUSY);
    assert_int_equal(err.line, 3);
    snprintf(pid, sizeof pid, "(pid %ld)", (long)getpid());
    assert_non_null(strstr(err.text, "test.yaml:3:9: UDP port is in use: '127.0.0.1@"));
    assert_non_null(strstr(err.text, pid));
    close(first[0].fd); /* the UDP one */
    assert_int_equal(sockets_open(&config, 1, second, ROOM, NULL, &err), -1);
    assert_non_null(strstr(err.text, "TCP port is in use"));
    assert_non_null(strstr(err.text, pid));
    close(first[1].fd);
}

static void an_address_of_another_machine_is_refused(void **state)
{
    struct config_listener listener = listener_at("192.0.2.1", 5300);
    struct config config = {.path = path, .listeners = &listener, .listener_count = 1};
    struct listen_socket sockets[ROOM];
    struct err err = {0};

    (void)state;
    assert_int_equal(sockets_open(&config, 1, sockets, ROOM, NULL, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "'192.0.2.1@5300'"));
}

static void what_does_not_fit_is_refused_and_closed(void **state)
{
    struct config_listener listener = listener_at("127.0.0.1", free_port("127.0.0.1"));
    struct config config = {.path = path, .listeners = &listener, .listener_count = 1};
    struct listen_socket sockets[ROOM];
    struct err err = {0};
    long count;

    (void)state;
    assert_int_equal(sockets_open(&config, 2, sockets, 3, NULL, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    count = sockets_open(&config, 2, sockets, 4, NULL, &err); /* the port is free again */
    assert_int_equal(count, 4);
    close_all(sockets, count);
}

static void nothing_is_inherited_without_the_variables_or_for_another_process(void **state)
{
    struct listen_socket sockets[ROOM];
    struct err err = {0};

    (void)state;
    assert_int_equal(sockets_inherit(sockets, ROOM, &err), 0);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_PID", "1", 1);
    assert_int_equal(sockets_inherit(sockets, ROOM, &err), 0);
    assert_null(getenv("LISTEN_FDS"));
    setenv("LISTEN_FDS", "two", 1);
    assert_int_equal(sockets_inherit(sockets, ROOM, &err), 0);
}

/* In a child: hands over, then takes in as the program after exec would. Exits 0 when all is well.
 */
static void hand_over_and_take(const struct listen_socket *sockets, long count)
{
    struct listen_socket taken[ROOM];
    struct err err = {0};

    if (sockets_hand_over(sockets, (size_t)count, &err) != 0)
        _exit(1);
    if (strcmp(getenv("LISTEN_FDNAMES"), "dns:dns:dns:dns") != 0)
        _exit(2);
    if ((fcntl(3, F_GETFD) & FD_CLOEXEC) != 0)
        _exit(3); /* it would be gone after exec */
    if (sockets_inherit(taken, ROOM, &err) != count)
        _exit(4);
    for (long i = 0; i < count; i++) {
        if (taken[i].fd != 3 + i || taken[i].stream != sockets[i].stream ||
            taken[i].local.port != sockets[i].local.port)
            _exit(5);
    }
    _exit(getenv("LISTEN_PID") == NULL ? 0 : 6);
}

static void sockets_are_handed_over_in_order_whatever_their_numbers(void **state)
{
    struct config_listener listener = listener_at("127.0.0.1", free_port("127.0.0.1"));
    struct config config = {.path = path, .listeners = &listener, .listener_count = 1};
    struct listen_socket sockets[ROOM], backwards[ROOM];
    struct err err = {0};
    long count = sockets_open(&config, 2, sockets, ROOM, NULL, &err);

    (void)state;
    assert_int_equal(count, 4);
    for (long i = 0; i < count; i++)
        backwards[i] = sockets[count - 1 - i];
    for (int round = 0; round < 2; round++) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
            hand_over_and_take(round == 0 ? sockets : backwards, count);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    close_all(sockets, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_worker_gets_a_socket_for_each_listener),
        cmocka_unit_test(a_port_in_use_is_refused_with_its_holder),
        cmocka_unit_test(an_address_of_another_machine_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused_and_closed),
        cmocka_unit_test(nothing_is_inherited_without_the_variables_or_for_another_process),
        cmocka_unit_test(sockets_are_handed_over_in_order_whatever_their_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
