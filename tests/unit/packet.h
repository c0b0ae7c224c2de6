/* packet.h - messages for tests, made from text by ldns and read back to text by ldns: another
 * pair of eyes than the code under test. Nothing here sends or resolves. */
#ifndef TESTS_UNIT_PACKET_H
#define TESTS_UNIT_PACKET_H

#include <ldns/ldns.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/name.h"

enum { PACKET_TEXT_MAX = 1 << 20 };

/* A reply: its question ("www.example. A"), the header's second word, and records, each with its
 * section before it ("AN www.example. 300 IN A 192.0.2.1", "NS ...", "AR ..."), up to a NULL. */
struct packet {
    const char *question;
    uint16_t id, flags;
    const char *records[48];
};

static inline ldns_pkt_section packet_section(const char *record)
{
    if (memcmp(record, "AN", 2) == 0)
        return LDNS_SECTION_ANSWER;
    return memcmp(record, "NS", 2) == 0 ? LDNS_SECTION_AUTHORITY : LDNS_SECTION_ADDITIONAL;
}

/* Ends the test when a row of it is no record. */
static inline void packet_must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "packet.h: %s\n", what);
        abort();
    }
}

/* Writes PACKET to OUT (64 KiB); returns its length. */
static inline size_t packet_make(const struct packet *packet, uint8_t *out)
{
    ldns_pkt *pkt = ldns_pkt_new();
    ldns_rr *rr = NULL;
    uint8_t *wire = NULL;
    size_t length = 0;

    packet_must(ldns_rr_new_question_frm_str(&rr, packet->question, NULL, NULL) == LDNS_STATUS_OK,
                packet->question);
    ldns_pkt_push_rr(pkt, LDNS_SECTION_QUESTION, rr);
    for (const char *const *record = packet->records; *record != NULL; record++) {
        packet_must(ldns_rr_new_frm_str(&rr, *record + 3, 0, NULL, NULL) == LDNS_STATUS_OK,
                    *record);
        ldns_pkt_push_rr(pkt, packet_section(*record), rr);
    }
    packet_must(ldns_pkt2wire(&wire, pkt, &length) == LDNS_STATUS_OK && length <= 65535,
                "does not fit");
    memcpy(out, wire, length);
    store_be16(out, packet->id);
    store_be16(out + 2, packet->flags);
    free(wire);
    ldns_pkt_free(pkt);
    return length;
}

static inline size_t packet_list_text(const ldns_rr_list *list, const char *section, char *out,
                                      size_t used)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        char *text = ldns_rr2str(ldns_rr_list_rr(list, i));
        int n;

        for (char *p = text; *p != '\0'; p++) {
            if (*p == '\t')
                *p = ' ';
        }
        text[strcspn(text, "\n;")] = '\0';
        for (size_t end = strlen(text); end > 0 && text[end - 1] == ' '; end--)
            text[end - 1] = '\0';
        n = snprintf(out + used, PACKET_TEXT_MAX - used, "%s %s\n", section, text);
        packet_must(n > 0 && used + (size_t)n < PACKET_TEXT_MAX, "text too long");
        used += (size_t)n;
        free(text);
    }
    return used;
}

/* Writes the records of OCTETS[0..LENGTH), a line each with its section, OPT left out, to OUT;
 * returns false where ldns does not read it. */
static inline bool packet_text(const uint8_t *octets, size_t length, char *out)
{
    ldns_pkt *pkt = NULL;
    size_t used;

    if (ldns_wire2pkt(&pkt, octets, length) != LDNS_STATUS_OK)
        return false;
    out[0] = '\0';
    used = packet_list_text(ldns_pkt_answer(pkt), "AN", out, 0);
    used = packet_list_text(ldns_pkt_authority(pkt), "NS", out, used);
    packet_list_text(ldns_pkt_additional(pkt), "AR", out, used);
    ldns_pkt_free(pkt);
    return true;
}

/* Reads TEXT into BUF. */
static inline struct name packet_name(struct name_buf *buf, const char *text)
{
    packet_must(name_from_text(buf, text, strlen(text)) == NAME_OK, text);
    return name_of(buf);
}

#endif
