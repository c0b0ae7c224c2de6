/* edit.h - puts a list or an option into the text of a config, or takes a list out, and leaves
 * every other octet as the operator wrote it: comments, blank lines, quotes, line ends.
 *
 * Only block style is edited; what is written as `lists: {...}` is refused with the cure. The
 * result is text that nobody has checked: config_load_text does that. */
#ifndef CONFIG_EDIT_H
#define CONFIG_EDIT_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* One option of a list that is put in, such as {"category", "porn"}. */
struct edit_option {
    const char *name, *value; /* VALUE as it is meant; quotes are put where YAML needs them */
    bool yaml;                /* VALUE is YAML already, such as {adult: porn} */
};

/* Returns TEXT[0..LENGTH) with one more list ID, of the options OPTIONS[0..COUNT), behind those
 * that are there, and its length in *OUT_LENGTH.
 * Owner:  the caller frees the result.
 * Errors: NULL with ERR: ERR_DUPLICATE (there is one called ID), ERR_FORMAT (no YAML, or a style
 *         that is not edited). */
char *edit_add_list(const char *text, size_t length, const char *id,
                    const struct edit_option *options, size_t count, size_t *out_length,
                    struct err *err);

/* Returns TEXT[0..LENGTH) with OPTION in SECTION, a mapping at the top such as `sealed`, which is
 * made where there is none. Owner and errors as edit_add_list; ERR_DUPLICATE where it is written
 * already. */
char *edit_add_option(const char *text, size_t length, const char *section,
                      const struct edit_option *option, size_t *out_length, struct err *err);

/* Returns TEXT[0..LENGTH) without the lines of list ID; where it was the only one, `lists: {}` is
 * left. Owner and errors as edit_add_list; ERR_NOT_FOUND where there is none. */
char *edit_remove_list(const char *text, size_t length, const char *id, size_t *out_length,
                       struct err *err);

#endif
