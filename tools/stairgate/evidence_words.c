#include "tools/stairgate/evidence_words.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/stairgate/json_out.h"

enum { SENTENCE_MAX = 400 };

static long long number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void say(json_t *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(json_t *words, const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list values;

    va_start(values, format);
    vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    json_array_append_new(words, json_string(sentence));
}

static size_t count_true(const json_t *list, const char *key)
{
    const json_t *one;
    size_t count = 0, i;

    json_array_foreach(list, i, one) count += json_is_true(json_object_get(one, key));
    return count;
}

static long long sum(const json_t *object)
{
    const json_t *value;
    const char *key;
    long long all = 0;

    json_object_foreach((json_t *)(uintptr_t)object, key, value) all += json_integer_value(value);
    return all;
}

static void say_class(json_t *words, const char *class_, const json_t *report)
{
    const json_t *versions = json_object_get(report, "versions");
    size_t all = json_array_size(versions);
    size_t missed = json_array_size(json_object_get(report, "deadlines_missed"));

    if (number(report, "lists_configured") == 0 && number(report, "checks") == 0)
        return;
    say(words,
        "class %s: %lld checks, %zu versions taken, of which %zu were in force within the "
        "deadline; "
        "%lld checks failed, %lld results were held back",
        class_, number(report, "checks"), all, count_true(versions, "within_deadline"),
        sum(json_object_get(report, "failures")), number(report, "held"));
    say(words, "class %s: deadlines kept %lld times, missed %zu times", class_,
        number(report, "deadlines_kept"), missed);
    if (number(report, "lists_never_fetched") > 0)
        say(words, "class %s: %lld lists that are configured were never fetched", class_,
            number(report, "lists_never_fetched"));
}

static void say_canary(json_t *words, const json_t *canary)
{
    const json_t *days = json_object_get(canary, "days"), *day;
    long long asked = 0, good = 0, late = 0;
    size_t i;

    json_array_foreach(days, i, day)
    {
        const json_t *results = json_object_get(day, "results");

        asked += number(day, "asked");
        good += number(results, "ok");
        late += number(results, "late");
    }
    say(words,
        "canary: the node asked itself %lld times on %zu days; blocked %lld times, blocked with "
        "lists past their deadline %lld times, anything else %lld times; %zu times it was not "
        "asked "
        "for longer than two intervals",
        asked, json_array_size(days), good, late, asked - good - late,
        json_array_size(json_object_get(canary, "not_asked")));
}

static void say_account(json_t *words, const json_t *account)
{
    if (!json_is_true(json_object_get(account, "whole")))
        say(words, "account of lifts: it is not whole: %s", json_out_get(account, "fault"));
    else
        say(words,
            "account of lifts: %lld entries in the period, %lld in all, unchanged up to the digest "
            "%.64s",
            sum(json_object_get(account, "actions")), number(account, "rows"),
            json_out_get(account, "head_digest"));
}

json_t *evidence_words(const json_t *report)
{
    const json_t *classes = json_object_get(report, "classes"), *one;
    const char *class_;
    json_t *words = json_array();

    json_object_foreach((json_t *)(uintptr_t)classes, class_, one) say_class(words, class_, one);
    say_canary(words, json_object_get(report, "canary"));
    say_account(words, json_object_get(report, "account_of_lifts"));
    say(words, "no entry of a list, no name that was asked for and no client is in this report");
    return words;
}
