#include "tools/stairgate/json_out.h"

#include <getopt.h>
#include <stdio.h>

int json_out_option(int argc, char **argv, bool *json)
{
    static const struct option known[] = {
        {"json", no_argument, NULL, 'j'},
        {NULL,   0,           NULL, 0  },
    };
    int letter;

    *json = false;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter != 'j')
            return -1;
        *json = true;
    }
    return optind;
}

json_t *json_out_text(const char *text)
{
    json_t *value = json_string(text);

    return value != NULL ? value : json_string("");
}

const char *json_out_get(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

void json_out_print(json_t *object)
{
    json_dumpf(object, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(object);
}
