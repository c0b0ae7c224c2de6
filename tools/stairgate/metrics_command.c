/* stairgate metrics: what a monitor collects, on standard output or in a file that is replaced in
 * one step, so that it never reads half of one. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/metrics.h"
#include "tools/stairgate/node_commands.h"

static int read_options(const char **socket, const char **path, int argc, char **argv)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"out",    required_argument, NULL, 'o'},
        {NULL,     0,                 NULL, 0  },
    };
    int letter;

    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == 's')
            *socket = optarg;
        else if (letter == 'o')
            *path = optarg;
        else
            return -1;
    }
    return optind < argc ? -1 : 0;
}

static int write_file(const char *path, const char *text, size_t length, struct err *err)
{
    struct file_new file;

    if (file_new_open(&file, path, 0644, err) != 0)
        return -1;
    if (file_write(file.fd, text, length, path, err) != 0) {
        file_new_abandon(&file);
        return -1;
    }
    return file_new_commit(&file, err);
}

/* Writes STATUS (NULL: no server) to PATH, or standard output. Errors: -1 with ERR. */
static int put_out(const json_t *status, const char *path, struct err *err)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    int result = 0;

    if (out == NULL)
        return err_set(err, ERR_MEMORY, "no memory");
    metrics_write(out, status);
    if (fclose(out) != 0)
        result = err_set(err, ERR_MEMORY, "no memory");
    else if (path != NULL)
        result = write_file(path, text, length, err);
    else if (fwrite(text, 1, length, stdout) != length || fflush(stdout) != 0)
        result = err_system(err, "cannot write");
    free(text);
    return result;
}

int command_metrics(int argc, char **argv)
{
    const char *socket = NULL, *path = NULL;
    json_t *status = NULL;
    struct err err;
    int code;

    if (read_options(&socket, &path, argc, argv) != 0)
        return command_usage(command_metrics);
    code = control_client_ask(socket, "status", NULL, &status);
    if (code != EXIT_DONE && code != EXIT_UNREACHABLE)
        return code;
    if (put_out(code == EXIT_DONE ? status : NULL, path, &err) != 0) {
        fprintf(stderr, "stairgate metrics: %s\n", err.text);
        code = EXIT_FAILED;
    }
    json_decref(status);
    return code;
}
