#include "config/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
#define X(code, word) word,
    ERR_LIST(X)
#undef X
};

const char *err_word(enum err_code code)
{
    return words[code];
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
    va_list arguments;

    if (err == NULL)
        return -1;
    memset(err, 0, sizeof *err);
    err->code = code;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    return -1;
}

int err_system(struct err *err, const char *format, ...)
{
    int saved = errno;
    va_list arguments;
    size_t used;

    if (err == NULL)
        return -1;
    memset(err, 0, sizeof *err);
    err->code = saved == ENOENT ? ERR_NOT_FOUND : saved == ENOMEM ? ERR_MEMORY : ERR_SYSTEM;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(saved));
    errno = saved;
    return -1;
}

int err_before(struct err *err, const char *name)
{
    char why[sizeof err->text];

    if (err == NULL)
        return -1;
    memcpy(why, err->text, sizeof why);
    return err_set(err, err->code, "%s: %s", name, why);
}

void err_abort(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: must hold: %s\n", file, line, what);
    abort();
}
