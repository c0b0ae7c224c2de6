/* The problem: a control socket is a door into the process that answers DNS, and whoever may open
 * it may also stand in it. The idea: everything is bounded (clients, octets of a request, octets of
 * replies not read, the time for half of either), the right to a verb is one table look-up, and a
 * line that is no request closes the door after one error.
 *
 * A verb that takes long answers later (control_later): until then that client's other requests
 * wait in its buffer, and everybody else is served.
 *
 * Dropped: answering requests of one client out of order (ids would allow it; who wants two things
 * at once connects twice), and keeping connections from one server to the next. */
#include "resolver/daemon/control.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/log.h"
#include "config/base/text.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/socket_file.h"

enum { DOORS_MAX = 2, TRUSTED_MAX = 4, VERBS_MAX = 64, IDLE_MS = 60000, LOG_INTERVAL_S = 10 };

struct client {
    struct client *next, *previous;
    struct control *control;
    uv_pipe_t pipe;
    uv_timer_t patience;
    unsigned open;   /* handles not yet closed */
    unsigned writes; /* not yet done */
    unsigned role;
    json_int_t user;             /* the peer's, as the kernel says; -1 where it does not */
    bool leaving;                /* closes when its writes are done */
    bool paused;                 /* it does not read its replies, or waits for a late one */
    struct control_later *later; /* the reply that it waits for */
    size_t used;
    char line[MESSAGE_REQUEST_MAX];
};

struct door {
    struct control *control;
    uv_pipe_t pipe;
    struct socket_file file;
    enum control_role role;
};

struct control {
    uv_loop_t *loop;
    const struct control_verb *verbs;
    void *context;
    const struct log *log;
    struct door doors[DOORS_MAX];
    unsigned door_count;
    uid_t trusted[TRUSTED_MAX];
    unsigned trusted_count;
    struct client *clients;
    unsigned client_count;
    unsigned open; /* doors and clients not yet closed */
    bool destroyed;
    struct log_limit limit;
};

struct reply {
    uv_write_t request;
    uv_buf_t octets;
};

struct control *control_create(uv_loop_t *loop, const struct control_verb *verbs, void *context,
                               const struct log *log, struct err *err)
{
    struct control *control = calloc(1, sizeof *control);

    if (control == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the control sockets");
        return NULL;
    }
    control->loop = loop;
    control->verbs = verbs;
    control->context = context;
    control->log = log;
    control_trust(control, 0);
    control_trust(control, geteuid());
    return control;
}

void control_trust(struct control *control, uid_t uid)
{
    if (control->trusted_count < TRUSTED_MAX)
        control->trusted[control->trusted_count++] = uid;
}

static void complain(struct control *control, const char *what)
{
    unsigned dropped;

    if (log_allowed(&control->limit, (int64_t)(uv_now(control->loop) / 1000), LOG_INTERVAL_S,
                    &dropped))
        log_event(control->log, LOG_LEVEL_WARN, "control_client", "reason=\"%s\" more=%u", what,
                  dropped);
}

/* Frees CONTROL when it is given up and nothing of it is open. */
static void let_go(struct control *control)
{
    if (control->destroyed && control->open == 0)
        free(control);
}

/* ---- a client goes ---- */

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    struct control *control = client->control;

    if (--client->open > 0)
        return;
    explicit_bzero(client->line, sizeof client->line);
    free(client);
    control->open--;
    let_go(control);
}

static void close_client(struct client *client)
{
    struct control *control = client->control;

    if (uv_is_closing((uv_handle_t *)&client->pipe))
        return;
    if (client->previous != NULL)
        client->previous->next = client->next;
    else
        control->clients = client->next;
    if (client->later != NULL)
        client->later->client = NULL;
    if (client->next != NULL)
        client->next->previous = client->previous;
    control->client_count--;
    uv_close((uv_handle_t *)&client->pipe, on_closed);
    uv_close((uv_handle_t *)&client->patience, on_closed);
}

static void leave(struct client *client)
{
    client->leaving = true;
    uv_read_stop((uv_stream_t *)&client->pipe);
    if (client->writes == 0)
        close_client(client);
}

static void on_impatient(uv_timer_t *timer)
{
    struct client *client = timer->data;

    if (client->used > 0 || client->writes > 0)
        complain(client->control, "too slow, closed");
    close_client(client);
}

/* Half a request and an unread reply get one stretch of patience, however many octets trickle in;
 * a client that owes nothing gets a long one. */
static void set_patience(struct client *client)
{
    bool owes = client->used > 0 || client->writes > 0;

    if (client->later != NULL) {
        uv_timer_stop(&client->patience); /* now we owe */
        return;
    }
    uv_timer_start(&client->patience, on_impatient, owes ? CONTROL_PATIENCE_MS : IDLE_MS, 0);
}

/* ---- replies ---- */

static void take_lines(struct client *client);
static void start_reading(struct client *client);

static bool is_backlogged(const struct client *client)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&client->pipe) > CONTROL_BACKLOG_MAX;
}

static void on_written(uv_write_t *request, int status)
{
    struct reply *reply = (struct reply *)request;
    struct client *client = request->handle->data;

    message_forget(reply->octets.base);
    free(reply);
    client->writes--;
    if (uv_is_closing((uv_handle_t *)&client->pipe))
        return;
    if (status < 0 || (client->leaving && client->writes == 0)) {
        close_client(client);
        return;
    }
    if (client->writes == 0)
        set_patience(client);
    if (client->paused && client->later == NULL && !client->leaving && !is_backlogged(client)) {
        client->paused = false;
        take_lines(client);
        start_reading(client);
    }
}

/* Sends LINE (given up); without memory the client is closed. */
static void send_line(struct client *client, char *line)
{
    struct reply *reply = line != NULL ? malloc(sizeof *reply) : NULL;

    if (reply == NULL) {
        free(line);
        close_client(client);
        return;
    }
    reply->octets = uv_buf_init(line, (unsigned)strlen(line));
    client->writes++;
    if (uv_write(&reply->request, (uv_stream_t *)&client->pipe, &reply->octets, 1, on_written) <
        0) {
        client->writes--;
        free(line);
        free(reply);
        close_client(client);
    }
}

static void send_error(struct client *client, int64_t id, const struct err *err)
{
    json_t *errors = json_array();

    message_add_error(errors, err, NULL);
    send_line(client, message_reply(id, NULL, errors));
}

/* ---- requests ---- */

/* Of a verb with several rows it is the one of ROLE. */
static const struct control_verb *find_verb(const struct control *control, const char *name,
                                            unsigned role, struct err *err)
{
    const struct control_verb *found = NULL;
    const char *known[VERBS_MAX], *near;
    size_t count = 0;

    for (const struct control_verb *verb = control->verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, name) == 0) {
            if (found == NULL || (verb->roles & role) != 0)
                found = verb;
        }
        if (count < VERBS_MAX)
            known[count++] = verb->name;
    }
    if (found != NULL)
        return found;
    near = text_nearest(name, known, count);
    err_set(err, ERR_NOT_FOUND, "no such verb: '%.64s'%s%s%s", name,
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'" : "");
    return NULL;
}

/* A client that sends more without reading waits; what it has sent stays in its buffer. */
static void pause_reading(struct client *client)
{
    client->paused = true;
    uv_read_stop((uv_stream_t *)&client->pipe);
}

static void begin_verb(struct client *client, const struct message *message,
                       const struct control_verb *verb)
{
    struct control_later *later = malloc(sizeof *later);

    if (later == NULL) {
        close_client(client);
        return;
    }
    *later = (struct control_later){NULL, client, message->id};
    client->later = later;
    verb->begin(client->control->context, message->body, later);
    if (client->later == NULL) /* it has been answered */
        return;
    pause_reading(client);
    set_patience(client);
}

void control_reply(struct control_later *later, json_t *result, json_t *errors)
{
    struct client *client = later->client;
    char *line = message_reply(later->id, result, errors);

    if (client != NULL) {
        client->later = NULL;
        send_line(client, line); /* its end goes on with what waits */
    } else {
        free(line);
    }
    free(later);
}

static void run_verb(struct client *client, const struct message *message)
{
    struct control *control = client->control;
    struct err err;
    const struct control_verb *verb = find_verb(control, message->verb, client->role, &err);
    json_t *errors;

    if (verb == NULL) {
        send_error(client, message->id, &err);
    } else if ((verb->roles & client->role) == 0) {
        err_set(&err, ERR_REFUSED, "not for this socket or user: '%s'", verb->name);
        send_error(client, message->id, &err);
    } else if (verb->begin != NULL) {
        begin_verb(client, message, verb);
    } else {
        errors = json_array();
        send_line(
            client,
            message_reply(message->id, verb->run(control->context, message->body, errors), errors));
    }
}

static void answer(struct client *client, const char *line, size_t length)
{
    struct message message;
    struct err err;

    if (message_parse(&message, line, length, &err) == 0) {
        json_object_set_new(message.body, CONTROL_USER, json_integer(client->user));
        run_verb(client, &message);
    } else {
        complain(client->control, "no request, closed");
        send_error(client, message.id, &err);
        leave(client);
    }
    message_clear(&message);
    message_forget_stack();
}

static void take_lines(struct client *client)
{
    size_t done = 0;

    while (!client->leaving && client->later == NULL &&
           !uv_is_closing((uv_handle_t *)&client->pipe)) {
        const char *start = client->line + done;
        const char *end = memchr(start, '\n', client->used - done);

        if (end == NULL)
            break;
        if (is_backlogged(client)) {
            pause_reading(client);
            break;
        }
        answer(client, start, (size_t)(end - start));
        done += (size_t)(end - start) + 1;
    }
    client->used -= done;
    memmove(client->line, client->line + done, client->used);
    explicit_bzero(client->line + client->used, done);
    if (client->used == sizeof client->line && !client->leaving && !client->paused) {
        answer(client, client->line, client->used); /* too long: says so and closes */
        client->used = 0;
    }
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *room)
{
    struct client *client = handle->data;

    (void)wanted;
    *room =
        uv_buf_init(client->line + client->used, (unsigned)(sizeof client->line - client->used));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room)
{
    struct client *client = stream->data;
    size_t before = client->used;

    (void)room;
    if (got < 0) {
        leave(client);
        return;
    }
    client->used += (size_t)got;
    take_lines(client);
    if (!uv_is_closing((uv_handle_t *)stream) && (before == 0 || client->used == 0))
        set_patience(client);
}

static void start_reading(struct client *client)
{
    if (!client->leaving && !client->paused && !uv_is_closing((uv_handle_t *)&client->pipe))
        uv_read_start((uv_stream_t *)&client->pipe, on_room, on_read);
}

/* ---- a client comes ---- */

static json_int_t user_of(const uv_pipe_t *pipe)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)pipe, &fd) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return -1;
    return peer.uid;
}

static unsigned role_of(const struct control *control, const struct door *door, json_int_t user)
{
    if (door->role == CONTROL_PORTAL)
        return CONTROL_PORTAL;
    for (unsigned i = 0; i < control->trusted_count; i++) {
        if (user == (json_int_t)control->trusted[i])
            return CONTROL_OPERATOR;
    }
    return CONTROL_READER;
}

static struct client *add_client(struct control *control)
{
    struct client *client = malloc(sizeof *client);

    if (client == NULL)
        return NULL;
    memset(client, 0, offsetof(struct client, line));
    client->control = control;
    client->open = 2;
    uv_pipe_init(control->loop, &client->pipe, 0);
    uv_timer_init(control->loop, &client->patience);
    client->pipe.data = client->patience.data = client;
    client->next = control->clients;
    if (client->next != NULL)
        client->next->previous = client;
    control->clients = client;
    control->client_count++;
    control->open++;
    return client;
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct door *door = stream->data;
    struct client *client;
    struct err err;

    if (status < 0)
        return;
    client = add_client(door->control);
    if (client == NULL || uv_accept(stream, (uv_stream_t *)&client->pipe) < 0) {
        if (client != NULL)
            close_client(client);
        return;
    }
    client->user = user_of(&client->pipe);
    client->role = role_of(door->control, door, client->user);
    set_patience(client);
    if (door->control->client_count > CONTROL_CLIENTS_MAX) {
        err_set(&err, ERR_BUSY, "too many clients: %d are connected", CONTROL_CLIENTS_MAX);
        complain(door->control, "too many, refused");
        send_error(client, 0, &err);
        leave(client);
        return;
    }
    start_reading(client);
}

/* ---- doors ---- */

int control_listen(struct control *control, const char *path, enum control_role role,
                   struct err *err)
{
    struct door *door = &control->doors[control->door_count];
    int fd;

    must(control->door_count < DOORS_MAX);
    fd = socket_file_open(&door->file, path, err);
    if (fd < 0)
        return -1;
    door->control = control;
    door->role = role;
    uv_pipe_init(control->loop, &door->pipe, 0);
    door->pipe.data = door;
    control->door_count++;
    control->open++;
    if (uv_pipe_open(&door->pipe, fd) < 0 ||
        uv_listen((uv_stream_t *)&door->pipe, CONTROL_CLIENTS_MAX, on_connection) < 0)
        return err_set(err, ERR_SYSTEM, "cannot listen at '%s'", path);
    return 0;
}

static void on_door_closed(uv_handle_t *handle)
{
    struct door *door = handle->data;

    door->control->open--;
    let_go(door->control);
}

void control_destroy(struct control *control)
{
    if (control == NULL)
        return;
    control->destroyed = true;
    for (unsigned i = 0; i < control->door_count; i++) {
        socket_file_remove(&control->doors[i].file);
        uv_close((uv_handle_t *)&control->doors[i].pipe, on_door_closed);
    }
    while (control->clients != NULL)
        close_client(control->clients);
    let_go(control);
}
