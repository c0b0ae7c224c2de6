/* Rules over several options of a list: what cannot be meant is an error, what leaves the operator
 * without what the entry promises is a warning. */
#include <string.h>

#include "config/lists.h"
#include "config/service.h"
#include "config/walk.h"

struct config_place list_place(const struct node *item, const char *section, const char *option)
{
    const struct node *inside = section == NULL ? item : node_member(item, section);
    const struct node *node = inside == NULL || option == NULL ? NULL : node_member(inside, option);

    if (node != NULL)
        return node->place;
    return inside != NULL && inside != item ? inside->place : item->key->place;
}

/* It becomes the name of files: no slash, nothing hidden, nothing that looks like what the fetcher
 * puts beside it. */
static void check_id(struct walk *walk, const struct node *item, const struct config_list *list)
{
    static const char part[] = ".part", tag[] = ".part.";
    const char *id = item->key->text;
    size_t length = strlen(id);
    char quote[PROBLEM_QUOTE_MAX];

    (void)list;
    if (length == 0 || length >= CONFIG_WORD_MAX || id[0] == '.' || id[0] == '-' ||
        strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != length ||
        strstr(id, tag) != NULL || strncmp(id, "new.", 4) == 0 ||
        (length >= strlen(part) && strcmp(id + length - strlen(part), part) == 0))
        problem_add(
            walk->problems, item->key->place,
            "not the name of a list: %s; it is 1 to %d of a-z, 0-9, '-', '_' and '.', begins "
            "with a letter or digit but not with 'new.', and has no part '%s'",
            problem_quote(id, quote), CONFIG_WORD_MAX - 1, part);
}

static bool is_http(const char *url)
{
    return url != NULL && strncmp(url, "http://", 7) == 0;
}

/* A digest that comes the same way as the list proves nothing against whoever is on that way. */
static bool is_proven(const struct config_list *list)
{
    if (list->signature == LIST_MINISIGN || list->signature == LIST_CMS)
        return true;
    return list->signature == LIST_SHA256 && list->signature_url != NULL &&
           !is_http(list->signature_url);
}

static void check_way(struct walk *walk, const struct node *item, const struct config_list *list)
{
    bool secret = list->bearer_file != NULL || list->basic_file != NULL || list->header_count > 0;

    if (!is_http(list->url))
        return;
    if (!list->allow_http && !is_proven(list))
        problem_add(
            walk->problems, list_place(item, NULL, "url"),
            "over http anybody on the way can change a list: use https, a signature of type "
            "minisign or cms, a sha256 whose signature.url is https, or say 'allow_http: yes'");
    if (secret)
        problem_add(walk->problems, list_place(item, NULL, "auth"),
                    "over http anybody on the way can read 'auth'; use https");
}

static void check_categories(struct walk *walk, const struct node *item,
                             const struct config_list *list)
{
    bool one = node_member(item, "category") != NULL, map = node_member(item, "categories") != NULL;

    if (config_list_is_sealed(list)) /* they are blocked for everybody: check_sealed_lists.c */
        return;
    if (one && map)
        problem_add(walk->problems, list_place(item, NULL, "categories"),
                    "a list has 'category' or 'categories', not both");
    else if (!one && !map && strcmp(list->format, "ut1") != 0)
        problem_add(walk->problems, item->key->place,
                    "missing key: 'category', or 'categories' for each part of '%s'", list->id);
    else if (map && list->part_count == 0 && node_member(item, "categories")->first == NULL)
        problem_add(walk->problems, list_place(item, NULL, "categories"),
                    "'categories' names no part: nothing of the list would be used");
}

static bool key_is_letters(const char *text)
{
    return strncmp(text, "RW", 2) == 0 && strpbrk(text, "./") == NULL && strlen(text) > 40;
}

static void check_signature(struct walk *walk, const struct node *item,
                            const struct config_list *list)
{
    bool keyed = list->signature == LIST_MINISIGN || list->signature == LIST_CMS;
    const struct node *key = node_member(node_member(item, "signature"), "key");

    if (keyed && key == NULL)
        problem_add(walk->problems, list_place(item, "signature", "type"),
                    "missing key: 'signature.key', %s",
                    list->signature == LIST_CMS ? "the path of the signer's certificate"
                                                : "the publisher's public key");
    if (!keyed && list->public_key != NULL)
        problem_add(walk->problems, key->place,
                    "'signature.key' is for 'signature.type: minisign' or cms, which is not said");
    if (list->signature == LIST_CMS && list->public_key != NULL &&
        strcmp(list->public_key, key->text) == 0 && key_is_letters(list->public_key))
        problem_add(walk->problems, key->place,
                    "'signature.key' of cms is the path of the signer's certificate in PEM, not a "
                    "key of minisign");
    if (list->signature == LIST_UNSIGNED && list->signature_url != NULL)
        problem_add(walk->problems, list_place(item, "signature", "url"),
                    "missing key: 'signature.type'; it is minisign, cms or sha256");
}

static void check_auth(struct walk *walk, const struct node *item, const struct config_list *list)
{
    if (list->bearer_file != NULL && list->basic_file != NULL)
        problem_add(walk->problems, list_place(item, "auth", "basic_file"),
                    "'auth.bearer_file' and 'auth.basic_file' are two values of one header; choose "
                    "one");
    if ((list->certificate == NULL) != (list->key == NULL))
        problem_add(walk->problems,
                    list_place(item, "auth", list->key == NULL ? "certificate" : "key"),
                    "'auth.certificate' and 'auth.key' belong together: one is missing");
}

static void check_times(struct walk *walk, const struct node *item, const struct config_list *list)
{
    if (list->max_age_s < list->every_s)
        problem_add(walk->problems, list_place(item, NULL, "max_age"),
                    "'max_age' is shorter than 'every': the list would be stale before it is "
                    "fetched again");
    if (list->jitter_s > list->every_s)
        problem_add(walk->problems, list_place(item, NULL, "jitter"),
                    "'jitter' is longer than 'every'");
}

static void check_column(struct walk *walk, const struct node *item, const struct config_list *list)
{
    if (list->column != NULL && strcmp(list->format, "csv") != 0)
        problem_add(walk->problems, list_place(item, NULL, "column"),
                    "'column' is for 'format: csv', which is not said");
}

void check_list(struct walk *walk, const struct node *item, const struct config_list *list)
{
    static void (*const rules[])(struct walk *, const struct node *, const struct config_list *) = {
        check_id,   check_way,   check_categories, check_signature,
        check_auth, check_times, check_column,     check_list_class};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](walk, item, list);
}

static struct mask list_mask(const struct taxonomy *taxonomy, const struct config_list *list)
{
    const struct category *category = taxonomy_find(taxonomy, list->category);
    struct mask mask = category != NULL ? mask_bit(category->bit) : (struct mask){0};

    for (size_t i = 0; i < list->part_count; i++) {
        category = taxonomy_find(taxonomy, list->parts[i].category);
        if (category != NULL)
            mask = mask_or(mask, mask_bit(category->bit));
    }
    return mask;
}

static void warn_of_list(struct walk *walk, const struct config_list *list, struct mask used)
{
    struct mask mask = list_mask(&walk->config->taxonomy, list);
    unsigned tag = tag_find(walk->config, list->id, true);
    char text[160];

    if (list->observe || mask_has(mask, CATEGORY_EDU_POSITIVE) || mask_any(mask_and(mask, used)) ||
        (tag != 0 && mask_has(used, tag)))
        return;
    problem_warn(walk->problems, list->place,
                 "loaded, used by nobody: '%s'; no profile that a client gets blocks its category: "
                 "%s",
                 list->id, taxonomy_mask_text(&walk->config->taxonomy, mask, text, sizeof text));
}

/* Who writes sets.public beside lists gets a set that no sync ever renews. */
static void warn_of_path(struct walk *walk)
{
    const struct config *config = walk->config;
    const struct node *node = node_member(node_member(config->tree, "sets"), "public");
    bool any = false;

    for (size_t i = 0; i < config->list_count; i++)
        any |= config_list_is_fetched(&config->lists[i]);
    if (!any || node == NULL || config->feeds.dir == NULL || config->set_public == NULL ||
        config_set_is_fetched(config))
        return;
    problem_warn(walk->problems, node->place,
                 "'lists' are made into '%.200s/%s', which is not what 'sets.public' names; leave "
                 "'sets.public' out",
                 config->feeds.dir, CONFIG_SET_CURRENT);
}

void warn_of_lists(struct walk *walk, struct mask used)
{
    const struct config *config = walk->config;
    const struct node *lists = node_member(config->tree, "lists");

    warn_of_path(walk);
    for (size_t i = 0; i < config->list_count; i++) {
        const struct config_list *list = &config->lists[i];

        if (config_list_is_sealed(list))
            warn_of_sealed_list(walk, node_member(lists, list->id), list);
        else if (mask_any(used))
            warn_of_list(walk, list, used);
    }
}
