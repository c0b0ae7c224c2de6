/* Small sets for tests, built as `stairgate set build` builds them. */
#ifndef TESTS_UNIT_SAMPLE_SET_H
#define TESTS_UNIT_SAMPLE_SET_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/set/builder.h"
#include "blocklist/set/segment.h"
#include "blocklist/set/set.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/siphash.h"
#include "config/taxonomy.h"
#include "sample_terms.h"

enum { SAMPLE_SEED = 7, SAMPLE_NAMES_MAX = 12, SAMPLE_FEEDS_MAX = 8 };

/* One feed, only observed where its category begins with a `?`: `x` lists the subtree, `=x` that
 * name alone, `@x` excepts the subtree; an address with or without a length lists that range. Terms
 * stand behind a name, each after a `;` (sample_terms.h). */
struct sample_feed {
    const char *feed, *category;
    const char *names[SAMPLE_NAMES_MAX];
};

static inline void sample_list(struct segment_writer *writer, const char *text)
{
    enum entry_kind kind = text[0] == '=' ? ENTRY_EXACT : ENTRY_SUBTREE;
    enum entry_operation operation = text[0] == '@' ? ENTRY_EXCEPT : ENTRY_LIST;
    uint64_t hashes[NAME_LABELS_MAX];
    struct sample_terms terms;
    struct prefix prefix;
    struct name_buf buf;
    struct name name;
    size_t labels;

    if (prefix_from_text(&prefix, text) == 0) {
        must(segment_add_prefix(writer, &prefix, ENTRY_LIST, NULL) == 0);
        return;
    }
    text += text[0] == '=' || text[0] == '@';
    must(name_from_text(&buf, text, strcspn(text, ";")) == NAME_OK);
    name = name_of(&buf);
    labels = siphash_suffixes(segment_key(writer), &name, hashes, NAME_LABELS_MAX);
    sample_terms_read(&terms, text + strcspn(text, ";"));
    must((text[strcspn(text, ";")] == '\0'
              ? segment_add(writer, &name, hashes[labels - 1], (unsigned)labels, kind, operation,
                            NULL)
              : segment_add_terms(writer, &name, hashes[labels - 1], (unsigned)labels, kind,
                                  operation, &terms.terms, NULL)) == 0);
}

static inline void sample_segment(const char *path, const struct sample_feed *feed)
{
    struct segment_writer *writer = segment_start(path, SAMPLE_SEED, NULL);
    struct segment_about about;

    must(writer != NULL);
    memset(&about, 0, sizeof about);
    about.observe = feed->category[0] == '?';
    snprintf(about.feed, sizeof about.feed, "%s", feed->feed);
    snprintf(about.category, sizeof about.category, "%s", feed->category + about.observe);
    snprintf(about.feed_class, sizeof about.feed_class, "public");
    snprintf(about.format, sizeof about.format, "plain");
    do {
        for (size_t i = 0; i < SAMPLE_NAMES_MAX && feed->names[i] != NULL; i++)
            sample_list(writer, feed->names[i]);
    } while (segment_second_pass(writer));
    must(segment_finish(writer, &about, NULL) == 0);
}

/* Builds FEEDS[0..COUNT) into a set at PATH. */
static inline void sample_set_build(const char *path, const struct sample_feed *feeds, size_t count)
{
    char segments[SAMPLE_FEEDS_MAX][256];
    const char *paths[SAMPLE_FEEDS_MAX];
    struct builder_options options = {.out = path, .seed = SAMPLE_SEED};
    struct builder_result result;
    struct err err = {.code = ERR_NONE};

    must(count <= SAMPLE_FEEDS_MAX);
    for (size_t i = 0; i < count; i++) {
        snprintf(segments[i], sizeof segments[i], "%.200s.segment%zu", path, i);
        paths[i] = segments[i];
        sample_segment(paths[i], &feeds[i]);
    }
    if (builder_merge(paths, count, &options, &result, &err) != 0)
        fprintf(stderr, "%s\n", err.text);
    must(err.code == ERR_NONE);
    for (size_t i = 0; i < count; i++)
        unlink(paths[i]);
}

/* Builds and opens a set; its file is gone afterwards, as only the mapping is needed. */
static inline struct set *sample_set(const struct sample_feed *feeds, size_t count,
                                     const struct taxonomy *taxonomy)
{
    char folder[] = "/tmp/stairgate-test-XXXXXX", path[64];
    struct set *set;

    must(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/lists.set", folder);
    sample_set_build(path, feeds, count);
    set = set_open(path, taxonomy, NULL);
    must(set != NULL);
    unlink(path);
    rmdir(folder);
    return set;
}

#endif
