#include "tools/stairgate/device_pages.h"

#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"

int device_pages(const char *socket, bool unknown, void (*see)(void *context, const json_t *device),
                 void *context)
{
    long long after = 0;
    int code;

    do {
        json_t *page,
            *arguments = json_pack("{s:b, s:I}", "unknown", unknown, "after", (json_int_t)after);
        const json_t *devices;

        code = control_client_ask(socket, "devices", arguments, &page);
        if (code != EXIT_DONE)
            return code;
        devices = json_object_get(page, "devices");
        for (size_t i = 0; i < json_array_size(devices); i++)
            see(context, json_array_get(devices, i));
        after = control_client_number(page, "next");
        json_decref(page);
    } while (after != 0);
    return EXIT_DONE;
}
