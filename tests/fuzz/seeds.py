#!/usr/bin/env python3
"""Writes the seeds of fuzz_question, fuzz_reply and fuzz_core: tests/fuzz/seeds.py (standard library only).

Fuzzers find what is wrong around a good message sooner than they find a good message.
"""
import pathlib
import struct

HERE = pathlib.Path(__file__).parent / "corpus"


def name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".") if p) + b"\0"


def header(flags, *counts):
    return struct.pack("!6H", 7, flags, *counts)


def asked(text, qtype=1, qclass=1):
    return name(text) + struct.pack("!HH", qtype, qclass)


def record(owner, rtype, data, ttl=300, rclass=1):
    return owner + struct.pack("!HHIH", rtype, rclass, ttl, len(data)) + data


def opt(options=b"", version=0, flags=0, owner=b"\0"):
    return owner + struct.pack("!HHBBHH", 41, 1232, 0, version, flags, len(options)) + options


def option(code, data):
    return struct.pack("!HH", code, len(data)) + data


ROOT, ASKED = b"\0", b"\xc0\x0c"
WWW = "www.example"
QUESTIONS = {
    "plain": header(0x100, 1, 0, 0, 0) + asked(WWW),
    "root": header(0x100, 1, 0, 0, 0) + asked("", 2),
    "any": header(0x100, 1, 0, 0, 0) + asked(WWW, 255),
    "chaos": header(0x100, 1, 0, 0, 0) + asked("version.bind", 16, 3),
    "opt": header(0x130, 1, 0, 0, 1) + asked("WwW.example", 65) + opt(flags=0x8000),
    "cookie": header(0x100, 1, 0, 0, 1) + asked(WWW, 28) + opt(option(10, b"12345678") + option(65001, b"x")),
    "badvers": header(0x100, 1, 0, 0, 1) + asked(WWW) + opt(version=1),
    "two_opt": header(0x100, 1, 0, 0, 2) + asked(WWW) + opt() + opt(),
    "opt_owner": header(0x100, 1, 0, 0, 1) + asked(WWW) + opt(owner=ASKED),
    "tsig": header(0x100, 1, 0, 0, 2) + asked(WWW) + opt() + record(name("k"), 250, b"", 0, 255),
    "two_questions": header(0x100, 2, 0, 0, 0) + asked(WWW) + asked("b.example"),
    "ixfr": header(0, 1, 0, 1, 0) + asked(WWW, 251) + record(ASKED, 6, ROOT * 2 + bytes(20)),
    "update": header(5 << 11, 1, 0, 0, 0) + asked("example", 6),
    "pointer": header(0x100, 1, 0, 0, 0) + b"\3www\xc0\x0c" + b"\0\1\0\1",
    "long": header(0x100, 1, 0, 0, 0) + b"\x3f" + b"a" * 63 + asked("a." * 95),
}

START = b"\2ns\xc0\x10" + b"\1h\xc0\x10" + struct.pack("!5I", 1, 2, 3, 4, 60)
SOA = record(b"\xc0\x10", 6, START, 60)
SIG = struct.pack("!HBBIIIH", 1, 8, 2, 300, 2 ** 31, 2 ** 30, 1) + name("example") + b"sig"


def reply(rows, authority=(), additional=(), flags=0x8180, qtype=1, dnssec=0):
    return bytes([dnssec, 100]) + header(flags, 1, len(rows), len(authority), len(additional)) + asked(WWW, qtype) + \
        b"".join((*rows, *authority, *additional))


REPLIES = {
    "a": reply([record(ASKED, 1, b"\xc0\0\2\1"), record(ASKED, 1, b"\xc0\0\2\2")]),
    "aaaa": reply([record(ASKED, 28, bytes(16))], qtype=28, additional=[opt()]),
    "chain": reply([record(ASKED, 5, b"\1b\xc0\x10"), record(b"\xc0\x29", 5, b"\1c\xc0\x10"),
                    record(name("c.example"), 1, b"\xc0\0\2\1")]),
    "shuffled": reply([record(name("b.example"), 1, b"\xc0\0\2\1"), record(ASKED, 5, name("b.example"))]),
    "loop": reply([record(ASKED, 5, ASKED)]),
    "dname": reply([record(b"\xc0\x10", 39, name("test")), record(ASKED, 5, name("www.test")),
                    record(name("www.test"), 1, b"\xc0\0\2\1")]),
    "nodata": reply([], [SOA], [opt(option(15, b"\0\6"))]),
    "nxdomain": reply([], [SOA], flags=0x8183),
    "servfail": reply([], [], [opt(option(15, b"\0\x16"))], flags=0x8182),
    "cut": reply([record(ASKED, 1, b"\xc0\0\2\1")], flags=0x8380)[:-3],
    "signed": reply([record(ASKED, 1, b"\xc0\0\2\1"), record(ASKED, 46, SIG)],
                    [record(ASKED, 47, name("example") + b"\0\1\x40"),
                     record(name("h.example"), 50, b"\1\0\0\1\2aa\2bb\0\1\x40"), record(ASKED, 46, b"\0\x2f" + SIG[2:])],
                    [opt(flags=0x8000)], dnssec=1),
    "mx": reply([record(ASKED, 15, b"\0\1\2mx\xc0\x10"), record(ASKED, 15, b"\0\2\xc0\x0c")], qtype=15),
    "srv": reply([record(ASKED, 33, b"\0\1\0\2\0\x50" + ASKED)], qtype=33),
    "naptr": reply([record(ASKED, 35, b"\0\1\0\2\1s\3SIP\0" + ASKED)], qtype=35),
    "txt": reply([record(ASKED, 16, b"\3one\3two")], qtype=16),
    "soa": reply([record(ASKED, 6, START)], qtype=6),
    "https": reply([record(ASKED, 65, b"\0\1\0\0\1\0\3\2h2\0\4\0\4\xc0\0\2\1")], qtype=65),
    "referral": reply([], [record(b"\xc0\x10", 2, b"\2ns\xc0\x10")], [record(b"\xc0\x29", 1, b"\xc0\0\2\1")], flags=0x8000),
    "outside": reply([record(ASKED, 1, b"\xc0\0\2\1"), record(name("victim.test"), 1, b"\xcb\0\x71\x42")]),
    "unknown": reply([record(ASKED, 65280, b"\x0a\0\0\1")], qtype=65280),
}


def piece(how, octets):
    return struct.pack("!BH", how, len(octets)) + octets


# Rows of pieces for fuzz_core: a query, or two that are one question, and what the upstream says.
CORE = {f"ask_{title}": piece(how, octets) for how, (title, octets) in enumerate(QUESTIONS.items())}
CORE.update({f"reply_{title}": piece(0x20, header(0x120, 1, 0, 0, 1) + octets[14:octets.index(b"example") + 12] + opt(flags=octets[0] << 15)) +
             piece(1, header(0x100, 1, 0, 0, 0) + octets[14:octets.index(b"example") + 12]) + piece(9, octets[2:])
             for title, octets in REPLIES.items()})
CORE.update({f"name_{text}_{qtype}_{client}": piece(0x20 | client << 1, header(0x100, 1, 0, 0, 1) + asked(text, qtype) + opt())
             for text in ("www.bad.test", "worse.test", "order.test", "gate.example", "alias.example", "ring.example",
                          "localhost", "10.in-addr.arpa") for qtype, client in ((1, 0), (28, 1), (255, 2), (6, 3))})


def plain(text, qtype=1):
    return piece(0x20, header(0x100, 1, 0, 0, 1) + asked(text, qtype) + opt())


def said(text, rows, authority=(), rcode=0, qtype=1):
    return piece(8, header(0x8180 | rcode, 1, len(rows), len(authority), 0) + asked(text, qtype) + b"".join((*rows, *authority)))


def step(how=0, time=0):
    return bytes([0x80 | time << 4 | how])


# Time, other rules, the timer, dead upstreams; what is kept meanwhile.
ALIAS = said(WWW, [record(ASKED, 5, name("x.other.test"), 60), record(name("x.other.test"), 1, b"\xc0\0\2\1", 60)])
A60 = said(WWW, [record(ASKED, 1, b"\xc0\0\2\1", 60)])
GONE = said(WWW, [], [SOA], 3)
CORE.update({
    "kept_hit": plain(WWW) + A60 + step(0, 2) + plain("WWW.example"),
    "kept_chain_swap": plain(WWW) + ALIAS + step(1) + plain(WWW) + step(1) + plain(WWW),
    "kept_swap_waits": plain(WWW) + step(1) + ALIAS,
    "kept_denial": plain(WWW) + GONE + plain("a.b." + WWW, 28) + step(0, 5) + plain("a." + WWW) + step(2, 3),
    "kept_stale_tick": plain(WWW) + A60 + step(0, 5) + plain(WWW) + plain(WWW) + step(2, 3) + A60 + plain(WWW),
    "kept_stale_down": plain(WWW) + A60 + step(4, 5) + plain(WWW) + step(1, 2) + plain(WWW),
    "kept_failure": plain(WWW) + piece(8, header(0x8182, 1, 0, 0, 0) + asked(WWW)) + plain(WWW) + step(0, 3) + plain(WWW),
    "kept_long": plain(WWW) + A60 + step(0, 7) + plain(WWW),
})


def main():
    for folder, seeds in (("question", QUESTIONS), ("reply", REPLIES), ("core", CORE)):
        (HERE / folder).mkdir(parents=True, exist_ok=True)
        for title, octets in seeds.items():
            (HERE / folder / title).write_bytes(octets)


if __name__ == "__main__":
    main()
