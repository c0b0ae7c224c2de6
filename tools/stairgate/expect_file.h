/* expect_file.h - a file of expectations, read item by item. */
#ifndef TOOLS_STAIRGATE_EXPECT_FILE_H
#define TOOLS_STAIRGATE_EXPECT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "policy/ask.h"

struct problems;

/* One name for one client, or profile, one type and one time. */
struct expectation {
    const char *file;
    struct config_place place; /* of the name */
    struct name_buf name;
    const char *client;   /* as written; NULL where a profile is meant */
    const char *profile;  /* its name; NULL where a client is meant */
    const char *at;       /* as written; NULL: the reader's time */
    struct ask ask;       /* all but what the sets say */
    bool blocked;         /* else allowed */
    int rule;             /* enum verdict_rule; -1: any */
    const char *category; /* one of those that decided; NULL: any */
};

struct expect_reader {
    const struct config *config;
    const char *file;
    struct problems *problems;
    int64_t now_s; /* of what says no time */
    /* Called for each expectation; NULL: the file is only checked. */
    void (*take)(void *context, const struct expectation *expectation);
    void *context;
};

/* Reads the tree ROOT (NULL: an empty file) by READER. What is wrong goes to its problems. */
struct node;
void expect_file_read(const struct expect_reader *reader, const struct node *root);

#endif
