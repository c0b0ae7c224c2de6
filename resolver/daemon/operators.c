#include "resolver/daemon/operators.h"

#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/log.h"

struct operators {
    size_t count;
    struct operators_person items[];
};

static int read_user(struct operators_person *person, const char *name, struct err *err)
{
    struct passwd entry, *found = NULL;
    char room[4096];

    if (getpwnam_r(name, &entry, room, sizeof room, &found) != 0 || found == NULL)
        return err_set(err, ERR_NOT_FOUND, "no such user: '%.40s'", name);
    person->user = found->pw_uid;
    person->has_user = true;
    return 0;
}

static int read_key(struct operators_person *person, const char *text, struct err *err)
{
    if (minisign_key_read(&person->key, text, err) != 0)
        return -1;
    person->has_key = true;
    return 0;
}

static void read_one(struct operators_person *person, const struct config_operator *config,
                     const struct log *log)
{
    struct err err;

    memcpy(person->name, config->name, sizeof person->name);
    if (config->user != NULL && read_user(person, config->user, &err) != 0)
        log_event(log, LOG_LEVEL_WARN, "operator_unknown", "person=%s reason=\"%s\"", person->name,
                  err.text);
    if (config->public_key != NULL && read_key(person, config->public_key, &err) != 0)
        log_event(log, LOG_LEVEL_WARN, "operator_unknown", "person=%s reason=\"%s\"", person->name,
                  err.text);
}

struct operators *operators_read(const struct config *config, const struct log *log,
                                 struct err *err)
{
    size_t count = config->sealed.operator_count;
    struct operators *operators = calloc(1, sizeof *operators + count * sizeof *operators->items);

    if (operators == NULL) {
        err_set(err, ERR_MEMORY, "no memory for operators");
        return NULL;
    }
    operators->count = count;
    for (size_t i = 0; i < count; i++)
        read_one(&operators->items[i], &config->sealed.operators[i], log);
    return operators;
}

void operators_free(struct operators *operators)
{
    free(operators);
}

size_t operators_count(const struct operators *operators)
{
    return operators->count;
}

static size_t describe(const struct operators_person *one, char *out, size_t room)
{
    char user[32] = "";

    if (one->has_user)
        snprintf(user, sizeof user, "user %lld", (long long)one->user);
    return (size_t)snprintf(out, room, "%s (%s%s%s)", one->name, user,
                            one->has_user && one->has_key ? ", " : "", one->has_key ? "key" : "");
}

void operators_describe(const struct operators *operators, char *out, size_t room,
                        uint8_t digest[32])
{
    crypto_generichash_state hash;
    char text[CONFIG_WORD_MAX + 64];
    size_t used = 0;

    out[0] = '\0';
    crypto_generichash_init(&hash, NULL, 0, 32);
    for (size_t i = 0; i < operators->count; i++) {
        const struct operators_person *one = &operators->items[i];
        size_t length = describe(one, text, sizeof text);

        crypto_generichash_update(&hash, (const uint8_t *)text, length + 1);
        crypto_generichash_update(&hash, one->key.key, sizeof one->key.key);
        if (used < room)
            used += (size_t)snprintf(out + used, room - used, "%s%s", i > 0 ? ", " : "", text);
    }
    crypto_generichash_final(&hash, digest, 32);
}

const struct operators_person *operators_named(const struct operators *operators, const char *name)
{
    for (size_t i = 0; i < operators->count; i++) {
        if (strcmp(operators->items[i].name, name) == 0)
            return &operators->items[i];
    }
    return NULL;
}

const struct operators_person *operators_of_user(const struct operators *operators, int64_t user,
                                                 const char *name, struct err *err)
{
    for (size_t i = 0; user >= 0 && i < operators->count; i++) {
        const struct operators_person *one = &operators->items[i];

        if (one->has_user && one->user == user && (name == NULL || strcmp(one->name, name) == 0))
            return one;
    }
    if (name != NULL && operators_named(operators, name) == NULL)
        err_set(err, ERR_REFUSED, "no operator is called '%.40s' (sealed.operators)", name);
    else if (name != NULL)
        err_set(err, ERR_REFUSED, "you are not the user that stands for operator '%.40s'", name);
    else
        err_set(err, ERR_REFUSED,
                "you are none of the operators who may lift an entry (sealed.operators)%s",
                user == 0 ? "; root is nobody in particular" : "");
    return NULL;
}

const struct operators_person *operators_of_signature(const struct operators *operators,
                                                      const char *text, size_t length,
                                                      const char *signature, struct err *err)
{
    struct minisign taken;

    if (minisign_read(&taken, signature, strlen(signature), err) != 0)
        return NULL;
    for (size_t i = 0; i < operators->count; i++) {
        const struct operators_person *one = &operators->items[i];

        if (!one->has_key || memcmp(one->key.id, taken.id, sizeof taken.id) != 0)
            continue;
        if (minisign_check(&taken, &one->key, (const uint8_t *)text, length, "request", err) != 0)
            return NULL;
        return one;
    }
    err_set(err, ERR_REFUSED, "signed with the key of no operator (sealed.operators)");
    return NULL;
}

bool operators_are_two(const struct operators_person *a, const struct operators_person *b)
{
    if (strcmp(a->name, b->name) == 0 || (a->has_user && b->has_user && a->user == b->user))
        return false;
    return !a->has_key || !b->has_key || memcmp(a->key.key, b->key.key, sizeof a->key.key) != 0;
}
