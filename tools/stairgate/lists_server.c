#include "tools/stairgate/lists_server.h"

#include <sodium.h>
#include <string.h>

#include "blocklist/feed/place.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "tools/stairgate/control_client.h"

int lists_server_tell(const struct config *config, struct err *err)
{
    json_t *result = NULL;

    if (config->control_operator == NULL)
        return 0;
    if (control_client_try(config->control_operator, "reload", NULL, &result, err) != 0)
        return err->code == ERR_UNREACHABLE || err->code == ERR_NOT_FOUND ? 0 : -1;
    json_decref(result);
    return 1;
}

/* Writes the digest of CONFIG's current set into HEX. Returns -1 where there is none. */
static int current_digest(const struct config *config, char hex[65])
{
    char path[PLACE_PATH_MAX];
    struct set_info info;
    struct err ignored;
    struct set *set = set_open(place_current(config->feeds.dir, path), NULL, &ignored);

    if (set == NULL)
        return -1;
    set_info(set, &info);
    sodium_bin2hex(hex, 65, info.digest, sizeof info.digest);
    set_close(set);
    return 0;
}

int lists_server_catch_up(const struct config *config, struct err *err)
{
    const json_t *public_set;
    const char *digest;
    json_t *status = NULL;
    char hex[65];
    bool same;

    if (config->control_operator == NULL || config->feeds.dir == NULL ||
        current_digest(config, hex) != 0 ||
        control_client_try(config->control_operator, "status", NULL, &status, err) != 0)
        return 0;
    public_set = json_object_get(json_object_get(status, "sets"), "public");
    digest = json_string_value(json_object_get(public_set, "digest"));
    same = digest != NULL && strcmp(digest, hex) == 0;
    json_decref(status);
    return same ? 0 : lists_server_tell(config, err);
}
