/* err.h - how a function says what went wrong.
 *
 * The caller owns a struct err and passes it down; a function that fails returns -1 or NULL with it
 * filled. Text: `file:line:column: what is wrong: 'thing'; cure`, lower case, no full stop, the
 * system's reason last. */
#ifndef CONFIG_BASE_ERR_H
#define CONFIG_BASE_ERR_H

#include <stddef.h>

#define ERR_LIST(X)                                                                                \
    X(ERR_NONE, "none")                                                                            \
    X(ERR_USAGE, "usage")                                                                          \
    X(ERR_NOT_FOUND, "not_found")                                                                  \
    X(ERR_FORMAT, "format")                                                                        \
    X(ERR_VERSION, "version")                                                                      \
    X(ERR_DIGEST, "digest")                                                                        \
    X(ERR_LIMIT, "limit")                                                                          \
    X(ERR_DUPLICATE, "duplicate")                                                                  \
    X(ERR_CONFIG, "config")                                                                        \
    X(ERR_GATE, "gate")                                                                            \
    X(ERR_REFUSED, "refused")                                                                      \
    X(ERR_UNREACHABLE, "unreachable")                                                              \
    X(ERR_BUSY, "busy")                                                                            \
    X(ERR_MEMORY, "memory")                                                                        \
    X(ERR_SYSTEM, "system")

enum err_code {
#define X(code, word) code,
    ERR_LIST(X)
#undef X
};

struct err {
    enum err_code code;
    unsigned line, column; /* place in a file, 1-based; 0 where there is none */
    char text[400];
};

/* Returns the stable word for CODE, as the control protocol and --json show it. */
const char *err_word(enum err_code code);

/* Fills ERR (which may be NULL) with CODE and the formatted text; always returns -1. */
int err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like err_set with ERR_SYSTEM, and appends `: ` and the text of errno. */
int err_system(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts NAME and `: ` before the text of ERR (which may be NULL), whose code stays; always returns
 * -1.
 */
int err_before(struct err *err, const char *name);

/* Ends the process after printing FILE:LINE and WHAT: memory would be corrupt. Use must(). */
_Noreturn void err_abort(const char *file, int line, const char *what);

/* Refuses to go on when CONDITION is false, in every build: what follows would corrupt memory. */
#define must(condition) ((condition) ? (void)0 : err_abort(__FILE__, __LINE__, #condition))

#endif
