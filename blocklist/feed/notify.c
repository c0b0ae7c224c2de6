/* notify.c - two processes at most, waited for together.
 *
 * Texts come from lists and servers, so they never become part of a command: the operator's program
 * gets no argument, the event stands in its environment. curl runs in a process of its own, so
 * that neither its memory nor a server that never answers is the run's. */
#include "blocklist/feed/notify.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config/base/err.h"

/* Writes TEXT as a JSON string to OUT (ROOM octets left, enough for the worst); returns the end. */
static char *put_string(char *out, const char *text)
{
    *out++ = '"';
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = (char)c;
        } else if (c < ' ' || c >= 0x7f) {
            /* texts are ASCII but for what a hostile list put there */
            out += snprintf(out, 7, "\\u%04x", c);
        } else {
            *out++ = (char)c;
        }
    }
    *out++ = '"';
    *out = '\0';
    return out;
}

size_t notify_json(const struct store_event *event, char *out)
{
    char *at = out;

    at += snprintf(at, 64, "{\"v\":1,\"at\":%" PRId64 ",\"event\":", event->at_s);
    at = put_string(at, store_event_word(event->kind));
    at += snprintf(at, 16, ",\"list\":");
    at = put_string(at, event->list);
    at += snprintf(at, 64, ",\"generation\":%" PRIu64 ",\"text\":", event->generation);
    at = put_string(at, event->text);
    at += snprintf(at, 4, "}\n");
    return (size_t)(at - out);
}

/* Starts a process in a group of its own that RUN turns into what is to be done. */
static pid_t spawn(void (*run)(const char *what, const struct store_event *event), const char *what,
                   const struct store_event *event)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    run(what, event);
    _exit(127);
}

static void set_number(const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    setenv(name, text, 1);
}

/* Makes the JSON object standard input. It fits a pipe, so that nobody has to read it. */
static int give_input(const struct store_event *event)
{
    char json[NOTIFY_JSON_MAX];
    size_t length = notify_json(event, json);
    int ends[2];

    if (pipe(ends) != 0 || write(ends[1], json, length) != (ssize_t)length ||
        dup2(ends[0], STDIN_FILENO) < 0)
        return -1;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void run_command(const char *command, const struct store_event *event)
{
    if (give_input(event) != 0)
        return;
    setenv("STAIRGATE_EVENT", store_event_word(event->kind), 1);
    setenv("STAIRGATE_LIST", event->list, 1);
    setenv("STAIRGATE_TEXT", event->text, 1);
    set_number("STAIRGATE_TIME", event->at_s);
    execl(command, command, (char *)NULL);
}

static size_t ignore_answer(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

static void run_post(const char *url, const struct store_event *event)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char json[NOTIFY_JSON_MAX];
    CURL *curl;

    notify_json(event, json);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (curl = curl_easy_init()) == NULL)
        return;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)NOTIFY_SECONDS_MAX - 1);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_answer);
    _exit(curl_easy_perform(curl) == CURLE_OK ? 0 : 1);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for PID until UNTIL_MS, then kills its group. */
static int wait_for(pid_t pid, const char *what, int64_t until_ms, struct err *err)
{
    const struct timespec pause = {0, 10 * 1000 * 1000};
    int status;

    for (;;) {
        pid_t got = waitpid(pid, &status, WNOHANG);

        if (got == pid)
            break;
        if (got < 0 && errno != EINTR)
            return err_system(err, "%s: cannot wait for it", what);
        if (now_ms() >= until_ms) {
            kill(-pid, SIGKILL);
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return err_set(err, ERR_LIMIT, "%s did not end within %d s", what, NOTIFY_SECONDS_MAX);
        }
        nanosleep(&pause, NULL);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return err_set(err, ERR_SYSTEM, "%s failed (exit code %d)", what,
                   WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int notify_send(const struct config_feeds *feeds, const struct store_event *event, struct err *err)
{
    const struct {
        const char *name, *what;
        void (*run)(const char *what, const struct store_event *event);
    } ways[] = {
        {"feeds.notify_command", feeds->notify_command, run_command},
        {"feeds.notify_url",     feeds->notify_url,     run_post   }
    };
    int64_t until_ms = now_ms() + NOTIFY_SECONDS_MAX * 1000;
    pid_t pids[2] = {0};
    int result = 0;

    for (size_t i = 0; i < 2; i++) {
        if (ways[i].what != NULL)
            pids[i] = spawn(ways[i].run, ways[i].what, event);
    }
    for (size_t i = 0; i < 2; i++) {
        if (pids[i] < 0)
            result = err_set(err, ERR_SYSTEM, "%s: cannot start it", ways[i].name);
        else if (pids[i] > 0 && wait_for(pids[i], ways[i].name, until_ms, err) != 0)
            result = -1;
    }
    return result;
}
