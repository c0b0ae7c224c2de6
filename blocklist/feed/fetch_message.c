#include "blocklist/feed/fetch_message.h"

#include <string.h>

#include "config/base/bytes.h"

enum { HEAD = 5 /* length and kind */ };

/* A place in a message; `bad` once something did not fit. */
struct cursor {
    uint8_t *at, *end;
    bool bad;
};

/* One way through the fields for writing and for reading, so that the two cannot differ. */
struct fields {
    struct cursor cursor;
    bool reading;
};

static uint8_t *room_for(struct fields *fields, size_t octets)
{
    struct cursor *cursor = &fields->cursor;
    uint8_t *at = cursor->at;

    if (cursor->bad || (size_t)(cursor->end - at) < octets) {
        cursor->bad = true;
        return NULL;
    }
    cursor->at += octets;
    return at;
}

static void field_u64(struct fields *fields, uint64_t *value)
{
    uint8_t *at = room_for(fields, 8);

    if (at == NULL)
        return;
    if (fields->reading)
        *value = load_le64(at);
    else
        store_le64(at, *value);
}

/* A number that must not be over MOST. */
static uint64_t field_small(struct fields *fields, uint64_t value, uint64_t most)
{
    field_u64(fields, &value);
    if (value > most)
        fields->cursor.bad = true;
    return fields->cursor.bad ? 0 : value;
}

static void field_octets(struct fields *fields, uint8_t *octets, size_t count)
{
    uint8_t *at = room_for(fields, count);

    if (at == NULL)
        return;
    if (fields->reading)
        memcpy(octets, at, count);
    else
        memcpy(at, octets, count);
}

/* TEXT[0..ROOM) with its NUL: a length and so many octets, none of them NUL. */
static void field_text(struct fields *fields, char *text, size_t room)
{
    uint64_t length = fields->reading ? 0 : strnlen(text, room - 1);

    length = field_small(fields, length, room - 1);
    field_octets(fields, (uint8_t *)text, length);
    if (!fields->reading)
        return;
    if (fields->cursor.bad)
        length = 0;
    text[length] = '\0';
    if (strlen(text) != length)
        fields->cursor.bad = true;
}

static void field_fault(struct fields *fields, struct err *fault)
{
    fault->code = (enum err_code)field_small(fields, (uint64_t)fault->code, ERR_SYSTEM);
    field_text(fields, fault->text, sizeof fault->text);
}

static void field_result(struct fields *fields, struct fetch_result *result)
{
    uint64_t retry = (uint64_t)result->retry_after_s;

    result->outcome = (enum fetch_outcome)field_small(fields, result->outcome, FETCH_FAILED);
    result->status = (int)field_small(fields, (uint64_t)result->status, 999);
    result->stale_validator = field_small(fields, result->stale_validator, 1) != 0;
    field_u64(fields, &result->octets);
    result->retry_after_s = (int64_t)field_small(fields, retry, INT32_MAX);
    result->signed_s = (int64_t)field_small(fields, (uint64_t)result->signed_s, INT64_MAX);
    field_octets(fields, result->body, sizeof result->body);
    field_text(fields, result->etag, sizeof result->etag);
    field_text(fields, result->modified, sizeof result->modified);
    field_text(fields, result->media_type, sizeof result->media_type);
    field_text(fields, result->final_url, sizeof result->final_url);
    field_fault(fields, &result->fault);
}

static void field_all(struct fields *fields, struct fetch_message *message)
{
    message->result.request = (size_t)field_small(fields, message->result.request, UINT32_MAX);
    if (message->kind == FETCH_MESSAGE_RESULT) {
        field_result(fields, &message->result);
        return;
    }
    field_u64(fields, &message->got);
    field_u64(fields, &message->of);
}

size_t fetch_message_write(const struct fetch_message *message, uint8_t out[FETCH_MESSAGE_MAX])
{
    struct fetch_message copy = *message;
    struct fields fields = {
        .cursor = {out + HEAD, out + FETCH_MESSAGE_MAX, false}
    };
    size_t length;

    field_all(&fields, &copy);
    must(!fields.cursor.bad); /* FETCH_MESSAGE_MAX is more than all fields together */
    length = (size_t)(fields.cursor.at - out);
    store_le32(out, (uint32_t)length);
    out[4] = (uint8_t)message->kind;
    return length;
}

ssize_t fetch_message_read(const uint8_t *data, size_t length, struct fetch_message *message)
{
    uint8_t copy[FETCH_MESSAGE_MAX];
    struct fields fields = {.reading = true};
    size_t whole;

    if (length < HEAD)
        return 0;
    whole = load_le32(data);
    if (whole < HEAD || whole > sizeof copy)
        return -1;
    if (data[4] != FETCH_MESSAGE_PROGRESS && data[4] != FETCH_MESSAGE_RESULT)
        return -1;
    if (length < whole)
        return 0;
    memcpy(copy, data, whole);
    memset(message, 0, sizeof *message);
    message->kind = (enum fetch_message_kind)data[4];
    fields.cursor = (struct cursor){copy + HEAD, copy + whole, false};
    field_all(&fields, message);
    return fields.cursor.bad || fields.cursor.at != copy + whole ? -1 : (ssize_t)whole;
}
