/* sealed.h - what the section `sealed` of a config needs beside the walk. Inside config/ only. */
#ifndef CONFIG_SEALED_H
#define CONFIG_SEALED_H

struct config;
struct walk;

/* Report what is wrong with the section, with the files it names and with what lists need of it
 * (check_sealed.c); and warn of what is missing. */
void check_sealed(struct walk *walk);
void warn_of_sealed(struct walk *walk);

/* Frees what the section of CONFIG holds. */
void sealed_free(struct config *config);

#endif
