/* stairgate set info | verify: what a set file holds, and whether it is whole.
 *
 * Both open the file as the server does; categories are shown by the keys that the file itself
 * has, so that a set made for another taxonomy can be read. Of a sealed set `info` tells what needs
 * no key, and `verify` nothing. */
#include "tools/stairgate/set.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/set/set.h"
#include "config/base/date.h"
#include "config/base/err.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/set_seal.h"

enum { JSON_SCHEMA = 1, DIGEST_TEXT = 65, MADE_TEXT = 48 };

struct options {
    bool json;
    const char *path;
};

static int read_options(int argc, char **argv, struct options *options)
{
    int first = json_out_option(argc, argv, &options->json);

    options->path = first < 0 ? NULL : argv[first];
    return first < 0 || argc - first != 1 ? -1 : 0;
}

static char *digest_text(const uint8_t digest[32], char out[DIGEST_TEXT])
{
    return sodium_bin2hex(out, DIGEST_TEXT, digest, 32);
}

static int complain(const struct options *options, const struct err *err)
{
    if (options->json)
        json_out_print(json_pack("{s:i, s:s, s:b, s:{s:s, s:s}}", "schema", JSON_SCHEMA, "file",
                                 options->path, "ok", 0, "error", "code", err_word(err->code),
                                 "text", err->text));
    else
        fprintf(stderr, "stairgate: %s\n", err->text);
    return err->code == ERR_NOT_FOUND ? EXIT_NOT_FOUND
           : err->code == ERR_REFUSED ? EXIT_REFUSED
                                      : EXIT_FAILED;
}

static void print_summary(const struct options *options, const struct set_info *info)
{
    char text[DIGEST_TEXT];

    printf("file        %s\n", options->path);
    printf("names       %" PRIu64 "\n", info->names);
    printf("prefixes    %" PRIu64 "\n", info->prefixes);
    printf("octets      %" PRIu64, info->octets);
    if (info->names > 0)
        printf(" (%.2f a name)", (double)info->octets / (double)info->names);
    printf("\nrows        %" PRIu64 " (ids of %u bits, %" PRIu64 " names by the side table)\n",
           info->rows, info->id_bits, info->escapes);
    printf("lines       %" PRIu64 "\n", info->lines);
    printf("deepest     %u labels\n", info->deepest);
    printf("seed        %" PRIu64 "\n", info->seed);
    printf("digest      %s\n", digest_text(info->digest, text));
}

static void print_lists(const struct set *set)
{
    struct set_feed feed;
    const char *key;
    uint64_t names;

    printf("\n%-18s %12s\n", "CATEGORY", "NAMES");
    for (unsigned i = 0; set_category(set, i, &key, &names); i++)
        printf("%-18s %12" PRIu64 "\n", key, names);
    printf("\n%-32s %-18s %-10s %10s %10s %8s\n", "FEED", "CATEGORY", "FORMAT", "NAMES",
           "DUPLICATES", "REFUSED");
    for (unsigned i = 0; set_feed(set, i, &feed); i++)
        printf("%-32s %-18s %-10s %10" PRIu64 " %10" PRIu64 " %8" PRIu64 "\n", feed.id,
               feed.category, feed.format, feed.names, feed.duplicates, feed.refused);
}

static json_t *feeds_json(const struct set *set)
{
    json_t *list = json_array();
    struct set_feed feed;

    for (unsigned i = 0; set_feed(set, i, &feed); i++)
        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "id", feed.id, "class",
                      feed.feed_class, "category", feed.category, "format", feed.format, "licence",
                      feed.licence, "attribution", feed.attribution, "names",
                      (json_int_t)feed.names, "duplicates", (json_int_t)feed.duplicates, "lines",
                      (json_int_t)feed.lines, "refused", (json_int_t)feed.refused));
    return list;
}

static json_t *categories_json(const struct set *set)
{
    json_t *list = json_array();
    const char *key;
    uint64_t names;

    for (unsigned i = 0; set_category(set, i, &key, &names); i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:I}", "key", key, "names", (json_int_t)names));
    return list;
}

static json_t *info_json(const struct options *options, const struct set *set,
                         const struct set_info *info)
{
    char digest[DIGEST_TEXT], seed[24];

    /* A seed has 64 bits, more than most readers of JSON keep in a number. */
    snprintf(seed, sizeof seed, "%" PRIu64, info->seed);
    return json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:s, s:s, s:o, s:o}",
                     "schema", JSON_SCHEMA, "file", options->path, "names", (json_int_t)info->names,
                     "prefixes", (json_int_t)info->prefixes, "octets", (json_int_t)info->octets,
                     "rows", (json_int_t)info->rows, "escapes", (json_int_t)info->escapes, "lines",
                     (json_int_t)info->lines, "id_bits", (int)info->id_bits, "deepest",
                     (int)info->deepest, "seed", seed, "digest", digest_text(info->digest, digest),
                     "categories", categories_json(set), "feeds", feeds_json(set));
}

/* Without its key nobody knows whether MADE_S is what was written: it may be any number. */
static void made_text(int64_t made_s, char out[MADE_TEXT])
{
    const int64_t last = (int64_t)INT32_MAX * DATE_DAY_S / 64;
    unsigned of_day = (unsigned)(made_s % DATE_DAY_S);
    char day[DATE_TEXT_MAX];

    if (made_s < 0 || made_s > last)
        snprintf(out, MADE_TEXT, "no time");
    else
        snprintf(out, MADE_TEXT, "%sT%02u:%02u:%02uZ", date_to_text(date_day_of(made_s), day),
                 of_day / 3600, of_day / 60 % 60, of_day % 60);
}

/* All that is ever told of a sealed set. */
static int tell_sealed(const struct options *options)
{
    struct sealed_info info;
    struct err err;
    char made[MADE_TEXT];

    if (sealed_file_info(options->path, &info, &err) != 0)
        return complain(options, &err);
    made_text(info.made_s, made);
    if (options->json)
        json_out_print(json_pack("{s:i, s:s, s:b, s:I, s:I, s:I, s:s}", "schema", JSON_SCHEMA,
                                 "file", options->path, "sealed", 1, "number",
                                 (json_int_t)info.number, "entries", (json_int_t)info.entries,
                                 "octets", (json_int_t)info.octets, "made", made));
    else
        printf("file        %s\nsealed\nnumber      %" PRIu64 "\nentries     %" PRIu64
               "\noctets      %" PRIu64 "\nmade        %s\n",
               options->path, info.number, info.entries, info.octets, made);
    return EXIT_DONE;
}

int set_info_run(int argc, char **argv)
{
    struct options options;
    struct set_info info;
    struct set *set;
    struct err err;

    if (read_options(argc, argv, &options) != 0)
        return command_usage(set_info_run);
    if (sealed_file_is(options.path))
        return tell_sealed(&options);
    set = set_open(options.path, NULL, &err);
    if (set == NULL)
        return complain(&options, &err);
    set_info(set, &info);
    if (options.json) {
        json_out_print(info_json(&options, set, &info));
    } else {
        print_summary(&options, &info);
        print_lists(set);
    }
    set_close(set);
    return EXIT_DONE;
}

int set_verify_run(int argc, char **argv)
{
    char digest[DIGEST_TEXT];
    struct options options;
    struct set_info info;
    struct set *set;
    struct err err;
    int status = EXIT_DONE;

    if (read_options(argc, argv, &options) != 0)
        return command_usage(set_verify_run);
    if (set_seal_refuse(options.path, &err) != 0)
        return complain(&options, &err);
    set = set_open(options.path, NULL, &err);
    if (set == NULL)
        return complain(&options, &err);
    set_info(set, &info);
    digest_text(info.digest, digest);
    if (set_verify(set, &err) != 0)
        status = complain(&options, &err);
    else if (options.json)
        json_out_print(json_pack("{s:i, s:s, s:b, s:I, s:s}", "schema", JSON_SCHEMA, "file",
                                 options.path, "ok", 1, "names", (json_int_t)info.names, "digest",
                                 digest));
    else
        printf("%s: fine, %" PRIu64 " names, digest %s\n", options.path, info.names, digest);
    set_close(set);
    return status;
}
