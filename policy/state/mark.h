/* mark.h - a number for the name of a profile, group or service that outlives a config.
 *
 * What is in the overlay stays there over reloads, and indexes into a config do not; so it holds
 * marks, and each snapshot knows which of its profiles has which (0 stands for none). Two names of
 * one config with one mark are refused when it is compiled. */
#ifndef POLICY_STATE_MARK_H
#define POLICY_STATE_MARK_H

#include <stdint.h>

/* Returns the mark of WORD, never 0. */
uint32_t mark_of(const char *word);

#endif
