/* What the options of lists come to. */
#include <stdio.h>
#include <string.h>

#include "config/shower.h"
#include "config/walk.h"

void show_lists(struct show *show, const struct option *option, const struct node *node,
                const void *base)
{
    const struct config *config = show_config(show);

    (void)base;
    for (size_t i = 0; i < config->list_count; i++) {
        const struct config_list *list = &config->lists[i];

        show_item(show, option, list->id, node_member(node, list->id), list);
    }
    if (config->list_count == 0)
        show_emit(show, option, node);
}

void show_list_parts(struct show *show, const struct option *option, const struct node *node,
                     const void *base)
{
    const struct config_list_part *parts;
    char text[CONFIG_WORD_MAX + CATEGORY_KEY_MAX + 4];

    (void)node;
    memcpy(&parts, show_field(option, base), sizeof parts);
    for (size_t i = 0; i < show_length(option, base); i++) {
        snprintf(text, sizeof text, "%s: %s", parts[i].name, parts[i].category);
        show_add(show, text);
    }
}

/* A text that stands in the struct itself. */
void show_word_text(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    const char *text = show_field(option, base);

    (void)node;
    if (text[0] != '\0')
        show_add(show, text);
}

void show_texts(struct show *show, const struct option *option, const struct node *node,
                const void *base)
{
    char *const *texts;

    (void)node;
    memcpy(&texts, show_field(option, base), sizeof texts);
    for (size_t i = 0; i < show_length(option, base); i++)
        show_add(show, texts[i]);
}

/* What a header says may be a secret; the name of a file is none. */
void show_headers(struct show *show, const struct option *option, const struct node *node,
                  const void *base)
{
    char *const *lines;
    char text[200];

    (void)node;
    memcpy(&lines, show_field(option, base), sizeof lines);
    for (size_t i = 0; i < show_length(option, base); i++) {
        size_t name = strcspn(lines[i], ":");
        bool file = strncmp(lines[i] + name, ": @", 3) == 0;

        snprintf(text, sizeof text, "%.*s: (not shown)", (int)name, lines[i]);
        show_add(show, file ? lines[i] : text);
    }
}
