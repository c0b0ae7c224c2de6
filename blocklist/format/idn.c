#include "blocklist/format/idn.h"

#include <idn2.h>
#include <stdbool.h>
#include <string.h>

#include "blocklist/format/field.h"

static bool is_ascii(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80)
            return false;
    }
    return true;
}

/* Tells whether some A-label of NAME holds an underscore: STD3 refuses it, libidn2 only when asked
 * to refuse it in ASCII labels too, where lists need it. */
static bool has_odd_label(const char *name)
{
    for (const char *label = name; label != NULL;) {
        size_t length = strcspn(label, ".");

        if (strncmp(label, "xn--", 4) == 0 && memchr(label, '_', length) != NULL)
            return true;
        label = label[length] == '.' ? label + length + 1 : NULL;
    }
    return false;
}

int idn_to_ascii(const char *text, size_t length, char *out)
{
    char copy[IDN_TEXT_MAX], *ascii = NULL;
    int result = -1;

    if (length == 0 || !field_to_text((struct field){text, length}, copy, sizeof copy))
        return -1;
    if (is_ascii(text, length)) {
        memcpy(out, copy, length + 1);
        return 0;
    }
    if (idn2_to_ascii_8z(copy, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
        strlen(ascii) < IDN_TEXT_MAX && !has_odd_label(ascii)) {
        memcpy(out, ascii, strlen(ascii) + 1);
        result = 0;
    }
    idn2_free(ascii);
    return result;
}
