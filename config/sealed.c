/* The readers of the section `sealed`, and what its options come to. */
#include "config/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/shower.h"
#include "config/walk.h"

static const char credential[] = "credential:";

/* A credential is the name of a file in a folder that the service manager makes. */
void read_secret(struct walk *walk, const struct option *option, const struct node *node,
                 void *base)
{
    const char *name = node->text + sizeof credential - 1;
    char quote[PROBLEM_QUOTE_MAX];
    char *copy;

    if (strncmp(node->text, credential, sizeof credential - 1) != 0) {
        read_path(walk, option, node, base);
        return;
    }
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL || strlen(name) > 255 ||
        !problem_is_plain(name)) {
        problem_add(walk->problems, node->place,
                    "not a credential: %s; behind 'credential:' stands the name that "
                    "LoadCredential= gives it",
                    problem_quote(node->text, quote));
        return;
    }
    copy = walk_copy(walk, node->text);
    if (copy != NULL)
        memcpy(option_field(option, base), &copy, sizeof copy);
}

void read_operators(struct walk *walk, const struct option *option, const struct node *node,
                    void *base)
{
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct config_operator *person = walk_append(walk, option_field(option, base),
                                                     option_count(option, base), sizeof *person);

        if (person == NULL)
            return;
        walk_title(walk, "operator", item);
        snprintf(person->name, sizeof person->name, "%.63s", item->key->text);
        person->place = item->key->place;
        walk_item(walk, option, item, person);
    }
}

void show_operators(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    const struct config_sealed *sealed = &show_config(show)->sealed;

    (void)base;
    for (size_t i = 0; i < sealed->operator_count; i++)
        show_item(show, option, sealed->operators[i].name,
                  node_member(node, sealed->operators[i].name), &sealed->operators[i]);
    if (sealed->operator_count == 0)
        show_emit(show, option, node);
}

void sealed_free(struct config *config)
{
    struct config_sealed *sealed = &config->sealed;

    for (size_t i = 0; i < sealed->operator_count; i++) {
        free(sealed->operators[i].user);
        free(sealed->operators[i].public_key);
    }
    free(sealed->operators);
    free(sealed->divert);
    free(sealed->evidence_key);
    free(sealed->key);
}
