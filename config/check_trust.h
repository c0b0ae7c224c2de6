/* check_trust.h - rules over several options of whose word on the client is taken. check.c runs
 * them. */
#ifndef CONFIG_CHECK_TRUST_H
#define CONFIG_CHECK_TRUST_H

struct walk;

/* Warnings. */
void warn_of_trust(struct walk *walk);

#endif
