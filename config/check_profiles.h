/* check_profiles.h - warnings about profiles, each one rule of check.c. Inside config/ only. */
#ifndef CONFIG_CHECK_PROFILES_H
#define CONFIG_CHECK_PROFILES_H

struct walk;

/* Warns of profiles that nobody gets, and of lists and sets that no profile uses. */
void warn_of_use(struct walk *walk);

/* Warns of an `extends` that means a profile where a preset has the same name. */
void warn_of_namesakes(struct walk *walk);

#endif
