/* archive_rig.h - archives and packed octets, made in memory by libarchive, for test_format_*.c. */
#ifndef TESTS_UNIT_ARCHIVE_RIG_H
#define TESTS_UNIT_ARCHIVE_RIG_H

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

enum { BOX_ROOM = 1 << 20 };

/* Octets of an archive, or of anything. */
struct box {
    uint8_t octets[BOX_ROOM];
    size_t length;
};

/* One member; TYPE 0 is a regular file, a LINK that begins with `=` a hard link. */
struct boxed {
    const char *path, *text;
    mode_t type;
    const char *link;
};

static inline void box_member(struct archive *archive, const struct boxed *member)
{
    struct archive_entry *entry = archive_entry_new();
    size_t length = member->text == NULL ? 0 : strlen(member->text);

    archive_entry_set_pathname(entry, member->path);
    archive_entry_set_filetype(entry, member->type == 0 ? AE_IFREG : member->type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)length);
    if (member->link != NULL && member->link[0] == '=')
        archive_entry_set_hardlink(entry, member->link + 1);
    else if (member->link != NULL)
        archive_entry_set_symlink(entry, member->link);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    if (length > 0)
        assert_int_equal(archive_write_data(archive, member->text, length), length);
    archive_entry_free(entry);
}

/* Fills BOX with MEMBERS as FORMAT (`tar`, `pax`, `paxr`, `zip`), packed with FILTER (`none`,
 * `gzip`, `xz`, `zstd`). */
static inline void box_archive(struct box *box, const char *format, const char *filter,
                               const struct boxed *members, size_t count)
{
    struct archive *archive = archive_write_new();

    assert_int_equal(
        archive_write_set_format_by_name(archive, strcmp(format, "tar") == 0 ? "gnutar" : format),
        ARCHIVE_OK);
    if (strcmp(filter, "none") != 0)
        assert_int_equal(archive_write_add_filter_by_name(archive, filter), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(archive, box->octets, BOX_ROOM, &box->length),
                     ARCHIVE_OK);
    for (size_t i = 0; i < count; i++)
        box_member(archive, &members[i]);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

/* Fills BOX with DATA[0..LENGTH), packed with FILTER. */
static inline void box_pack(struct box *box, const char *filter, const void *data, size_t length)
{
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    assert_int_equal(archive_write_set_format_raw(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter_by_name(archive, filter), ARCHIVE_OK);
    archive_write_set_bytes_in_last_block(archive, 1);
    assert_int_equal(archive_write_open_memory(archive, box->octets, BOX_ROOM, &box->length),
                     ARCHIVE_OK);
    archive_entry_set_filetype(entry, AE_IFREG);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(archive, data, length), length);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_free(archive);
}

/* Writes what is in BOX to the file at PATH. */
static inline void box_save(const struct box *box, const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(box->octets, 1, box->length, file), box->length);
    assert_int_equal(fclose(file), 0);
}

/* Packs BOX once more. */
static inline void box_again(struct box *box, const char *filter)
{
    static struct box inner;

    inner = *box;
    box_pack(box, filter, inner.octets, inner.length);
}

#endif
