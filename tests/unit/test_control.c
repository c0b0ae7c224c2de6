/* resolver/daemon/message and control: what a request line may be, and who may ask what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/base/err.h"
#include "resolver/daemon/control.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/socket_file.h"

static void request_lines_are_taken_or_refused_with_a_code(void **state)
{
    static const struct {
        const char *line;
        enum err_code code;
        int64_t id;
    } rows[] = {
        {"{\"v\":1,\"id\":7,\"do\":\"status\"}",                      ERR_NONE,    7               },
        {" {\"do\":\"why\",\"name\":\"a.example\",\"id\":0,\"v\":1}", ERR_NONE,    0               },
        {"{\"v\":1,\"id\":9007199254740993,\"do\":\"stop\"}",         ERR_NONE,    9007199254740993},
        {"{\"v\":1,\"id\":1,\"do\":\"x\"}\r",                         ERR_NONE,    1               },
        {"",                                                          ERR_FORMAT,  0               },
        {"status",                                                    ERR_FORMAT,  0               },
        {"[]",                                                        ERR_FORMAT,  0               },
        {"{\"v\":1,\"id\":7,\"do\":\"status\"",                       ERR_FORMAT,  0               },
        {"{\"v\":1,\"id\":7,\"do\":\"status\"} {}",                   ERR_FORMAT,  0               },
        {"{\"v\":1,\"v\":1,\"id\":7,\"do\":\"status\"}",              ERR_FORMAT,  0               },
        {"{\"v\":1,\"id\":7,\"do\":\"\xff\"}",                        ERR_FORMAT,  0               },
        {"{\"v\":1,\"id\":7,\"do\":\"a\\u0000b\"}",                   ERR_FORMAT,  0               },
        {"{\"v\":1,\"id\":7,\"x\":[[[[[[[[1]]]]]]]],\"do\":\"s\"}",   ERR_FORMAT,  0               },
        {"{\"v\":1,\"do\":\"status\"}",                               ERR_USAGE,   0               },
        {"{\"v\":1,\"id\":-1,\"do\":\"status\"}",                     ERR_USAGE,   0               },
        {"{\"v\":1,\"id\":\"7\",\"do\":\"status\"}",                  ERR_USAGE,   0               },
        {"{\"v\":1,\"id\":1.5,\"do\":\"status\"}",                    ERR_USAGE,   0               },
        {"{\"id\":7,\"do\":\"status\"}",                              ERR_USAGE,   7               },
        {"{\"v\":\"1\",\"id\":7,\"do\":\"status\"}",                  ERR_USAGE,   7               },
        {"{\"v\":2,\"id\":7,\"do\":\"status\"}",                      ERR_VERSION, 7               },
        {"{\"v\":1,\"id\":7}",                                        ERR_USAGE,   7               },
        {"{\"v\":1,\"id\":7,\"do\":null}",                            ERR_USAGE,   7               },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message message;
        struct err err = {0};
        int result = message_parse(&message, rows[i].line, strlen(rows[i].line), &err);

        if (result != (rows[i].code == ERR_NONE ? 0 : -1) || err.code != rows[i].code)
            fail_msg("row %zu: %d, %s: %s", i, result, err_word(err.code), err.text);
        assert_int_equal(message.id, rows[i].id);
        message_clear(&message);
    }
}

static void a_line_of_brackets_costs_no_depth(void **state)
{
    char line[MESSAGE_REQUEST_MAX];
    struct message message;
    struct err err;

    (void)state;
    memset(line, '[', sizeof line);
    assert_int_equal(message_parse(&message, line, sizeof line - 1, &err), -1);
    assert_int_equal(err.code, ERR_FORMAT);
    message_clear(&message);
    assert_int_equal(message_parse(&message, line, sizeof line, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    message_clear(&message);
}

static void brackets_within_a_text_are_no_depth(void **state)
{
    static const char line[] =
        "{\"v\":1,\"id\":1,\"do\":\"why\",\"name\":\"\\\"[[[[[[[[[[[[[[[[\"}";
    struct message message;
    struct err err;

    (void)state;
    assert_int_equal(message_parse(&message, line, strlen(line), &err), 0);
    assert_string_equal(message_text(message.body, "name", &err), "\"[[[[[[[[[[[[[[[[");
    message_clear(&message);
}

static void a_reply_is_one_line_with_id_and_place(void **state)
{
    struct err err = {.code = ERR_CONFIG, .line = 3, .column = 9};
    json_t *errors = json_array();
    char *line;

    (void)state;
    snprintf(err.text, sizeof err.text, "f:3:9: no such key: '\xff'\n");
    message_add_error(errors, &err, "f");
    line = message_reply(12, NULL, errors);
    assert_non_null(line);
    assert_string_equal(line, "{\"v\":1,\"id\":12,\"last\":true,\"ok\":false,\"errors\":[{"
                              "\"code\":\"config\",\"text\":\"f:3:9: no such key: '?'\\n\","
                              "\"file\":\"f\",\"line\":3,\"column\":9}]}\n");
    free(line);
}

/* ---- over a socket ---- */

struct room {
    char folder[64], path[96];
    uv_loop_t loop;
    struct control *control;
    unsigned runs;
    struct control_later *later; /* the replies that are owed */
};

static json_t *run_count(void *context, const json_t *request, json_t *errors)
{
    struct room *room = context;

    (void)request;
    (void)errors;
    return json_integer(++room->runs);
}

static json_t *run_who(void *context, const json_t *request, json_t *errors)
{
    (void)context;
    (void)errors;
    return json_incref(json_object_get(request, CONTROL_USER));
}

static void begin_wait(void *context, const json_t *request, struct control_later *later)
{
    struct room *room = context;

    (void)request;
    later->next = room->later;
    room->later = later;
}

static void answer_at_once(void *context, const json_t *request, struct control_later *later)
{
    (void)context;
    (void)request;
    control_reply(later, json_integer(77), json_array());
}

static void reply_to_all(struct room *room)
{
    while (room->later != NULL) {
        struct control_later *later = room->later;

        room->later = later->next;
        control_reply(later, json_integer(99), json_array());
    }
}

static const struct control_verb verbs[] = {
    {"count",   CONTROL_OPERATOR | CONTROL_READER | CONTROL_PORTAL, run_count, NULL          },
    {"change",  CONTROL_OPERATOR,                                   run_count, NULL          },
    {"wait",    CONTROL_OPERATOR,                                   NULL,      begin_wait    },
    {"at_once", CONTROL_OPERATOR,                                   NULL,      answer_at_once},
    {"who",     CONTROL_OPERATOR | CONTROL_PORTAL,                  run_who,   NULL          },
    {NULL,      0,                                                  NULL,      NULL          },
};

static void open_room(struct room *room, enum control_role role)
{
    struct err err;

    memset(room, 0, sizeof *room);
    snprintf(room->folder, sizeof room->folder, P_tmpdir "/test_control.XXXXXX");
    assert_non_null(mkdtemp(room->folder));
    snprintf(room->path, sizeof room->path, "%s/s", room->folder);
    uv_loop_init(&room->loop);
    room->control = control_create(&room->loop, verbs, room, NULL, &err);
    assert_non_null(room->control);
    assert_int_equal(control_listen(room->control, room->path, role, &err), 0);
}

static void close_room(struct room *room)
{
    struct stat found;

    control_destroy(room->control);
    uv_run(&room->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&room->loop), 0);
    assert_int_equal(stat(room->path, &found), -1);
    assert_int_equal(rmdir(room->folder), 0);
}

/* Sends TEXT as a client of ROOM and reads until the server closes or has sent LINES lines. */
static int talk(struct room *room, const char *text, size_t length, unsigned lines, char *got,
                size_t size)
{
    struct err err;
    int fd = socket_file_connect(room->path, &err);
    size_t used = 0;
    unsigned seen = 0;

    assert_true(fd >= 0);
    assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), length);
    for (int turn = 0; turn < 100 && seen < lines; turn++) {
        ssize_t part;

        uv_run(&room->loop, UV_RUN_NOWAIT);
        part = recv(fd, got + used, size - used - 1, MSG_DONTWAIT);
        for (ssize_t i = 0; i < part; i++)
            seen += got[used + (size_t)i] == '\n';
        used += part > 0 ? (size_t)part : 0;
        if (part == 0)
            break;
    }
    got[used] = '\0';
    assert_int_equal(seen, lines);
    return fd;
}

static void requests_of_one_write_are_answered_in_order(void **state)
{
    static const char text[] = "{\"v\":1,\"id\":1,\"do\":\"count\"}\n{\"v\":1,\"id\":2,\"do\":"
                               "\"count\"}\n{\"v\":1,\"id\":3,\"do\":\"cuont\"}\n";
    struct room room;
    char got[2048];

    (void)state;
    open_room(&room, CONTROL_OPERATOR);
    close(talk(&room, text, strlen(text), 3, got, sizeof got));
    assert_non_null(strstr(got, "\"id\":1,\"last\":true,\"ok\":true,\"result\":1}"));
    assert_non_null(strstr(got, "\"id\":2,\"last\":true,\"ok\":true,\"result\":2}"));
    assert_non_null(strstr(got, "did you mean 'count'"));
    close_room(&room);
}

static void a_verb_learns_the_peers_user_from_the_kernel_alone(void **state)
{
    static const char text[] = "{\"v\":1,\"id\":1,\"do\":\"who\",\"user_id\":4711}\n"
                               "{\"v\":1,\"id\":2,\"do\":\"who\"}\n";
    char got[1024], wanted[64];

    (void)state;
    snprintf(wanted, sizeof wanted, "\"ok\":true,\"result\":%u}", (unsigned)getuid());
    for (unsigned portal = 0; portal < 2; portal++) {
        struct room room;
        const char *first;

        open_room(&room, portal == 0 ? CONTROL_OPERATOR : CONTROL_PORTAL);
        close(talk(&room, text, strlen(text), 2, got, sizeof got));
        first = strstr(got, wanted);
        assert_non_null(first);
        assert_non_null(strstr(first + 1, wanted));
        close_room(&room);
    }
}

static void what_takes_long_holds_up_its_own_client_only(void **state)
{
    static const char text[] = "{\"v\":1,\"id\":1,\"do\":\"wait\"}\n"
                               "{\"v\":1,\"id\":2,\"do\":\"count\"}\n"
                               "{\"v\":1,\"id\":3,\"do\":\"wait\"}\n"
                               "{\"v\":1,\"id\":4,\"do\":\"at_once\"}\n";
    static const char other[] = "{\"v\":1,\"id\":5,\"do\":\"count\"}\n";
    struct room room;
    char got[2048];
    int fd;

    (void)state;
    open_room(&room, CONTROL_OPERATOR);
    fd = talk(&room, text, strlen(text), 0, got, sizeof got);
    uv_run(&room.loop, UV_RUN_NOWAIT);
    uv_run(&room.loop, UV_RUN_NOWAIT);
    assert_non_null(room.later);
    assert_int_equal(room.runs, 0);
    close(talk(&room, other, strlen(other), 1, got, sizeof got));
    assert_non_null(strstr(got, "\"id\":5,\"last\":true,\"ok\":true,\"result\":1}"));
    reply_to_all(&room);
    for (int turn = 0; turn < 20; turn++)
        uv_run(&room.loop, UV_RUN_NOWAIT);
    assert_int_equal(room.runs, 2);
    reply_to_all(&room);
    for (int turn = 0; turn < 20; turn++)
        uv_run(&room.loop, UV_RUN_NOWAIT);
    got[recv(fd, got, sizeof got - 1, MSG_DONTWAIT)] = '\0';
    assert_string_equal(got, "{\"v\":1,\"id\":1,\"last\":true,\"ok\":true,\"result\":99}\n"
                             "{\"v\":1,\"id\":2,\"last\":true,\"ok\":true,\"result\":2}\n"
                             "{\"v\":1,\"id\":3,\"last\":true,\"ok\":true,\"result\":99}\n"
                             "{\"v\":1,\"id\":4,\"last\":true,\"ok\":true,\"result\":77}\n");
    close(fd);
    close_room(&room);
}

static void a_late_reply_to_a_control_that_is_gone_goes_nowhere(void **state)
{
    static const char text[] = "{\"v\":1,\"id\":1,\"do\":\"wait\"}\n";
    struct room room;
    char got[64];

    (void)state;
    open_room(&room, CONTROL_OPERATOR);
    close(talk(&room, text, strlen(text), 0, got, sizeof got));
    for (int turn = 0; turn < 5; turn++)
        uv_run(&room.loop, UV_RUN_NOWAIT);
    assert_non_null(room.later);
    close_room(&room);
    assert_null(room.later->client);
    reply_to_all(&room);
}

static void the_portal_may_not_change_anything(void **state)
{
    static const char text[] = "{\"v\":1,\"id\":1,\"do\":\"change\"}\n";
    struct room room;
    char got[1024];

    (void)state;
    open_room(&room, CONTROL_PORTAL);
    close(talk(&room, text, strlen(text), 1, got, sizeof got));
    assert_non_null(strstr(got, "\"code\":\"refused\""));
    assert_int_equal(room.runs, 0);
    close_room(&room);
}

/* A child process, since a user cannot be changed back. Returns its exit code. */
static int ask_as_nobody(const char *path)
{
    static const char text[] = "{\"v\":1,\"id\":1,\"do\":\"change\"}\n{\"v\":1,\"id\":2,\"do\":"
                               "\"count\"}\n";
    char got[1024] = "";
    size_t used = 0;
    struct err err;
    int fd;

    if (setgid(65534) < 0 || setuid(65534) < 0)
        return 2;
    fd = socket_file_connect(path, &err);
    if (fd < 0 || send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        return 3;
    while (strstr(got, "\"id\":2") == NULL && used < sizeof got - 1) {
        ssize_t part = read(fd, got + used, sizeof got - used - 1);

        if (part <= 0)
            return 4;
        used += (size_t)part;
    }
    return strstr(got, "\"code\":\"refused\"") != NULL && strstr(got, "\"ok\":true") != NULL ? 0
                                                                                             : 5;
}

static void a_user_who_is_not_trusted_may_only_read(void **state)
{
    struct room room;
    int status;
    pid_t child;

    (void)state;
    if (geteuid() != 0)
        skip(); /* nobody else to be */
    open_room(&room, CONTROL_OPERATOR);
    chmod(room.folder, 0755);
    chmod(room.path, 0666);
    child = fork();
    if (child == 0)
        _exit(ask_as_nobody(room.path));
    while (waitpid(child, &status, WNOHANG) == 0)
        uv_run(&room.loop, UV_RUN_NOWAIT);
    assert_int_equal(status, 0);
    assert_int_equal(room.runs, 1);
    close_room(&room);
}

static void a_line_without_end_and_garbage_close_the_door(void **state)
{
    static char text[2 * MESSAGE_REQUEST_MAX];
    struct room room;
    char got[1024], end;
    int fd;

    (void)state;
    open_room(&room, CONTROL_OPERATOR);
    memset(text, ' ', sizeof text);
    fd = talk(&room, text, sizeof text, 1, got, sizeof got);
    assert_non_null(strstr(got, "\"code\":\"limit\""));
    uv_run(&room.loop, UV_RUN_NOWAIT);
    assert_true(recv(fd, &end, 1, MSG_DONTWAIT) <= 0);
    close(fd);
    fd = talk(&room, "GET / HTTP/1.1\r\n\r\n", 18, 1, got, sizeof got);
    assert_non_null(strstr(got, "\"code\":\"format\""));
    close(fd);
    close_room(&room);
}

static void more_clients_than_room_are_turned_away(void **state)
{
    struct room room;
    int fds[CONTROL_CLIENTS_MAX];
    char got[1024];
    struct err err;

    (void)state;
    open_room(&room, CONTROL_OPERATOR);
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        fds[i] = socket_file_connect(room.path, &err);
        assert_true(fds[i] >= 0);
        uv_run(&room.loop, UV_RUN_NOWAIT);
    }
    close(talk(&room, "", 0, 1, got, sizeof got));
    assert_non_null(strstr(got, "\"code\":\"busy\""));
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(fds[i]);
    for (int turn = 0; turn < 10; turn++)
        uv_run(&room.loop, UV_RUN_NOWAIT);
    close(talk(&room, "{\"v\":1,\"id\":1,\"do\":\"count\"}\n", 29, 1, got, sizeof got));
    assert_non_null(strstr(got, "\"ok\":true"));
    close_room(&room);
}

static void a_socket_file_left_behind_is_replaced_and_a_live_one_is_not(void **state)
{
    struct room room;
    struct socket_file file;
    struct stat found;
    struct err err;
    char stale[128];
    int fd;

    (void)state;
    open_room(&room, CONTROL_OPERATOR);
    assert_int_equal(stat(room.path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0660);
    assert_int_equal(socket_file_open(&file, room.path, &err), -1);
    assert_int_equal(err.code, ERR_BUSY);
    snprintf(stale, sizeof stale, "%s/stale", room.folder);
    close(socket_file_open(&file, stale, &err)); /* as kill -9 leaves it */
    fd = socket_file_open(&file, stale, &err);
    assert_true(fd >= 0);
    socket_file_remove(&file);
    assert_int_equal(stat(stale, &found), -1);
    close(fd);
    close_room(&room);
}

static void a_path_that_does_not_fit_or_holds_a_file_is_refused(void **state)
{
    char path[200], file[128];
    struct socket_file made;
    struct room room;
    struct err err;

    (void)state;
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_int_equal(socket_file_open(&made, path, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    open_room(&room, CONTROL_OPERATOR);
    snprintf(file, sizeof file, "%s/file", room.folder);
    fclose(fopen(file, "w"));
    assert_int_equal(socket_file_open(&made, file, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    unlink(file);
    close_room(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_lines_are_taken_or_refused_with_a_code),
        cmocka_unit_test(a_line_of_brackets_costs_no_depth),
        cmocka_unit_test(brackets_within_a_text_are_no_depth),
        cmocka_unit_test(a_reply_is_one_line_with_id_and_place),
        cmocka_unit_test(requests_of_one_write_are_answered_in_order),
        cmocka_unit_test(what_takes_long_holds_up_its_own_client_only),
        cmocka_unit_test(a_late_reply_to_a_control_that_is_gone_goes_nowhere),
        cmocka_unit_test(a_verb_learns_the_peers_user_from_the_kernel_alone),
        cmocka_unit_test(the_portal_may_not_change_anything),
        cmocka_unit_test(a_user_who_is_not_trusted_may_only_read),
        cmocka_unit_test(a_line_without_end_and_garbage_close_the_door),
        cmocka_unit_test(more_clients_than_room_are_turned_away),
        cmocka_unit_test(a_socket_file_left_behind_is_replaced_and_a_live_one_is_not),
        cmocka_unit_test(a_path_that_does_not_fit_or_holds_a_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
