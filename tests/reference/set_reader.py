#!/usr/bin/env python3
"""Reads a set file: written from docs/set-file.md alone, with the standard library alone, to prove that page.

    set_reader.py FILE NAME...     prints name, categories, suffix, feeds, as `stairgate set lookup` does
"""
import hashlib
import struct
import sys

MASK64 = (1 << 64) - 1
(NAMES, ROWS, ENTRIES, ESCAPES, PREFIXES, REWRITES, STRINGS, FEEDS, CATEGORIES, CANARIES, DIGESTS,
 VARIANTS) = range(1, 13)
REQUIRED = {NAMES, ROWS, ENTRIES, ESCAPES, PREFIXES, REWRITES, STRINGS, FEEDS, CATEGORIES, DIGESTS, VARIANTS}
SUBTREE, EXACT, BELOW = range(3)
LISTS, EXCEPTS = range(2)
IMPORTANT, SCOPED, ALL_BUT = 1, 2, 4
OBSERVED = 1
ANY_TYPE = -1


class Refused(Exception):
    pass


def rotate(x, bits):
    return (x << bits | x >> (64 - bits)) & MASK64


def siphash13(k0, k1, data):
    v0, v1 = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D
    v2, v3 = k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573

    def rounds(v0, v1, v2, v3, count):
        for _ in range(count):
            v0 = (v0 + v1) & MASK64
            v1 = rotate(v1, 13) ^ v0
            v0 = rotate(v0, 32)
            v2 = (v2 + v3) & MASK64
            v3 = rotate(v3, 16) ^ v2
            v0 = (v0 + v3) & MASK64
            v3 = rotate(v3, 21) ^ v0
            v2 = (v2 + v1) & MASK64
            v1 = rotate(v1, 17) ^ v2
            v2 = rotate(v2, 32)
        return v0, v1, v2, v3

    whole = len(data) - len(data) % 8
    words = [w for (w,) in struct.iter_unpack("<Q", data[:whole])]
    words.append(int.from_bytes(data[whole:], "little") | (len(data) & 0xFF) << 56)
    for word in words:
        v0, v1, v2, v3 = rounds(v0, v1, v2, v3 ^ word, 1)
        v0 ^= word
    v0, v1, v2, v3 = rounds(v0, v1, v2 ^ 0xFF, v3, 3)
    return v0 ^ v1 ^ v2 ^ v3


def digest(data):
    return hashlib.blake2b(data, digest_size=32).digest()


class Set:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.header()
        self.directory()
        self.verify()
        self.small_sections()

    def header(self):
        data = self.data
        if len(data) < 4096 or data[:8] != b"SGSET\r\n\x1a":
            raise Refused("not a set")
        version, header, length, self.seed, self.names, self.lines, self.stored, self.spill = struct.unpack_from(
            "<IIQQQQQI", data, 8)
        if (version, header) != (2, 4096) or length != len(data):
            raise Refused("another version, or cut short")
        bits, self.slots, self.id_bits, self.shift = data[60:64]
        if bits != 40 or (self.slots, self.id_bits) not in ((10, 8), (9, 16)) or self.shift != 20:
            raise Refused("another layout")
        if data[64:80].rstrip(b"\0") != b"siphash-1-3":
            raise Refused("another hash")
        self.depths = int.from_bytes(data[80:96], "little")
        seed = struct.pack("<Q", self.seed)
        self.key = (siphash13(0x7374616972676174, 0x65207365742D6B30, seed),
                    siphash13(0x7374616972676174, 0x65207365742D6B31, seed))

    def directory(self):
        self.sections = {}
        (rows,) = struct.unpack_from("<I", self.data, 96)
        for i in range(rows):
            number, flags, offset, octets, count = struct.unpack_from("<IIQQQ", self.data, 256 + 32 * i)
            if offset < 4096 or offset % 64 or offset + octets > len(self.data):
                raise Refused("a section lies outside")
            if number not in range(NAMES, VARIANTS + 1):
                if flags & 1:
                    raise Refused("unknown required section")
                continue
            if number in self.sections:
                raise Refused("twice")
            self.sections[number] = (offset, octets, count)
        if not REQUIRED <= self.sections.keys():
            raise Refused("a section is missing")

    def verify(self):
        start, octets, count = self.sections[DIGESTS]
        if start + octets != len(self.data):
            raise Refused("something behind the digests")
        root = digest(self.data[:128] + bytes(32) + self.data[160:4096] + self.data[start:])
        if root != self.data[128:160]:
            raise Refused("root digest")
        chunks = range(4096, start, 1 << 20)
        if count != len(chunks):
            raise Refused("number of chunks")
        for i, at in enumerate(chunks):
            if digest(self.data[at:min(at + (1 << 20), start)]) != self.data[start + 32 * i:start + 32 * i + 32]:
                raise Refused(f"chunk {i}")

    def elements(self, section, layout):
        offset, octets, count = self.sections[section]
        if octets != count * struct.calcsize(layout):
            raise Refused("wrong size")
        return list(struct.iter_unpack(layout, self.data[offset:offset + octets]))

    def string(self, at):
        start = self.sections[STRINGS][0] + at
        return self.data[start:self.data.index(0, start)].decode()

    def terms_of(self, feed, action, flags, count, *rest):
        types, length, scope, at = rest[:count], rest[8], rest[9], rest[10]
        start = self.sections[REWRITES][0] + at
        return {"feed": feed, "action": action, "flags": flags, "types": types, "scope": scope,
                "records": self.data[start:start + length]}

    def small_sections(self):
        feeds = self.elements(FEEDS, "<6I3Q16Q32sIxxxx")
        self.feeds = [(self.string(feed[0]), feed[5], bool(feed[-1] & OBSERVED)) for feed in feeds]
        self.variants = [self.terms_of(f, 0, 0, 0, *[0] * 11) for f in range(len(feeds))]
        self.variants += [self.terms_of(*variant) for variant in self.elements(VARIANTS, "<IBBBx8HHHI")]
        entries = [entry for (entry,) in self.elements(ENTRIES, "<I")]
        self.rows = []
        for row in self.elements(ROWS, "<8QIIBxHxxxx"):
            masks = [row[i] | row[i + 1] << 64 for i in range(0, 8, 2)]
            listed = [(e >> 3, e >> 2 & 1, e & 3) for e in entries[row[8]:row[8] + row[9]]]
            self.rows.append((*masks, listed))
        self.escapes = {h: row for h, row in self.elements(ESCAPES, "<QIxxxx")}
        self.prefixes = {(bits, address[:bits // 8], length): row
                         for address, bits, length, row in self.elements(PREFIXES, "<16sBBxxI")}
        self.categories = [self.string(key) for key, _ in self.elements(CATEGORIES, "<IxxxxQ")]

    def row_of(self, h):
        product = h * self.lines
        line, remainder = product >> 64, (product & MASK64) >> 24
        last = min(line + self.spill, self.stored - 1)
        while True:
            found, more = self.look_in_line(line, remainder)
            if found == (1 << self.id_bits) - 1:
                return self.escapes.get(h, 0)
            if found:
                return found if found < len(self.rows) else 0
            if not more or line >= last:
                return 0
            line += 1

    def look_in_line(self, line, remainder):
        at = self.sections[NAMES][0] + 64 * line
        if self.slots == 10:
            layout, bits = "<10I10B10BI", 32
        else:
            layout, bits = "<9I9B9HB", 8
        fields = struct.unpack_from(layout, self.data, at)
        n = self.slots
        for low, high, row in zip(fields[:n], fields[n:2 * n], fields[2 * n:3 * n]):
            if low | high << 32 == remainder and row:
                return row, False
        return 0, bool(fields[3 * n] >> remainder % bits & 1)

    def walk(self, name):
        """Yields the number of labels and the row of every suffix that has one, shortest first."""
        labels = name.encode().split(b".")
        data = b""
        for depth, label in enumerate(reversed(labels), 1):
            data += bytes([len(label)]) + label
            row = self.row_of(siphash13(*self.key, data)) if self.depths >> depth & 1 else 0
            if row:
                yield depth, row

    def holds(self, entry, rtype):
        """Tells whether ENTRY has a say for RTYPE; of ANY_TYPE listings for some, exceptions for all."""
        terms = self.variants[entry[0]]
        if not terms["types"]:
            return True
        if rtype == ANY_TYPE:
            return entry[1] == LISTS
        return (rtype in terms["types"]) != bool(terms["flags"] & ALL_BUT)

    def counting(self, name, rtype):
        """Returns (depth, terms) of all listings that count, the longest first, terms in the order of the row."""
        labels = name.count(".") + 1
        found = []
        for depth, row in self.walk(name):
            for entry in self.rows[row][4]:
                applies = entry[2] == SUBTREE or (entry[2] == EXACT) == (depth == labels)
                if applies and self.holds(entry, rtype):
                    found.append((depth, entry[1], self.variants[entry[0]]))
        counting = []
        for feed in {terms["feed"] for _, _, terms in found}:
            counting += self.counting_of([item for item in found if item[2]["feed"] == feed])
        order = {id(item[2]): i for i, item in enumerate(found)}
        return sorted(counting, key=lambda item: (-item[0], order[id(item[1])]))

    @staticmethod
    def counting_of(found):
        """The same of one feed, whose matching entries are FOUND, shortest first."""
        bars = [terms["flags"] for _, operation, terms in found
                if operation == EXCEPTS and not terms["flags"] & SCOPED]
        listed = [(depth, terms) for depth, operation, terms in found if operation == LISTS and
                  not any(flags & IMPORTANT or not terms["flags"] & IMPORTANT for flags in bars)]
        scopes = [(depth, terms["scope"]) for depth, operation, terms in found if operation == EXCEPTS and terms["flags"] & SCOPED]
        return [(depth, terms) for depth, terms in listed
                if not any(at > depth and scope in (0, terms["scope"]) for at, scope in scopes)]

    def check_masks(self, name, plain):
        """The masks say the same of listings without terms: PLAIN is the categories of these."""
        labels, mask = name.count(".") + 1, 0
        for depth, row in self.walk(name):
            add_here, clear_here, add_below, clear_below, _ = self.rows[row]
            here = depth == labels
            mask = mask & ~(clear_here if here else clear_below) | (add_here if here else add_below)
        if {i for i in range(len(self.categories)) if mask >> i & 1} != plain:
            raise Refused(f"{name}: the masks do not say what the entries say")

    def lookup(self, name, rtype=ANY_TYPE):
        """Returns the categories, the longest suffix that lists NAME, and the feeds that do, observed ones left out."""
        name = name.rstrip(".").lower()
        counting = [(depth, terms) for depth, terms in self.counting(name, rtype) if not self.feeds[terms["feed"]][2]]
        suffix, feeds = None, []
        for depth, terms in counting:
            suffix = suffix or ".".join(name.split(".")[-depth:])
            feed = self.feeds[terms["feed"]][0]
            feeds += [feed] if feed not in feeds else []
        categories = {self.feeds[terms["feed"]][1] for _, terms in counting}
        if all(terms["action"] == terms["flags"] == terms["scope"] == 0 and not terms["types"] for _, terms in counting):
            self.check_masks(name, categories)
        return {self.categories[i] for i in categories}, suffix, feeds

    def lookup_address(self, address):
        """ADDRESS is an ipaddress object. Returns categories, prefix length, feeds."""
        bits, octets = address.max_prefixlen, int(address)
        for length in range(bits, -1, -1):
            network = (octets >> (bits - length) << (bits - length)).to_bytes(bits // 8, "big")
            row = self.prefixes.get((bits, network, length))
            if row is not None:
                feeds = [feed for feed, _, _ in self.rows[row][4] if not self.feeds[feed][2]]
                return {self.categories[self.feeds[f][1]] for f in feeds}, length, [self.feeds[f][0] for f in feeds]
        return set(), None, []


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    the_set = Set(arguments[0])
    for name in arguments[1:]:
        categories, suffix, feeds = the_set.lookup(name)
        print(name, ",".join(sorted(categories)) or "-", suffix or "-", ",".join(feeds) or "-", sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
