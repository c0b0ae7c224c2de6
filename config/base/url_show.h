/* url_show.h - addresses as they may be seen in messages and logs. */
#ifndef CONFIG_BASE_URL_SHOW_H
#define CONFIG_BASE_URL_SHOW_H

#include <stddef.h>

/* Writes TEXT, which somebody meant as a URL, into OUT[0..ROOM), cut, and returns OUT: without what
 * stands before an '@' of its host, without its query and fragment, since these are often
 * passwords, and with `?` for what is not plain ASCII. */
char *url_show(const char *text, char *out, size_t room);

#endif
