#include "blocklist/feed/due.h"

#include <sodium.h>
#include <string.h>

enum { DEADLINE_TRIES = 12 }; /* a deadline of 6 hours: each half hour */

enum { RECIPE_VERSION = 1 }; /* raise it where a reader takes other names from the same octets */

static void add_text(crypto_generichash_state *state, const char *text)
{
    /* with its NUL, so that no two lists of texts run into the same octets */
    crypto_generichash_update(state, (const unsigned char *)(text == NULL ? "" : text),
                              text == NULL ? 1 : strlen(text) + 1);
}

static const char *const signatures[] = {[LIST_UNSIGNED] = "",
                                         [LIST_MINISIGN] = "minisign",
                                         [LIST_SHA256] = "sha256",
                                         [LIST_CMS] = "cms"};

void due_recipe(const struct config_list *list, uint8_t digest[32])
{
    const uint8_t flags[] = {RECIPE_VERSION,
                             (uint8_t)list->class_,
                             (uint8_t)list->granularity,
                             (uint8_t)list->match,
                             list->tld,
                             list->private_suffixes,
                             list->rewrites,
                             list->observe};
    const char *const texts[] = {list->id,     list->url,    list->format,  list->category,
                                 list->column, list->member, list->licence, list->attribution};
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, 32);
    crypto_generichash_update(&state, flags, sizeof flags);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add_text(&state, texts[i]);
    for (size_t i = 0; i < list->part_count; i++) {
        add_text(&state, list->parts[i].name);
        add_text(&state, list->parts[i].category);
    }
    if (due_sealed(list)) { /* other classes keep the recipe that they have */
        const uint8_t more[] = {(uint8_t)list->url_action, list->dns_use_permitted};

        crypto_generichash_update(&state, more, sizeof more);
        add_text(&state, list->inbox);
    }
    /* What is in force was not proven by a key that is new: it is fetched once more. */
    if (list->signature != LIST_UNSIGNED) {
        add_text(&state, signatures[list->signature]);
        add_text(&state, list->public_key);
        add_text(&state, list->signature_url);
    }
    crypto_generichash_final(&state, digest, 32);
}

bool due_now(const struct store_list *known, const uint8_t recipe[32], int64_t now_s)
{
    return now_s >= known->next_s || memcmp(known->recipe, recipe, sizeof known->recipe) != 0 ||
           known->tried_s > now_s; /* the clock was set back: what it said is worth nothing */
}

bool due_sealed(const struct config_list *list)
{
    return list->class_ == LIST_LEGAL || list->class_ == LIST_HOTLINE;
}

/* Half of the deadline is left for tries that fail. */
static int64_t most_between(const struct config_list *list)
{
    return list->deadline_s > 0 ? list->deadline_s / 2 : INT64_MAX;
}

int64_t due_after_success(const struct config_list *list, int64_t now_s, struct random *random)
{
    int64_t pause = (int64_t)list->every_s + random_below(random, list->jitter_s + 1);

    return now_s + (pause < most_between(list) ? pause : most_between(list));
}

int64_t due_after_failure(const struct config_list *list, unsigned failures, int64_t retry_after_s,
                          int64_t now_s, struct random *random)
{
    uint32_t most = list->every_s < DUE_PAUSE_MOST_S ? list->every_s : DUE_PAUSE_MOST_S;
    uint32_t pause = DUE_PAUSE_LEAST_S;

    if (list->deadline_s > 0 && most > list->deadline_s / DEADLINE_TRIES)
        most = list->deadline_s / DEADLINE_TRIES;

    for (unsigned i = 1; i < failures && pause < most; i++)
        pause *= 2;
    if (pause > most)
        pause = most;
    pause -= random_below(random, pause / 5 + 1); /* homes that lost power together come apart */
    if (retry_after_s > DUE_RETRY_AFTER_MOST_S)
        retry_after_s = DUE_RETRY_AFTER_MOST_S;
    return now_s + (retry_after_s > pause ? retry_after_s : (int64_t)pause);
}

bool due_stale(const struct config_list *list, const struct store_list *known, int64_t now_s)
{
    return list->max_age_s > 0 && known->fetched_s > 0 &&
           now_s - known->fetched_s > (int64_t)list->max_age_s;
}
