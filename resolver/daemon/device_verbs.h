/* device_verbs.h - devices for people: who is known, by what, and what it gets.
 *
 * Listing shows what somebody has in the house, so it is the operator's; nothing here tells what a
 * device asks for. */
#ifndef RESOLVER_DAEMON_DEVICE_VERBS_H
#define RESOLVER_DAEMON_DEVICE_VERBS_H

#include <jansson.h>

struct server;

/* The verbs (struct control_verb, docs/control.md). */
json_t *run_devices(void *context, const json_t *request, json_t *errors);
json_t *run_device(void *context, const json_t *request, json_t *errors);
json_t *run_device_name(void *context, const json_t *request, json_t *errors);
json_t *run_device_change(void *context, const json_t *request, json_t *errors);
json_t *run_device_forget(void *context, const json_t *request, json_t *errors);
json_t *run_devices_import(void *context, const json_t *request, json_t *errors);

/* Puts the name of the device that RESULT of `why` tells of there, where the state file has it. */
void device_verbs_name(const struct server *server, json_t *result);

#endif
