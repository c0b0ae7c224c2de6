/* check_sealed_lists.c - what a list must say by its class.
 *
 * The problem: a list of class hotline or legal blocks for everybody, cannot be looked into, and
 * may be a crime to lose; an entry that lacks a signature or the permission for DNS would show its
 * fault to nobody. The idea: two tables, what a hotline list needs and what has no meaning for
 * either class, and a message with the place and the cure for each row; a table the other way round
 * for what only these two classes have.
 *
 * Dropped: taking what has no meaning as a warning. Who writes `observe: yes` beside such a list
 * expects that it blocks nothing yet. */
#include <string.h>

#include "config/lists.h"
#include "config/walk.h"

struct rule {
    bool (*holds)(const struct config_list *list);
    const char *section, *option; /* where it stands */
    const char *text;
};

static const char *class_word(const struct config_list *list)
{
    return option_classes[list->class_];
}

static bool starts(const char *url, const char *scheme)
{
    return url != NULL && strncmp(url, scheme, strlen(scheme)) == 0;
}

static bool is_signed(const struct config_list *list)
{
    return list->signature == LIST_MINISIGN || list->signature == LIST_CMS;
}

static bool is_private(const struct config_list *list)
{
    return list->inbox != NULL || list->url == NULL || starts(list->url, "https://");
}

/* What comes by another way than https is told of already. */
static bool is_known(const struct config_list *list)
{
    return !starts(list->url, "https://") || list->bearer_file != NULL ||
           (list->certificate != NULL && list->key != NULL);
}

static bool has_licence(const struct config_list *list)
{
    return list->licence != NULL && list->licence[0] != '\0';
}

static bool has_contact(const struct config_list *list)
{
    return list->contact != NULL && list->contact[0] != '\0';
}

static bool has_deadline(const struct config_list *list)
{
    return list->deadline_s != 0;
}

/* A list of URLs that are ignored is used by nothing, which its publisher need not permit. */
static bool is_permitted(const struct config_list *list)
{
    return list->dns_use_permitted ||
           (list->granularity == LIST_URL && list->url_action == LIST_URL_IGNORE);
}

static const struct rule needs[] = {
    {is_signed,    "signature", "type",
     "a list of class hotline needs 'signature.type: minisign' or cms: what nobody has signed "
     "would "
     "be blocked for everybody"                                                                  },
    {is_private,   NULL,        "url",
     "a list of class hotline comes by https, or is delivered to an 'inbox'"                     },
    {is_known,     "auth",      NULL,
     "a list of class hotline needs 'auth': certificate and key, or bearer_file; who gives such a "
     "list to anybody gives it away"                                                             },
    {has_licence,  NULL,        "licence",
     "missing key: 'licence', the terms that the publisher gave you this list under"             },
    {has_contact,  NULL,        "contact",
     "missing key: 'contact', whom the publisher has for wrong entries"                          },
    {has_deadline, NULL,        "deadline",
     "missing key: 'deadline', how old this list may become by the publisher's terms, such as 6h"},
    {is_permitted, NULL,        "dns_use_permitted",
     "a list of class hotline needs 'dns_use_permitted: yes', once the publisher has said so: some "
     "give their lists for other uses than DNS"                                                  },
};

static bool has_no_category(const struct config_list *list)
{
    return list->category[0] == '\0';
}

static bool has_no_parts(const struct config_list *list)
{
    return list->part_count == 0;
}

static bool has_no_rewrites(const struct config_list *list)
{
    return !list->rewrites;
}

static bool is_applied(const struct config_list *list)
{
    return !list->observe;
}

static bool is_kept(const struct config_list *list)
{
    return list->on_stale == LIST_STALE_KEEP;
}

static bool has_no_canary(const struct config_list *list)
{
    return list->gate.canary == NULL;
}

static bool has_no_allowance(const struct config_list *list)
{
    return !list->allow_http;
}

static const struct rule meaningless[] = {
    {has_no_category,  NULL,   "category",
     "it is blocked for every profile, whatever they choose: leave it out"                                  },
    {has_no_parts,     NULL,   "categories",
     "it is blocked for every profile, whatever they choose: leave it out"                                  },
    {has_no_rewrites,  NULL,   "rewrites",
     "all of them are answered alike, so that nobody tells them apart"                                      },
    {is_applied,       NULL,   "observe",
     "it would be counted name by name; leave the list out until it is to hold"                             },
    {is_kept,          NULL,   "on_stale",   "it stays in force when it is late, and 'deadline' tells of it"},
    {has_no_canary,    "gate", "canary",
     "it would tell whether a name is listed; the node's own is 'sealed.canary'"                            },
    {has_no_allowance, NULL,   "allow_http",
     "anybody on the way could change what everybody is kept from"                                          },
};

static const char *const only_sealed[] = {"inbox", "deadline", "url_action", "dns_use_permitted"};

static void check_needs(struct walk *walk, const struct node *item, const struct config_list *list)
{
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (!needs[i].holds(list))
            problem_add(walk->problems, list_place(item, needs[i].section, needs[i].option), "%s",
                        needs[i].text);
    }
    if (walk->config->tier == TIER_ROUTER)
        problem_add(walk->problems, list_place(item, NULL, "class"),
                    "no list of class hotline goes to 'tier: router': whoever holds the box holds "
                    "key and file");
}

static void check_meaning(struct walk *walk, const struct node *item,
                          const struct config_list *list)
{
    for (size_t i = 0; i < sizeof meaningless / sizeof *meaningless; i++) {
        const struct rule *rule = &meaningless[i];

        if (!rule->holds(list))
            problem_add(walk->problems, list_place(item, rule->section, rule->option),
                        "'%s%s%s' has no meaning for a list of class %s: %s",
                        rule->section != NULL ? rule->section : "",
                        rule->section != NULL ? "." : "", rule->option, class_word(list),
                        rule->text);
    }
}

/* A delivery is whole once its signature lies beside it. */
static void check_inbox(struct walk *walk, const struct node *item, const struct config_list *list)
{
    const struct node *auth = node_member(item, "auth");

    if (list->url != NULL)
        problem_add(walk->problems, list_place(item, NULL, "inbox"),
                    "a list has 'url' or 'inbox', not both");
    if (auth != NULL)
        problem_add(walk->problems, auth->place,
                    "'auth' is for what is fetched; into 'inbox' files are delivered");
    if (list->signature_url != NULL)
        problem_add(walk->problems, list_place(item, "signature", "url"),
                    "beside an 'inbox' there is no 'signature.url': FILE.minisig or FILE.p7s is "
                    "delivered with FILE");
    if (!is_signed(list))
        problem_add(walk->problems, list_place(item, "signature", "type"),
                    "'inbox' needs 'signature.type: minisign' or cms: by its signature a delivery "
                    "is known to be whole and whose it is");
}

static void check_deadline(struct walk *walk, const struct node *item,
                           const struct config_list *list)
{
    if (list->deadline_s == 0)
        return;
    if (list->every_s > list->deadline_s)
        problem_add(walk->problems, list_place(item, NULL, "every"),
                    "'every' is longer than 'deadline': each fetch would come too late");
    else if (list->jitter_s > list->deadline_s - list->every_s)
        problem_add(walk->problems, list_place(item, NULL, "jitter"),
                    "'every' and 'jitter' together are longer than 'deadline': some fetches would "
                    "come too late");
}

static void check_divert(struct walk *walk, const struct node *item, const struct config_list *list)
{
    struct config_place place = list_place(item, NULL, "url_action");

    if (list->url_action != LIST_URL_DIVERT)
        return;
    if (!list->dns_use_permitted)
        problem_add(walk->problems, place,
                    "'url_action: divert' needs 'dns_use_permitted: yes', once the publisher has "
                    "said so");
    if (walk->config->sealed.divert_count == 0)
        problem_add(walk->problems, place,
                    "'url_action: divert' needs 'sealed.divert', the addresses of your proxies");
}

static void check_open(struct walk *walk, const struct node *item, const struct config_list *list)
{
    for (size_t i = 0; i < sizeof only_sealed / sizeof *only_sealed; i++) {
        const struct node *node = node_member(item, only_sealed[i]);

        if (node != NULL)
            problem_add(walk->problems, node->place,
                        "'%s' is for lists of class legal and hotline; this one is of class %s",
                        only_sealed[i], class_word(list));
    }
}

void check_list_class(struct walk *walk, const struct node *item, const struct config_list *list)
{
    bool sealed = config_list_is_sealed(list);

    if (node_member(item, "url") == NULL && (!sealed || node_member(item, "inbox") == NULL))
        problem_add(walk->problems, item->place, "missing key: 'url'%s",
                    sealed ? ", or 'inbox' for files that are delivered" : "");
    if (!sealed) {
        check_open(walk, item, list);
        return;
    }
    if (list->class_ == LIST_HOTLINE)
        check_needs(walk, item, list);
    check_meaning(walk, item, list);
    check_deadline(walk, item, list);
    check_divert(walk, item, list);
    if (list->inbox != NULL)
        check_inbox(walk, item, list);
}

void warn_of_sealed_list(struct walk *walk, const struct node *item, const struct config_list *list)
{
    if (!is_signed(list))
        problem_warn(walk->problems, list->place,
                     "not signed: '%s'; whoever holds its server decides what is blocked for "
                     "everybody",
                     list->id);
    if (list->granularity == LIST_URL && list->url_action == LIST_URL_IGNORE)
        problem_warn(walk->problems, list_place(item, NULL, "granularity"),
                     "blocks nothing by design: '%s' is a list of URLs, which are never widened to "
                     "their hosts; 'url_action: divert' sends these to your proxies",
                     list->id);
}
