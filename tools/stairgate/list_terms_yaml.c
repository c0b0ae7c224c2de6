/* list_terms_yaml.c - what terms come to in the config, and our own key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/sealed/sealed_key.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/edit.h"
#include "tools/stairgate/list_terms.h"

/* A list is fetched so often that a fetch may fail three times before its deadline. */
enum { FETCHES_A_DEADLINE = 4, EVERY_LEAST_MS = 300 * 1000, EVERY_USUAL_MS = 24 * 3600 * 1000 };

/* Writes `NAME: 'VALUE'` behind what OUT holds. */
static void put_pair(char *out, size_t room, const char *name, const char *value)
{
    size_t used = strlen(out);

    used += (size_t)snprintf(out + used, room - used, "%s%s: '", used > 1 ? ", " : "", name);
    for (; *value != '\0' && used + 4 < room; value++) {
        if (*value == '\'')
            out[used++] = '\'';
        out[used++] = *value;
    }
    snprintf(out + used, room - used, "'");
}

static void write_every(const struct list_terms *terms, char every[32])
{
    uint64_t ms = 0;

    every[0] = '\0';
    if (text_duration_ms(terms->texts[TERM_DEADLINE], &ms) != 0)
        return;
    ms = ms / FETCHES_A_DEADLINE / 60000 * 60000;
    if (ms < EVERY_LEAST_MS)
        ms = EVERY_LEAST_MS;
    if (ms < EVERY_USUAL_MS)
        text_from_duration(ms, every);
}

static void write_auth(const struct list_terms *terms, char *out, size_t room)
{
    static const struct {
        const char *name;
        enum list_term term;
    } rows[] = {
        {"bearer_file", TERM_BEARER_FILE},
        {"certificate", TERM_CERTIFICATE},
        {"key",         TERM_KEY        },
    };

    snprintf(out, room, "{");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (terms->texts[rows[i].term][0] != '\0')
            put_pair(out, room, rows[i].name, terms->texts[rows[i].term]);
    }
    if (out[1] == '\0')
        out[0] = '\0';
    else
        strncat(out, "}", room - strlen(out) - 1);
}

/* What the section `sealed` lacks and TERMS have. */
static size_t sealed_options(const struct list_terms *terms, struct edit_option options[2])
{
    size_t count = 0;

    if (terms->config->sealed.key == NULL && terms->texts[TERM_SEALED_KEY][0] != '\0')
        options[count++] = (struct edit_option){"key", terms->texts[TERM_SEALED_KEY], false};
    if (terms->config->sealed.canary.length == 0 && terms->texts[TERM_CANARY][0] != '\0')
        options[count++] = (struct edit_option){"canary", terms->texts[TERM_CANARY], false};
    return count;
}

void list_terms_yaml(const struct list_terms *terms, struct list_terms_yaml *yaml)
{
    char *text = strdup("");
    size_t length = 0;

    memset(yaml, 0, sizeof *yaml);
    if (terms->signature != NULL) {
        snprintf(yaml->signature, sizeof yaml->signature, "{type: %s", terms->signature);
        put_pair(yaml->signature, sizeof yaml->signature, "key", terms->texts[TERM_SIGNATURE_KEY]);
        strncat(yaml->signature, "}", sizeof yaml->signature - strlen(yaml->signature) - 1);
    }
    write_auth(terms, yaml->auth, sizeof yaml->auth);
    write_every(terms, yaml->every);
    if (text != NULL && list_terms_add_sealed(terms, &text, &length, NULL) == 0 && length > 0)
        snprintf(yaml->sealed, sizeof yaml->sealed, "%s", text);
    free(text);
}

int list_terms_add_sealed(const struct list_terms *terms, char **text, size_t *length,
                          struct err *err)
{
    struct edit_option options[2];
    size_t count = sealed_options(terms, options);

    for (size_t i = 0; i < count; i++) {
        size_t longer;
        char *with = edit_add_option(*text, *length, "sealed", &options[i], &longer, err);

        if (with == NULL)
            return -1;
        free(*text);
        *text = with;
        *length = longer;
    }
    return 0;
}

int list_terms_make_key(const struct list_terms *terms, struct err *err)
{
    const char *path = terms->texts[TERM_SEALED_KEY];

    if (terms->config->sealed.key != NULL || path[0] != '/' || access(path, F_OK) == 0)
        return 0;
    if (sealed_key_make(path, err) != 0)
        return -1;
    printf("\n%s: made, our own key. Keep it out of backups that hold the set; without it the set "
           "is lost and the lists are fetched again. Where the server runs as another user, it is "
           "that user's to read: chown it\n",
           path);
    return 0;
}
