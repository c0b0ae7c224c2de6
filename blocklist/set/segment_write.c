/* segment_write.c - a segment, section after section, the header last.
 *
 * Everything passes one buffer on its way out, where the section's digest is taken. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/set/segment_file.h"
#include "blocklist/set/segment_names.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/file.h"

enum { BUFFER = 1 << 16 };

struct out {
    struct file_new file;
    struct err *err;
    uint64_t offset;
    size_t sections;
    bool digested; /* the section that is being written */
    crypto_generichash_state state;
    uint8_t header[SEGMENT_HEADER_OCTETS];
    size_t used;
    uint8_t buffer[BUFFER];
};

static int flush(struct out *out)
{
    size_t used = out->used;

    out->used = 0;
    out->offset += used;
    if (out->digested)
        crypto_generichash_update(&out->state, out->buffer, used);
    return file_write(out->file.fd, out->buffer, used, out->file.temporary, out->err);
}

/* Returns room for OCTETS (a few) in the buffer, or NULL. */
static uint8_t *reserve(struct out *out, size_t octets)
{
    if (out->used + octets > BUFFER && flush(out) != 0)
        return NULL;
    out->used += octets;
    return out->buffer + out->used - octets;
}

static uint8_t *directory_row(struct out *out)
{
    return out->header + SEGMENT_AT_DIRECTORY + out->sections * SEGMENT_DIRECTORY_ROW;
}

static void begin_section(struct out *out, enum segment_section id, bool digested)
{
    uint8_t *row = directory_row(out);

    out->digested = digested;
    crypto_generichash_init(&out->state, NULL, 0, SET_DIGEST_OCTETS);
    store_le32(row, id);
    store_le32(row + 4, SET_FLAG_REQUIRED | (digested ? 0u : SEGMENT_FLAG_NO_DIGEST));
    store_le64(row + 8, out->offset);
}

static int end_section(struct out *out, uint64_t count)
{
    uint8_t *row = directory_row(out);

    if (flush(out) != 0)
        return -1;
    store_le64(row + 16, out->offset - load_le64(row + 8));
    store_le64(row + 24, count);
    if (out->digested)
        crypto_generichash_final(&out->state, row + 32, SET_DIGEST_OCTETS);
    out->sections++;
    return 0;
}

static int write_words(struct out *out, const uint64_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = reserve(out, 8);

        if (at == NULL)
            return -1;
        store_le64(at, words[i]);
    }
    return 0;
}

static int write_runs(struct out *out, const struct segment_writer *writer)
{
    for (unsigned kind = 0; kind < ENTRY_KINDS; kind++) {
        const struct hashes *run = &writer->runs[kind];

        begin_section(out, (enum segment_section)(SEGMENT_SUBTREE + kind), !writer->for_now);
        if (write_words(out, run->items, run->count) != 0 || end_section(out, run->count) != 0)
            return -1;
    }
    return 0;
}

static int write_exceptions(struct out *out, const struct exceptions *exceptions)
{
    begin_section(out, SEGMENT_EXCEPTIONS, true);
    for (size_t i = 0; i < exceptions_count(exceptions); i++) {
        const uint64_t *record = exceptions_record(exceptions, i);
        uint64_t head = record[0] & ~(uint64_t)EXCEPTION_DROPS_BIT;

        if (write_words(out, &head, 1) != 0 ||
            write_words(out, record + 1, exception_labels(record)) != 0)
            return -1;
    }
    return end_section(out, exceptions_count(exceptions));
}

static int write_prefixes(struct out *out, const struct segment_writer *writer)
{
    begin_section(out, SEGMENT_PREFIXES, true);
    for (size_t i = 0; i < writer->prefix_count; i++) {
        const struct segment_prefix *prefix = &writer->prefixes[i];
        uint8_t *at = reserve(out, SEGMENT_PREFIX_OCTETS);

        if (at == NULL)
            return -1;
        memset(at, 0, SEGMENT_PREFIX_OCTETS);
        memcpy(at, prefix->octets, sizeof prefix->octets);
        at[SET_PREFIX_AT_BITS] = prefix->bits;
        at[SET_PREFIX_AT_LENGTH] = prefix->length;
        store_le32(at + SET_PREFIX_AT_ROW, prefix->operation);
    }
    return end_section(out, writer->prefix_count);
}

static int write_octets(struct out *out, const uint8_t *data, size_t length)
{
    while (length > 0) {
        size_t part = length < BUFFER ? length : BUFFER;
        uint8_t *at = reserve(out, part);

        if (at == NULL)
            return -1;
        memcpy(at, data, part);
        data += part;
        length -= part;
    }
    return 0;
}

static int write_terms(struct out *out, const struct segment_writer *writer)
{
    if (terms_table_count(&writer->terms) == 0)
        return 0;
    begin_section(out, SEGMENT_TERMS, true);
    if (write_octets(out, writer->terms.octets, writer->terms.used) != 0 ||
        end_section(out, terms_table_count(&writer->terms)) != 0)
        return -1;
    begin_section(out, SEGMENT_TERMED, true);
    for (size_t i = 0; i < writer->termed_count; i++) {
        const struct segment_termed *termed = &writer->termed[i];
        const uint64_t words[2] = {termed->hash, (uint64_t)termed->terms << 8 | termed->kind};

        if (write_words(out, words, 2) != 0)
            return -1;
    }
    return end_section(out, writer->termed_count);
}

/* Copies what names_out has written to its own file. */
static int write_names(struct out *out, const struct segment_writer *writer)
{
    uint8_t part[1 << 14];
    ssize_t got;

    if (writer->names == NULL)
        return 0;
    begin_section(out, SEGMENT_NAMES, true);
    while ((got = names_out_read(writer->names, part, sizeof part, out->err)) > 0) {
        if (write_octets(out, part, (size_t)got) != 0)
            return -1;
    }
    store_le32(directory_row(out) + 4, 0); /* who knows no names goes without */
    return got < 0 ? -1 : end_section(out, names_out_count(writer->names));
}

/* Copies TEXT into a field of OCTETS, zeros behind it; the last octet stays 0. */
static uint8_t *put_text(uint8_t *at, const char *text, size_t octets)
{
    memcpy(at, text, strnlen(text, octets - 1));
    return at + octets;
}

static int write_about(struct out *out, const struct segment_about *about)
{
    uint8_t *at;

    begin_section(out, SEGMENT_ABOUT, true);
    at = reserve(out, SEGMENT_ABOUT_OCTETS);
    if (at == NULL)
        return -1;
    memset(at, 0, SEGMENT_ABOUT_OCTETS);
    at = put_text(at, about->feed, sizeof about->feed);
    at = put_text(at, about->feed_class, sizeof about->feed_class);
    at = put_text(at, about->category, sizeof about->category);
    at = put_text(at, about->format, sizeof about->format);
    at = put_text(at, about->licence, sizeof about->licence);
    at = put_text(at, about->attribution, sizeof about->attribution);
    store_le64(at, about->lines);
    store_le64(at + 8, about->names);
    store_le64(at + 16, about->duplicates);
    at += 24;
    for (size_t i = 0; i < SET_REFUSED; i++, at += 8)
        store_le64(at, about->refused[i]);
    memcpy(at, about->source_digest, sizeof about->source_digest);
    store_le64(at + SET_DIGEST_OCTETS, about->observe ? SEGMENT_OBSERVED : 0);
    return end_section(out, 1);
}

static int write_header(struct out *out, const struct segment_writer *writer)
{
    uint8_t *header = out->header, digest[SET_DIGEST_OCTETS];

    memcpy(header, SEGMENT_MAGIC, 8);
    store_le32(header + SEGMENT_AT_VERSION, SEGMENT_VERSION);
    store_le32(header + SEGMENT_AT_HEADER, SEGMENT_HEADER_OCTETS);
    store_le64(header + SEGMENT_AT_SEED, writer->seed);
    store_le64(header + SEGMENT_AT_LENGTH, out->offset);
    store_le32(header + SEGMENT_AT_SECTIONS, (uint32_t)out->sections);
    for (size_t i = 0; i < 2; i++)
        store_le64(header + SEGMENT_AT_DEPTHS + 8 * i,
                   writer->depths[i] | writer->exceptions.depths[i]);
    crypto_generichash(digest, sizeof digest, header, SEGMENT_HEADER_OCTETS, NULL, 0);
    memcpy(header + SEGMENT_AT_DIGEST, digest, sizeof digest);
    if (lseek(out->file.fd, 0, SEEK_SET) != 0)
        return err_system(out->err, "%s: cannot write", out->file.temporary);
    return file_write(out->file.fd, header, SEGMENT_HEADER_OCTETS, out->file.temporary, out->err);
}

/* For what is merged at once: it waits for no disk, and one that a power cut tore is made again. */
static int put_in_place(struct out *out)
{
    int closed = close(out->file.fd);

    out->file.fd = -1;
    if (closed != 0)
        return err_system(out->err, "%s: cannot close", out->file.temporary);
    if (rename(out->file.temporary, out->file.path) != 0)
        return err_system(out->err, "%s: cannot put it in place", out->file.path);
    return 0;
}

static int write_sections(struct out *out, const struct segment_writer *writer,
                          const struct segment_about *about)
{
    if (write_about(out, about) != 0 || write_runs(out, writer) != 0 ||
        write_exceptions(out, &writer->exceptions) != 0 || write_prefixes(out, writer) != 0 ||
        write_terms(out, writer) != 0 || write_names(out, writer) != 0)
        return -1;
    return write_header(out, writer);
}

int segment_file_write(const struct segment_writer *writer, const struct segment_about *about,
                       struct err *err)
{
    struct out out;

    memset(out.header, 0, sizeof out.header);
    out.err = err;
    out.used = out.sections = 0;
    out.digested = false;
    out.offset = SEGMENT_HEADER_OCTETS;
    if (file_new_open(&out.file, writer->path, 0640, err) != 0)
        return -1;
    if (lseek(out.file.fd, SEGMENT_HEADER_OCTETS, SEEK_SET) < 0) {
        err_system(err, "%s: cannot write", out.file.temporary);
        goto out;
    }
    if (write_sections(&out, writer, about) == 0) {
        if (!writer->for_now)
            return file_new_commit(&out.file, err);
        if (put_in_place(&out) == 0)
            return 0;
    }
out:
    file_new_abandon(&out.file);
    return -1;
}
