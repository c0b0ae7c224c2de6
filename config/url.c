/* The reader of URLs: what a fetcher takes, and for everything else the cure. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/url_show.h"
#include "config/walk.h"

/* Returns what is wrong with REST, which follows `https://`, or NULL. RFC 3986 §3.2. */
static const char *authority_fault(const char *rest)
{
    size_t length = strcspn(rest, "/?");
    const char *port = memrchr(rest, ':', length), *bracket = memrchr(rest, ']', length);

    if (length == 0)
        return "it names no host";
    if (memchr(rest, '@', length) != NULL)
        return "a password in it would be seen in logs; put user:password into a file and name it "
               "in auth.basic_file";
    if ((rest[0] == '[') != (bracket != NULL))
        return "an IPv6 address stands in brackets";
    if (port != NULL && port > bracket) {
        size_t digits = strspn(port + 1, "0123456789");

        if (port == rest || digits != (size_t)(rest + length - port - 1) || digits == 0 ||
            digits > 5 || strtoul(port + 1, NULL, 10) > UINT16_MAX)
            return "behind the host's colon stands a port";
    }
    return NULL;
}

static const char *url_fault(const char *text, const char *rest, bool file)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!isgraph((unsigned char)*p))
            return "blanks and letters beyond ASCII are written as %XX";
    }
    if (strchr(text, '#') != NULL)
        return "a fragment is never sent; leave out what follows '#'";
    if (!file)
        return authority_fault(rest);
    return rest[0] == '/' && rest[1] != '\0' ? NULL
                                             : "a file is written file:///PATH, from the root";
}

/* TEXT has none of the schemes of OPTION. */
static void report_scheme(struct walk *walk, const struct option *option, const struct node *node)
{
    char scheme[PROBLEM_QUOTE_MAX], quote[PROBLEM_QUOTE_MAX], shown[PROBLEM_QUOTE_MAX];
    const char *text = node->text, *end = strstr(text, "://");
    size_t count = 0;

    while (option->words[count] != NULL)
        count++;
    if (end == NULL) {
        problem_add(walk->problems, node->place, "not a URL: %s; %s",
                    problem_quote(url_show(text, shown, sizeof shown), quote),
                    text[0] == '/' ? "write file:// before the path of a file"
                                   : "write https://HOST/PATH");
        return;
    }
    snprintf(scheme, sizeof scheme, "%.*s", (int)(end - text), text);
    problem_unknown(walk->problems, node->place, "a scheme that is not fetched", scheme,
                    option->words, count);
}

void read_url(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    char quote[PROBLEM_QUOTE_MAX], shown[PROBLEM_QUOTE_MAX];
    const char *fault, *rest = strstr(node->text, "://");
    size_t i = 0, length = rest == NULL ? 0 : (size_t)(rest - node->text);

    while (option->words[i] != NULL && (rest == NULL || strlen(option->words[i]) != length ||
                                        strncmp(option->words[i], node->text, length) != 0))
        i++;
    if (option->words[i] == NULL) {
        report_scheme(walk, option, node);
        return;
    }
    fault = url_fault(node->text, rest + 3, strcmp(option->words[i], "file") == 0);
    if (fault == NULL)
        read_text(walk, option, node, base);
    else
        problem_add(walk->problems, node->place, "not a URL that can be fetched: %s; %s",
                    problem_quote(url_show(node->text, shown, sizeof shown), quote), fault);
}
