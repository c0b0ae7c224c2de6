#include "blocklist/set/lines.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/line.h"
#include "blocklist/set/set_out.h"
#include "config/base/err.h"

uint64_t lines_wanted(uint64_t names, unsigned slots)
{
    uint64_t lines = (names * 10 + slots * 9 - 1) / (slots * 9);

    return lines == 0 ? 1 : lines;
}

int lines_start(struct lines *lines, struct set_out *out, uint64_t count, unsigned slots,
                struct err *err)
{
    memset(lines, 0, sizeof *lines);
    lines->out = out;
    lines->lines = count;
    lines->slots = slots;
    lines->window = calloc(LINES_WINDOW, LINE_OCTETS);
    return lines->window == NULL ? err_set(err, ERR_MEMORY, "out of memory for lines") : 0;
}

static uint8_t *line_at(const struct lines *lines, uint64_t number)
{
    return lines->window + (size_t)(number - lines->base) * LINE_OCTETS;
}

/* Writes the lines before NUMBER, which nothing can change any more, and moves the window there. */
static int write_before(struct lines *lines, uint64_t number, struct err *err)
{
    size_t window = (size_t)LINES_WINDOW * LINE_OCTETS;

    while (lines->base < number) {
        uint64_t left = number - lines->base;
        size_t octets = (size_t)(left < LINES_WINDOW ? left : LINES_WINDOW) * LINE_OCTETS;

        if (set_out_write(lines->out, lines->window, octets, err) != 0)
            return -1;
        memmove(lines->window, lines->window + octets, window - octets);
        memset(lines->window + window - octets, 0, octets);
        lines->base += octets / LINE_OCTETS;
    }
    return 0;
}

static int collision(struct err *err)
{
    return err_set(err, ERR_GATE, "two listed names collide under this seed; take another seed");
}

/* Goes over the full lines from FIRST to the current one: marks that something passed, and checks
 * that no earlier entry would be taken for this one. */
static int pass_full(struct lines *lines, struct line_place place, uint64_t first)
{
    for (uint64_t number = first; number <= lines->current; number++) {
        uint8_t *line = line_at(lines, number);

        if (line_find(line, place, lines->slots) != 0)
            return -1;
        if (number == lines->current)
            break;
        if (lines->slots == LINE_SLOTS_8)
            store_le32(line + 60, load_le32(line + 60) | (uint32_t)1 << place.filter);
        else
            line[63] |= (uint8_t)(1 << (place.filter & 7));
    }
    return 0;
}

static void fill_slot(const struct lines *lines, struct line_place place, unsigned id)
{
    uint8_t *line = line_at(lines, lines->current);

    memcpy(line + 4 * (size_t)lines->used, &place.low, 4);
    line[4 * lines->slots + lines->used] = place.high;
    if (lines->slots == LINE_SLOTS_8)
        line[50 + lines->used] = (uint8_t)id;
    else
        store_le16(line + 45 + 2 * (size_t)lines->used, (uint16_t)id);
}

int lines_add(struct lines *lines, uint64_t hash, unsigned id, struct err *err)
{
    struct line_place place = line_place(hash, lines->lines);

    if (place.line > lines->current) {
        lines->current = place.line;
        lines->used = 0;
    } else if (lines->used == lines->slots) {
        lines->current++;
        lines->used = 0;
    }
    if (lines->current - place.line >= SET_SPILL_MAX)
        return collision(err);
    if (lines->current - lines->base >= LINES_WINDOW && write_before(lines, place.line, err) != 0)
        return -1;
    if (pass_full(lines, place, place.line) != 0)
        return collision(err);
    if (lines->spill < lines->current - place.line)
        lines->spill = (uint32_t)(lines->current - place.line);
    fill_slot(lines, place, id);
    lines->used++;
    return 0;
}

int lines_finish(struct lines *lines, uint64_t *stored, struct err *err)
{
    uint64_t end = lines->current + 1 > lines->lines ? lines->current + 1 : lines->lines;

    *stored = end;
    return write_before(lines, end, err);
}

void lines_end(struct lines *lines)
{
    free(lines->window);
    lines->window = NULL;
}
