/* Problem: messages need the line and column of every value, and a config that an operator got from
 * somewhere must not be able to eat the memory or the time of the process that reads it.
 *
 * Idea: libyaml's events, one pass, a stack of fixed depth; each event is a row of a table. Aliases
 * are never followed, so a "billion laughs" file costs what its octets cost. Problems that leave
 * the shape of the tree intact (anchors, doubled keys) are noted and reading goes on, so that one
 * run shows them all; a syntax error ends it, since everything behind it would be a guess.
 *
 * Dropped: libyaml's document API (expands aliases, loses places of keys) and libcyaml (stops at
 * the first error, no "did you mean"). */
#include "config/tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/problem.h"

struct frame {
    struct node *container, *last, *key; /* key: a member's, until its value comes */
};

struct builder {
    struct problems *problems;
    struct node *root;
    struct frame frames[TREE_DEPTH_MAX];
    size_t depth, nodes, documents;
};

static struct config_place place_of(yaml_mark_t mark)
{
    return (struct config_place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

void tree_free(struct node *node)
{
    while (node != NULL) { /* as deep as TREE_DEPTH_MAX, however long its lists */
        struct node *next = node->next;

        tree_free(node->key);
        tree_free(node->first);
        free(node);
        node = next;
    }
}

static struct node *new_node(struct builder *builder, enum node_kind kind, yaml_mark_t mark,
                             const char *text, size_t length)
{
    struct node *node;

    if (++builder->nodes > TREE_NODES_MAX) {
        problem_add(builder->problems, place_of(mark), "too large: more than %d values",
                    TREE_NODES_MAX);
        return NULL;
    }
    node = calloc(1, sizeof *node + length + 1);
    if (node == NULL) {
        problem_add(builder->problems, place_of(mark), "out of memory");
        return NULL;
    }
    node->kind = kind;
    node->place = place_of(mark);
    if (length > 0)
        memcpy(node->text, text, length);
    return node;
}

static int attach_to_mapping(struct builder *builder, struct frame *frame, struct node *node)
{
    if (frame->key == NULL && node->kind != NODE_SCALAR) {
        problem_add(builder->problems, node->place, "a key must be a word");
        tree_free(node);
        return -1;
    }
    if (frame->key == NULL) {
        frame->key = node;
        return 0;
    }
    node->key = frame->key;
    frame->key = NULL;
    return 1;
}

/* Puts NODE where the document is at, and owns it from here on. */
static int attach(struct builder *builder, struct node *node)
{
    struct frame *frame;
    int rc = 1;

    if (builder->depth == 0) {
        builder->root = node;
        return 0;
    }
    frame = &builder->frames[builder->depth - 1];
    if (frame->container->kind == NODE_MAPPING)
        rc = attach_to_mapping(builder, frame, node);
    if (rc != 1)
        return rc;
    if (frame->last == NULL)
        frame->container->first = node;
    else
        frame->last->next = node;
    frame->last = node;
    return 0;
}

static void refuse_extras(struct builder *builder, yaml_mark_t mark, const yaml_char_t *anchor,
                          const yaml_char_t *tag)
{
    char quote[PROBLEM_QUOTE_MAX];

    if (anchor != NULL)
        problem_add(builder->problems, place_of(mark),
                    "anchors are not used here: %s; write the value itself, or quote a text that "
                    "begins with '&'",
                    problem_quote((const char *)anchor, quote));
    if (tag != NULL)
        problem_add(builder->problems, place_of(mark),
                    "tags are not used here: %s; quote a text that begins with '!'",
                    problem_quote((const char *)tag, quote));
}

static int take_scalar(struct builder *builder, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    struct node *node;

    refuse_extras(builder, event->start_mark, event->data.scalar.anchor, event->data.scalar.tag);
    node = new_node(builder, NODE_SCALAR, event->start_mark, text, length);
    if (node == NULL)
        return -1;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (memchr(text, '\0', length) != NULL) {
        problem_add(builder->problems, node->place, "a text cannot hold the character NUL");
        tree_free(node);
        return -1;
    }
    return attach(builder, node);
}

static int take_alias(struct builder *builder, const yaml_event_t *event)
{
    char quote[PROBLEM_QUOTE_MAX];
    struct node *node;

    problem_add(builder->problems, place_of(event->start_mark),
                "aliases are not used here: %s; write the value itself, or quote a text that "
                "begins with '*'",
                problem_quote((const char *)event->data.alias.anchor, quote));
    node = new_node(builder, NODE_BAD, event->start_mark, "", 0);
    return node == NULL ? -1 : attach(builder, node);
}

static int open_container(struct builder *builder, enum node_kind kind, yaml_mark_t mark)
{
    struct node *node;

    if (builder->depth == TREE_DEPTH_MAX) {
        problem_add(builder->problems, place_of(mark), "nested too deep: %d levels are the most",
                    TREE_DEPTH_MAX);
        return -1;
    }
    node = new_node(builder, kind, mark, "", 0);
    if (node == NULL || attach(builder, node) != 0)
        return -1;
    builder->frames[builder->depth++] = (struct frame){.container = node};
    return 0;
}

static int take_sequence(struct builder *builder, const yaml_event_t *event)
{
    refuse_extras(builder, event->start_mark, event->data.sequence_start.anchor,
                  event->data.sequence_start.tag);
    return open_container(builder, NODE_SEQUENCE, event->start_mark);
}

static int take_mapping(struct builder *builder, const yaml_event_t *event)
{
    refuse_extras(builder, event->start_mark, event->data.mapping_start.anchor,
                  event->data.mapping_start.tag);
    return open_container(builder, NODE_MAPPING, event->start_mark);
}

static int close_sequence(struct builder *builder, const yaml_event_t *event)
{
    (void)event;
    builder->depth--;
    return 0;
}

static int compare_members(const void *a, const void *b)
{
    const struct node *const *x = a, *const *y = b;
    int order = strcmp((*x)->key->text, (*y)->key->text);

    if (order != 0)
        return order;
    if ((*x)->key->place.line != (*y)->key->place.line)
        return (*x)->key->place.line < (*y)->key->place.line ? -1 : 1;
    return (*x)->key->place.column < (*y)->key->place.column ? -1 : 1;
}

static void report_doubles(struct problems *problems, const struct node **members, size_t count)
{
    char quote[PROBLEM_QUOTE_MAX];

    for (size_t i = 1; i < count; i++) {
        const struct node *key = members[i]->key, *before = members[i - 1]->key;

        if (strcmp(key->text, before->text) == 0)
            problem_add(problems, key->place, "key written twice: %s; the other is at %u:%u",
                        problem_quote(key->text, quote), before->place.line, before->place.column);
    }
}

/* Sorted, so that a mapping of a million keys does not take a million times a million steps. */
static int close_mapping(struct builder *builder, const yaml_event_t *event)
{
    const struct node *mapping = builder->frames[--builder->depth].container, **members;
    size_t count = 0;

    for (const struct node *node = mapping->first; node != NULL; node = node->next)
        count++;
    members = calloc(count + 1, sizeof *members);
    if (members == NULL) {
        problem_add(builder->problems, place_of(event->start_mark), "out of memory");
        return -1;
    }
    count = 0;
    for (const struct node *node = mapping->first; node != NULL; node = node->next)
        members[count++] = node;
    qsort(members, count, sizeof *members, compare_members);
    report_doubles(builder->problems, members, count);
    free(members);
    return 0;
}

static int take_document(struct builder *builder, const yaml_event_t *event)
{
    if (++builder->documents == 1)
        return 0;
    problem_add(builder->problems, place_of(event->start_mark),
                "a second document: '---'; one file holds one configuration");
    return -1;
}

static int take_nothing(struct builder *builder, const yaml_event_t *event)
{
    (void)builder;
    (void)event;
    return 0;
}

static int (*const takers[])(struct builder *, const yaml_event_t *) = {
    [YAML_NO_EVENT] = take_nothing,
    [YAML_STREAM_START_EVENT] = take_nothing,
    [YAML_STREAM_END_EVENT] = take_nothing,
    [YAML_DOCUMENT_START_EVENT] = take_document,
    [YAML_DOCUMENT_END_EVENT] = take_nothing,
    [YAML_ALIAS_EVENT] = take_alias,
    [YAML_SCALAR_EVENT] = take_scalar,
    [YAML_SEQUENCE_START_EVENT] = take_sequence,
    [YAML_SEQUENCE_END_EVENT] = close_sequence,
    [YAML_MAPPING_START_EVENT] = take_mapping,
    [YAML_MAPPING_END_EVENT] = close_mapping,
};

/* Returns the text from line LINE, character COLUMN on (both from 0; UTF-8), or "" behind the end.
 */
static const char *text_at(const char *text, size_t length, size_t line, size_t column)
{
    const char *end = text + length;

    for (; line > 0; line--) {
        text = memchr(text, '\n', (size_t)(end - text));
        if (text == NULL)
            return "";
        text++;
    }
    for (; column > 0 && text < end; column--) {
        do
            text++;
        while (text < end && ((unsigned char)*text & 0xc0) == 0x80);
    }
    return text < end ? text : "";
}

/* libyaml says where, but its cures are for people who know YAML's grammar. */
static const char *cure_for(const yaml_parser_t *parser, const char *text, size_t length)
{
    const char *at = text_at(text, length, parser->problem_mark.line, parser->problem_mark.column);

    if (*at == '\t')
        return "; indent with spaces, not with tabs";
    if (parser->context != NULL && strstr(parser->context, "alias") != NULL)
        return "; put quotes around a text that begins with '*'";
    if (*at == '@' || *at == '`' || *at == '%')
        return "; put quotes around a text that begins with this sign";
    return "";
}

static void report_syntax(struct problems *problems, const yaml_parser_t *parser, const char *text,
                          size_t length)
{
    struct config_place place = place_of(parser->problem_mark);

    if (parser->error == YAML_MEMORY_ERROR) {
        problem_add(problems, (struct config_place){0, 0}, "out of memory");
        return;
    }
    if (parser->error == YAML_READER_ERROR) { /* libyaml sets no mark there */
        place = (struct config_place){1, 1};
        for (size_t i = 0; i < parser->problem_offset && i < length; i++, place.column++) {
            if (text[i] == '\n')
                place = (struct config_place){place.line + 1, 0};
        }
    }
    problem_add(problems, place, "not YAML: %s%s",
                parser->problem != NULL ? parser->problem : "unknown",
                cure_for(parser, text, length));
}

static int build(struct builder *builder, yaml_parser_t *parser, const char *text, size_t length)
{
    yaml_event_t event;
    int rc = 0, done = 0;

    while (rc == 0 && !done) {
        if (!yaml_parser_parse(parser, &event)) {
            report_syntax(builder->problems, parser, text, length);
            return -1;
        }
        rc = takers[event.type](builder, &event);
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    return rc;
}

int tree_parse(struct node **root, const char *text, size_t length, struct problems *problems)
{
    struct builder builder = {.problems = problems};
    yaml_parser_t parser;
    int rc;

    *root = NULL;
    if (!yaml_parser_initialize(&parser)) {
        problem_add(problems, (struct config_place){0, 0}, "out of memory");
        return -1;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    rc = build(&builder, &parser, text, length);
    yaml_parser_delete(&parser);
    for (size_t i = 0; i < builder.depth; i++)
        tree_free(builder.frames[i].key);
    if (rc != 0) {
        tree_free(builder.root);
        return -1;
    }
    *root = builder.root;
    return 0;
}

const struct node *node_member(const struct node *mapping, const char *key)
{
    /* A sequence's items have no keys: it was reported when its section was read. */
    const struct node *node =
        mapping == NULL || mapping->kind != NODE_MAPPING ? NULL : mapping->first;

    while (node != NULL && strcmp(node->key->text, key) != 0)
        node = node->next;
    return node;
}

bool node_is_null(const struct node *node)
{
    return node->kind == NODE_SCALAR && !node->quoted &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
            strcasecmp(node->text, "null") == 0);
}

const struct node *node_item_first(const struct node *node)
{
    return node->kind == NODE_SCALAR ? node : node->first;
}

const struct node *node_item_next(const struct node *node, const struct node *item)
{
    return node->kind == NODE_SCALAR ? NULL : item->next;
}
