#include "config/upstreams_system.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/file.h"
#include "config/config.h"
#include "config/listener.h"

enum { RESOLV_CONF_MAX = 64 << 10, SERVERS_MAX = 16, PORT_DNS = 53 };

struct servers {
    struct endpoint items[SERVERS_MAX];
    size_t count;
    bool stub; /* systemd-resolved's own address is among them */
};

static bool is_stub(const struct endpoint *endpoint)
{
    static const char *const stubs[] = {"127.0.0.53", "127.0.0.54"};
    struct addr stub;

    for (size_t i = 0; i < sizeof stubs / sizeof *stubs; i++) {
        if (addr_from_text(&stub, stubs[i]) == 0 && addr_equal(&stub, &endpoint->addr))
            return true;
    }
    return false;
}

/* `nameserver ADDRESS`, as resolv.conf(5) has it. */
static void read_line(struct servers *servers, char *line)
{
    static const char word[] = "nameserver";
    struct endpoint endpoint;
    char *text = line + sizeof word - 1;

    if (strncmp(line, word, sizeof word - 1) != 0 || (*text != ' ' && *text != '\t'))
        return;
    text += strspn(text, " \t");
    text[strcspn(text, " \t\r#;")] = '\0';
    if (servers->count == SERVERS_MAX || endpoint_from_text(&endpoint, text, PORT_DNS) != 0)
        return;
    servers->stub |= is_stub(&endpoint);
    servers->items[servers->count++] = endpoint;
}

static int read_servers(struct servers *servers, const char *path)
{
    size_t length;
    char *text = file_read(path, RESOLV_CONF_MAX, &length, NULL), *rest = text, *line;

    memset(servers, 0, sizeof *servers);
    if (text == NULL)
        return -1;
    while ((line = strsep(&rest, "\n")) != NULL)
        read_line(servers, line);
    free(text);
    return 0;
}

static bool known(const struct config *config, const struct endpoint *endpoint)
{
    for (size_t i = 0; i < config->upstream_count; i++) {
        if (addr_equal(&config->upstreams[i].endpoint.addr, &endpoint->addr))
            return true;
    }
    return listener_is_own(config, endpoint, true) != NULL;
}

void upstreams_system(struct config *config, const char *resolv_conf, const char *systemd)
{
    struct servers servers, behind;
    const char *path = resolv_conf;

    if (read_servers(&servers, resolv_conf) != 0)
        return;
    if (servers.stub && read_servers(&behind, systemd) == 0 && behind.count > 0) {
        servers = behind;
        path = systemd;
    }
    config->upstreams = calloc(servers.count + 1, sizeof *config->upstreams);
    config->upstreams_file = strdup(path);
    if (config->upstreams == NULL)
        return;
    for (size_t i = 0; i < servers.count; i++) {
        if (!known(config, &servers.items[i]))
            config->upstreams[config->upstream_count++].endpoint = servers.items[i];
    }
}
