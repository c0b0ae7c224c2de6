"""What a client gets through stairgate is what it gets from the upstream itself.

Tens of thousands of questions go to stairgate before unbound, to unbound alone, and to stairgate once more, which then has the
answer in its cache. Rcode, flags, question and records without their TTLs must be equal; KNOWN says where they need not be, and why.
STAIRGATE_DIFFERENTIAL sets how many questions (5,000; all that is promised are 50,000), STAIRGATE_SEED which.
"""
import os
import random
import struct
import time
from collections import Counter
from typing import NamedTuple

import dns.message
import dns.name
import dns.rdatatype
import pytest

import wire
import zones
from harness import CONFIG_OWN_UPSTREAMS, Recursive

COUNT = int(os.environ.get("STAIRGATE_DIFFERENTIAL", 5000))
SEED = int(os.environ.get("STAIRGATE_SEED", 1))
BATCH = 100
TYPES = {word: dns.rdatatype.from_text(word) for word in (
    "A AAAA HTTPS MX TXT SRV NS SOA CNAME PTR DS DNSKEY CAA NAPTR SVCB TLSA DNAME LOC HINFO URI SSHFP RP AFSDB KX APL CDS NSEC3PARAM "
    "TYPE65280 TYPE65534 SPF NSEC NSEC3 RRSIG ANY").split()}
USUAL = ["A"] * 8 + ["AAAA"] * 4 + ["HTTPS"] * 3 + list(TYPES)
FORMS = [(None, False)] * 3 + [(1232, False)] * 4 + [(1232, True)] * 4 + [(512, False), (512, True), (4096, True), (0, True)]
# A name of each kind that stairgate answers itself, as standards or docs/architecture.md have it.
OWN = ["localhost.", "a.localhost.", "x.invalid.", "test.", "printer.", "tv.local.", "1.2.0.192.in-addr.arpa.",
       "1.168.192.in-addr.arpa.", "_dns.resolver.arpa."]


class Question(NamedTuple):
    text: str
    rdtype: str
    wire: bytes
    tcp: bool
    edns: bool


def mixed(name, pick):
    """NAME, octets, with letters in any case: a hint of 0x20 in every third question."""
    if pick.random() > 0.3:
        return name
    flip = pick.getrandbits(8 * len(name))
    return bytes(octet ^ 0x20 if (65 <= octet <= 90 or 97 <= octet <= 122) and flip >> i & 1 else octet
                 for i, octet in enumerate(name))  # a label's length is below 64


def own_types():
    """Which types the names of a zone have, by their text."""
    types = {}
    for line in zones.RECORDS.format(many="192.0.2.1", **zones.fill()).strip().splitlines():
        owner, rdtype = line.split()[:2]
        types.setdefault(owner.lower(), []).append(rdtype)
    return types


def questions(count, pick):
    names, weights, types = [], [], {}
    served = [(zones.PLAIN, 3), (zones.NSEC, 3), (zones.NSEC3, 2), (zones.OPTOUT, 1), (zones.CHILD, 1), (zones.OPEN, 1), (zones.BOGUS, 1)]
    for zone, share in served:
        for word, weight in zones.asked_of(zone):
            names.append(word)
            weights.append(weight * share)
        types.update({(f"{owner}.{zone}." if owner != "@" else f"{zone}."): kinds for owner, kinds in own_types().items()})
    for word in [*OWN, ".", "optout.test.", "open.optout.test.", "x.open.optout.test.", "1.2.18.198.in-addr.arpa."]:
        names.append(word)
        weights.append(1.0)
    for text in pick.choices(names, weights, k=count):
        kinds = types.get(text)
        while "?" in text:
            text = text.replace("?", f"n{pick.getrandbits(20)}", 1)
        rdtype = pick.choice(kinds if kinds and pick.random() < 0.6 else USUAL)
        payload, dnssec_ok = pick.choice(FORMS)
        flags = wire.RD | wire.AD * (pick.random() < 0.3) | wire.CD * (pick.random() < 0.2)
        octets = wire.question(mixed(zones.wire_name(text), pick), TYPES[rdtype], flags, payload, dnssec_ok)
        yield Question(text, rdtype, octets, pick.random() < 0.15, payload is not None)


def is_cut(question, ours, theirs):
    """Both say that they are cut: records of such an answer are not to be used (RFC 2181 §9)."""
    return bool(ours.flags & theirs.flags & wire.TC) and (ours.flags, ours.opt) == (theirs.flags, theirs.opt)


def is_any(question, ours, theirs):
    """ANY gets one small record (RFC 8482 §4.2); the upstream gives all that it has."""
    return question.rdtype == "ANY" and ours.rcode == 0 and len(ours.records) == 1


def is_own(question, ours, theirs):
    """Names that stairgate answers itself, and the upstream too or otherwise."""
    return question.text in OWN


def is_alias(question, ours, theirs):
    """An alias asked for, or its signature, is the answer (RFC 1034 §4.3.2 step 3a); unbound may go on to where it leads."""
    answer = ours.answer()
    return question.rdtype in ("CNAME", "RRSIG") and answer and answer < theirs.answer() and ours.flags | wire.TC == theirs.flags | wire.TC


def is_made_anew(question, ours, theirs):
    """What nsd makes of a DNAME has TTL 0, so unbound puts such an answer together each time, with other proofs and AD or not."""
    return any(record[2] == wire.DNAME for record in ours.answer()) and ours.answer() == theirs.answer() and ours.rcode == theirs.rcode


def is_unchecked(question, ours, theirs):
    """With CD, AD tells whether somebody has had unbound check the records since."""
    return bool(ours.flags & wire.CD) and (ours.flags | wire.AD, ours.records) == (theirs.flags | wire.AD, theirs.records)


def is_longer(question, ours, theirs):
    """Unbound compresses names without regard to letter case; ours are longer by that, and some do not fit any more."""
    return not question.tcp and ours.flags == theirs.flags | wire.TC and set(ours.records) <= set(theirs.records)


def is_more(question, ours, theirs):
    """Unbound adds what else it has in its cache, such as the addresses of mail servers; we keep what was asked for."""
    asked = tuple(record for record in theirs.records if record[0] != wire.ADDITIONAL)
    return (ours.flags, ours.records, ours.dnssec_ok) == (theirs.flags, asked, theirs.dnssec_ok)


KNOWN = (is_cut, is_any, is_own, is_alias, is_made_anew, is_unchecked, is_longer, is_more)


def difference(question, octets, theirs):
    """None where OCTETS say the same as THEIRS, else the reason or what differs."""
    if octets is None:
        return "no answer"
    try:
        ours = wire.read(octets)
    except (ValueError, IndexError, struct.error) as error:
        return f"broken: {error}"
    asked = question.wire[12:12 + len(ours.question)]
    if ours.question != asked or ours.opt != question.edns:
        return "another question" if ours.question != asked else "OPT"
    if (ours.flags, ours.records, ours.dnssec_ok) == (theirs.flags, theirs.records, theirs.dnssec_ok):
        return None
    for known in KNOWN:
        if known(question, ours, theirs):
            return known
    return "flags" if ours.flags != theirs.flags else "records"


def shown(what, octets):
    try:
        text = str(dns.message.from_wire(octets, ignore_trailing=True, raise_on_truncation=False))
    except Exception as error:  # noqa: BLE001  (whatever dnspython makes of it, the octets are shown)
        text = f"{error}: {octets and octets.hex()}"
    return f"--- {what}\n{text}\n"


UNBOUND = """\
  val-override-date: "20300101000000"
  aggressive-nsec: no
  edns-buffer-size: 1232
  max-udp-size: 1232
  num-queries-per-thread: 4096
  incoming-num-tcp: 100
"""
# aggressive-nsec would answer from what other questions have proved: the same question, another proof. Unbound's first word on some
# questions (CNAME of an alias that leads nowhere, RRSIG) is another than all that follow, so each is asked once before, with AD, as
# stairgate asks it: what is validated is kept apart.


@pytest.fixture(scope="module")
def resolver(tmp_path_factory):
    served, anchors = zones.world(tmp_path_factory.mktemp("zones"))
    one = Recursive(tmp_path_factory.mktemp("world"), served, anchors, UNBOUND)
    yield one
    one.stop()


def batches(asked):
    """Groups of one transport, in order."""
    waiting = {False: [], True: []}
    for one in asked:
        waiting[one.tcp].append(one)
        if len(waiting[one.tcp]) == BATCH:
            yield one.tcp, waiting[one.tcp]
            waiting[one.tcp] = []
    yield from ((tcp, rest) for tcp, rest in waiting.items() if rest)


@pytest.mark.parametrize("transport,count", [("udp", COUNT), ("tcp", COUNT // 5)])
def test_stairgate_says_what_the_upstream_says(stairgate, resolver, transport, count):
    gate = stairgate(config=CONFIG_OWN_UPSTREAMS, more=f"upstreams: [{{address: {resolver}, trusted: yes, transport: {transport}}}]")
    clients = {tcp: (wire.Client(gate.port, tcp), wire.Client(resolver.port, tcp)) for tcp in (False, True)}
    begun, seen, faults = time.monotonic(), Counter(), []
    for tcp, asked in batches(questions(count, random.Random(SEED))):
        ours, theirs = clients[tcp]
        wires = [one.wire for one in asked]
        theirs.ask([one[:3] + bytes([one[3] | wire.AD]) + one[4:] for one in wires])  # see UNBOUND
        first, alone, again = ours.ask(wires), theirs.ask(wires), ours.ask(wires)
        for one, expected, *got in zip(asked, alone, first, again):
            assert expected is not None, f"unbound alone did not answer {one.text} {one.rdtype}"
            for which, octets in zip(("first", "again"), got):
                found = difference(one, octets, wire.read(expected))
                seen[(which, getattr(found, "__name__", found) or "equal")] += 1
                if isinstance(found, str):
                    faults.append(f"{one.text} {one.rdtype}, {which}: {found}\n" + shown("stairgate", octets) + shown("unbound", expected))
    for pair in clients.values():
        for client in pair:
            client.close()
    print(f"{count} questions, each asked three times, in {time.monotonic() - begun:.1f} s: {dict(seen)}")
    assert seen[("first", "is_longer")] <= count / 500
    assert gate.status(check=False)["cache"]["hits"] > 0.9 * count, "the second time the answer comes from the cache"
    assert seen[("first", "equal")] > 0.9 * count and not faults, f"{len(faults)} unexplained\n" + "\n".join(faults[:40])
