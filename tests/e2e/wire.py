"""Questions written and answers read quickly: dnspython takes a millisecond a message, and the differential test has many.

A message becomes what two servers must agree on: flags, question, records of each section in any order, OPT. Left out are the
id, TTLs, the letter case of names in records and how they are compressed.
"""
import re
import select
import socket
import struct
import time
from typing import NamedTuple

QR, TC, RD, AD, CD, DO = 0x8000, 0x0200, 0x0100, 0x0020, 0x0010, 0x8000
DNAME, OPT = 39, 41
ADDITIONAL = 2

# Where names stand in the data of a type: numbers are octets to copy, n a name, s a text with its length before it.
LAYOUTS = {2: "n", 3: "n", 4: "n", 5: "n", 6: "nn", 7: "n", 8: "n", 9: "n", 12: "n", 14: "nn", 15: "2n", 17: "nn", 18: "2n", 21: "2n",
           26: "2nn", 33: "6n", 35: "4sssn", 36: "2n", 39: "n", 46: "18n", 47: "n", 64: "2n", 65: "2n"}
LAYOUTS = {rdtype: re.findall(r"\d+|n|s", text) for rdtype, text in LAYOUTS.items()}


class Message(NamedTuple):
    flags: int  # with the rcode
    question: bytes
    records: tuple  # (section, owner, type, class, data) in order
    opt: bool
    dnssec_ok: bool

    @property
    def rcode(self):
        return self.flags & 15

    def answer(self):
        return {record for record in self.records if record[0] == 0}


def question(name, rdtype, flags=RD, payload=None, dnssec_ok=False, rdclass=1):
    """A query with id 0 for NAME (octets), with OPT where PAYLOAD says so."""
    opt = b"" if payload is None else struct.pack("!BHHIH", 0, OPT, payload, DO if dnssec_ok else 0, 0)
    return struct.pack("!6H", 0, flags, 1, 0, 0, 1 if opt else 0) + name + struct.pack("!HH", rdtype, rdclass) + opt


def read_name(wire, at, names):
    """The name at AT without compression and in lower case, and where it ends. NAMES remembers suffixes of this message."""
    parts, end = [], None
    for _ in range(256):
        length = wire[at]
        if length == 0:
            parts.append(b"\0")
            return b"".join(parts), end or at + 1
        if length >= 192:
            target = (length & 63) << 8 | wire[at + 1]
            end = end or at + 2
            if target not in names:
                names[target] = read_name(wire, target, names)[0]
            return b"".join(parts) + names[target], end
        parts.append(wire[at:at + length + 1].lower())  # bytes.lower() knows ASCII only; a length is below 64
        at += length + 1
    raise ValueError("a name without end")


def read_data(wire, at, end, rdtype, names):
    layout = LAYOUTS.get(rdtype)
    if layout is None:
        return wire[at:end]
    parts = []
    for step in layout:
        if step == "n":
            name, at = read_name(wire, at, names)
            parts.append(name)
            continue
        length = wire[at] + 1 if step == "s" else int(step)
        parts.append(wire[at:at + length])
        at += length
    return b"".join(parts) + wire[at:end]


def read(wire):
    """The Message in WIRE; raises what Python raises where it is broken."""
    _, flags, questions, *counts = struct.unpack_from("!6H", wire)
    names, at = {}, 12
    for _ in range(questions):
        at = read_name(wire, at, names)[1] + 4
    asked = wire[12:at]
    records, opt, dnssec_ok = [], False, False
    for section, count in enumerate(counts):
        for _ in range(count):
            owner, at = read_name(wire, at, names)
            rdtype, rdclass, ttl, length = struct.unpack_from("!HHIH", wire, at)
            at += 10
            if rdtype == OPT:
                if opt:
                    raise ValueError("two OPT records")
                opt, dnssec_ok = True, bool(ttl & DO)
            else:
                records.append((section, owner, rdtype, rdclass, read_data(wire, at, at + length, rdtype, names)))
            at += length
    if at != len(wire):
        raise ValueError("octets after the last record")
    records.sort()
    return Message(flags, asked, tuple(records), opt, dnssec_ok)


class Client:
    """Asks one server many questions at once, over UDP or one TCP connection."""

    def __init__(self, port, tcp=False, host="127.0.0.1"):
        self.tcp = tcp
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        self.sock.settimeout(10)
        if not tcp:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.connect((host, port))
        self.serial = 0
        self.rest = b""

    def ask(self, wires, patience=30.0):
        """The answers to WIRES in their order, None for one that did not come within PATIENCE."""
        first = self.serial
        self.serial = (first + len(wires)) & 0xFFFF
        place = {}
        out = []
        for number, wire in enumerate(wires):
            qid = (first + number) & 0xFFFF
            place[qid] = number
            out.append(struct.pack("!H", qid) + wire[2:])
        if self.tcp:
            self.sock.sendall(b"".join(struct.pack("!H", len(wire)) + wire for wire in out))
        else:
            for wire in out:
                self.sock.send(wire)
        answers, until = [None] * len(wires), time.monotonic() + patience
        while place and select.select([self.sock], [], [], max(0, until - time.monotonic()))[0]:
            for wire in self._receive():
                number = place.pop(int.from_bytes(wire[:2], "big"), None)
                if number is None:
                    raise ValueError("an answer to nothing, or a second one")
                answers[number] = wire
        return answers

    def _receive(self):
        data = self.sock.recv(65535)
        if not self.tcp:
            return [data]
        if not data:
            raise EOFError("the server closed the connection")
        self.rest += data
        whole, at = [], 0
        while len(self.rest) >= at + 2:
            length = int.from_bytes(self.rest[at:at + 2], "big")
            if len(self.rest) < at + 2 + length:
                break
            whole.append(self.rest[at + 2:at + 2 + length])
            at += 2 + length
        self.rest = self.rest[at:]
        return whole

    def close(self):
        self.sock.close()
