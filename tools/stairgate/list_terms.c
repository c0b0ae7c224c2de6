/* The problem: a list that nobody may read is taken on somebody's word, and that word is about
 * things no program can look up: that the key is the publisher's, that the contract lets DNS use
 * it. The idea: a row a term says when it is wanted and what it is for, and the same rows make the
 * flags, the questions at the terminal and the list of what a script forgot. A question that was
 * answered wrongly is asked again; what is answered with no, ends it.
 *
 * Dropped: fetching the list to look at it first, as for public ones: nobody may. */
#include "tools/stairgate/list_terms.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config/base/err.h"

enum { TRIES = 5 };

typedef bool predicate(const struct list_terms *terms);

static bool always(const struct list_terms *terms)
{
    (void)terms;
    return true;
}

static bool never(const struct list_terms *terms)
{
    (void)terms;
    return false;
}

static bool is_hotline(const struct list_terms *terms)
{
    return terms->class_ == LIST_HOTLINE;
}

static bool is_legal(const struct list_terms *terms)
{
    return terms->class_ == LIST_LEGAL;
}

static bool is_said(const struct list_terms *terms, enum list_term term)
{
    return terms->texts[term][0] != '\0';
}

static bool has_no_certificate(const struct list_terms *terms)
{
    return terms->fetched && !is_said(terms, TERM_CERTIFICATE) && !is_said(terms, TERM_KEY);
}

static bool has_no_bearer(const struct list_terms *terms)
{
    return terms->fetched && is_hotline(terms) && !is_said(terms, TERM_BEARER_FILE);
}

static bool wants_certificate(const struct list_terms *terms)
{
    return is_said(terms, TERM_KEY) || has_no_bearer(terms);
}

static bool wants_key(const struct list_terms *terms)
{
    return is_said(terms, TERM_CERTIFICATE) || has_no_bearer(terms);
}

static bool has_no_sealed_key(const struct list_terms *terms)
{
    return terms->config->sealed.key == NULL;
}

static bool has_no_canary(const struct list_terms *terms)
{
    return terms->config->sealed.canary.length == 0;
}

/* WHAT is the line for a script; TELL stands before the question at a terminal. */
/* clang-format off */
static const struct term {
    const char *flag, *argument; /* argument NULL: the flag alone says yes */
    predicate *asked, *needed;
    const char *what, *tell, *question;
} table[LIST_TERMS] = {
    [TERM_INBOX] = {"inbox", "DIR", never, never,
                    "the folder (mode 0700) that files are delivered to, instead of a URL", "", ""},
    [TERM_SIGNATURE_KEY] =
        {"signature-key", "KEY|FILE", always, is_hotline,
         "the publisher's signing key: minisign's public key or its file, or a certificate in PEM "
         "(CMS)",
         "The publisher signs the list; without a good signature nothing of it is taken.",
         "Its public key (minisign: the key or its file; CMS: the signer's certificate in PEM)"},
    [TERM_LICENCE] = {"licence", "TEXT", always, is_hotline,
                      "the licence or contract that you have it under",
                      "Under which contract or licence do you have the list?",
                      "Its name, number and date"},
    [TERM_DNS_USE] =
        {"dns-use-permitted", NULL, is_hotline, is_hotline,
         "say this where the publisher permits that DNS uses the list; your contract decides",
         "May DNS use it? Not every list may be: the IWF's list of URLs is for proxies, not for\n"
         "DNS, since a name stands for a whole site. Your contract with the publisher decides, not\n"
         "stairgate (docs/hotlines.md).",
         "The publisher permits that DNS uses this list (yes or no)"},
    [TERM_LEGAL_BASIS] = {"legal-basis", "TEXT", is_legal, is_legal,
                          "the law or order that it rests on",
                          "A legal list rests on a law, a court's or an authority's order.",
                          "Which one"},
    [TERM_JURISDICTION] = {"jurisdiction", "TEXT", is_legal, is_legal, "where that law holds",
                           "", "Where it holds (a country or region)"},
    [TERM_CONTACT] = {"contact", "TEXT", always, always,
                      "where wrong entries are told, and who is called when the list does not come",
                      "", "Whom to call or write when something is wrong with it"},
    [TERM_APPEAL_URL] = {"appeal-url", "URL", is_legal, never,
                         "where who is blocked may object", "",
                         "The page where somebody who is blocked may object (Enter: none)"},
    [TERM_DEADLINE] =
        {"deadline", "TIME", always, is_hotline,
         "by when what the publisher has is in force here, and what he took out is open again",
         "Contracts and laws say by when a change is in force, and by when a delisted name is open\n"
         "again. The metrics count down to it.",
         "That time, such as 6h or 24h"},
    [TERM_BEARER_FILE] = {"bearer-file", "FILE", has_no_certificate, never,
                          "a file (mode 0600) with the token that the publisher gave you",
                          "The publisher must know us: by a token, or by a certificate.",
                          "The file with the token (Enter: a certificate)"},
    [TERM_CERTIFICATE] = {"certificate", "FILE", wants_certificate, wants_certificate,
                          "our certificate in PEM, by which the publisher knows us; or --bearer-file "
                          "FILE",
                          "", "The file with our certificate (PEM)"},
    [TERM_KEY] = {"key", "FILE", wants_key, wants_key,
                  "the key (mode 0600) of that certificate", "", "The file with its key"},
    [TERM_SEALED_KEY] =
        {"sealed-key", "FILE|credential:NAME", has_no_sealed_key, has_no_sealed_key,
         "our own key, which entries are hashed under; it is made where there is none",
         "Entries are kept as hashes under a key of our own, outside of the set. Keep it out of\n"
         "backups that hold the set: whoever has both can try names.",
         "Its file, which is made where there is none"},
    [TERM_CANARY] =
        {"canary", "NAME", has_no_canary, never,
         "a name of your own that is put into the set and asked for every hour",
         "A name of your own, that nobody needs, can be put into the set and asked for every hour:\n"
         "then you know that the list blocks, without anybody reading it.",
         "That name, such as canary.isp.example (Enter: none)"},
};
/* clang-format on */

void list_terms_flags(struct option *rows)
{
    for (int i = 0; i < LIST_TERMS; i++)
        rows[i] = (struct option){table[i].flag,
                                  table[i].argument != NULL ? required_argument : no_argument, NULL,
                                  LIST_TERMS_FLAG + i};
    rows[LIST_TERMS] = (struct option){NULL, 0, NULL, 0};
}

int list_terms_take(struct list_terms *terms, enum list_term term, const char *text,
                    struct err *err)
{
    if (text == NULL)
        text = "yes";
    if (text[0] == '\0' || strlen(text) >= LIST_TERM_MAX)
        return err_set(err, ERR_USAGE, "--%s: %s", table[term].flag,
                       text[0] == '\0' ? "it is empty" : "it is too long");
    snprintf(terms->texts[term], LIST_TERM_MAX, "%s", text);
    return 0;
}

/* Where our own key goes unless somebody says otherwise: beside the config. */
static void propose_key(struct list_terms *terms)
{
    const char *path = terms->config->path, *slash = strrchr(path, '/');

    if (has_no_sealed_key(terms) && !is_said(terms, TERM_SEALED_KEY))
        snprintf(terms->texts[TERM_SEALED_KEY], LIST_TERM_MAX, "%.*ssealed.key",
                 slash != NULL ? (int)(slash - path) + 1 : 0, path);
}

/* ---- at a terminal ---- */

/* Reads a line into TEXT without the blanks around it. Returns -1 where nobody answers. */
static int read_answer(char text[LIST_TERM_MAX])
{
    char line[LIST_TERM_MAX];
    size_t begin = 0, length;

    fflush(stderr);
    if (fgets(line, sizeof line, stdin) == NULL)
        return -1;
    length = strlen(line);
    while (length > 0 && isspace((unsigned char)line[length - 1]))
        length--;
    while (begin < length && isspace((unsigned char)line[begin]))
        begin++;
    snprintf(text, LIST_TERM_MAX, "%.*s", (int)(length - begin), line + begin);
    return 0;
}

/* By telephone, since whoever can change a mail can change the key in it. */
static int confirm_key(const struct list_terms *terms, struct err *err)
{
    char answer[LIST_TERM_MAX];

    fprintf(
        stderr,
        "Its fingerprint (%s):\n\n    %s\n\nCall the publisher at a number that you knew before "
        "and compare it; a mail can be forged.\nThey say the same (yes or no): ",
        terms->signature, terms->fingerprint);
    if (read_answer(answer) == 0 && strcmp(answer, "yes") == 0)
        return 0;
    return err_set(err, ERR_REFUSED, "the key was not confirmed");
}

/* Asks once. Returns 0 where it is answered, 1 to ask again, -1 with ERR where there is no use. */
static int ask_once(struct list_terms *terms, enum list_term term, struct err *err)
{
    const struct term *row = &table[term];
    char *text = terms->texts[term], before[LIST_TERM_MAX];

    snprintf(before, sizeof before, "%s", text);
    fprintf(stderr, "%s%s%s%s: ", row->question, before[0] != '\0' ? " [" : "", before,
            before[0] != '\0' ? "]" : "");
    if (read_answer(text) != 0)
        return err_set(err, ERR_REFUSED, "nobody answers");
    if (text[0] == '\0')
        snprintf(text, LIST_TERM_MAX, "%s", before);
    if (text[0] == '\0' && !row->needed(terms))
        return 0;
    if (text[0] == '\0')
        return 1;
    if (list_terms_check(terms, term, err) == 0)
        return term == TERM_SIGNATURE_KEY ? confirm_key(terms, err) : 0;
    snprintf(text, LIST_TERM_MAX, "%s", before);
    if (err->code == ERR_REFUSED)
        return -1;
    fprintf(stderr, "  %s\n", err->text);
    return 1;
}

static int ask_for(struct list_terms *terms, enum list_term term, struct err *err)
{
    int result = 1;

    if (table[term].tell[0] != '\0')
        fprintf(stderr, "\n%s\n", table[term].tell);
    for (int i = 0; i < TRIES && result == 1; i++)
        result = ask_once(terms, term, err);
    return result == 1 ? err_set(err, ERR_USAGE, "no answer that can be used") : result;
}

/* ---- by flags ---- */

static void print_missing(const struct list_terms *terms)
{
    for (int i = 0; i < LIST_TERMS; i++) {
        const struct term *row = &table[i];

        if (!is_said(terms, (enum list_term)i) && row->needed(terms))
            fprintf(stderr, "  --%s%s%s\n      %s\n", row->flag, row->argument != NULL ? " " : "",
                    row->argument != NULL ? row->argument : "", row->what);
    }
}

static int check_missing(const struct list_terms *terms, struct err *err)
{
    bool missing = false;

    for (int i = 0; i < LIST_TERMS; i++)
        missing |= !is_said(terms, (enum list_term)i) && table[i].needed(terms);
    if (!missing)
        return 0;
    fprintf(stderr, "stairgate: a list of class %s needs more than was said:\n",
            is_hotline(terms) ? "hotline" : "legal");
    print_missing(terms);
    return err_set(err, ERR_USAGE,
                   "nothing was changed; at a terminal, without --yes, these are asked for");
}

/* Checks what was said by flags; every fault is told. */
static int check_said(struct list_terms *terms, bool ask, struct err *err)
{
    int result = 0;

    for (int i = 0; i < LIST_TERMS; i++) {
        if (!is_said(terms, (enum list_term)i) || (i == TERM_SEALED_KEY && ask))
            continue;
        if (list_terms_check(terms, (enum list_term)i, err) == 0)
            continue;
        fprintf(stderr, "stairgate: --%s: %s\n", table[i].flag, err->text);
        result = -1;
    }
    if (result != 0)
        err_set(err, ERR_USAGE, "nothing was changed");
    return result;
}

int list_terms_complete(struct list_terms *terms, bool ask, struct err *err)
{
    bool said_key = is_said(terms, TERM_SEALED_KEY);

    propose_key(terms);
    if (check_said(terms, ask && !said_key, err) != 0)
        return -1;
    for (int i = 0; ask && i < LIST_TERMS; i++) {
        bool proposed = i == TERM_SEALED_KEY && !said_key;

        if (table[i].asked(terms) && (!is_said(terms, (enum list_term)i) || proposed) &&
            ask_for(terms, (enum list_term)i, err) != 0)
            return -1;
    }
    return check_missing(terms, err);
}
