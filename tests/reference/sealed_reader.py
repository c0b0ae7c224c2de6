#!/usr/bin/env python3
"""Reads a sealed set: written from docs/sealed-set.md alone, with the standard library alone, to prove that page.

    sealed_reader.py KEY FILE NAME...     prints what the set says of each name: here, below, divert, canary
"""
import hashlib
import ipaddress
import struct
import sys

MASK64 = (1 << 64) - 1
HEADER, ENTRY, CODE = 64, 18, 32
HERE, BELOW, DIVERT, CANARY, RANGE4, RANGE6 = (1 << bit for bit in range(6))


class Refused(Exception):
    pass


def rotate(x, bits):
    return (x << bits | x >> (64 - bits)) & MASK64


def siphash24_128(key, data):
    k0, k1 = struct.unpack("<2Q", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK64
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK64
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK64
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK64
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    whole = len(data) - len(data) % 8
    words = [word for (word,) in struct.iter_unpack("<Q", data[:whole])]
    words.append(int.from_bytes(data[whole:], "little") | (len(data) & 0xFF) << 56)
    for word in words:
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xEE
    rounds(4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    rounds(4)
    return struct.pack("<2Q", first, v[0] ^ v[1] ^ v[2] ^ v[3])


def derive(key, use, salt=bytes(16)):
    return hashlib.blake2b(b"", digest_size=64, key=key, salt=salt, person=f"stairgate {use}".encode()).digest()


def turned(name):
    """What is hashed of NAME: its labels, the top-level label first, each behind its length."""
    return b"".join(bytes([len(label)]) + label for label in reversed(name.lower().encode().split(b".")))


class Sealed:
    def __init__(self, key_text, octets):
        key = bytes.fromhex(key_text.strip())
        magic, version, entry = struct.unpack_from("<8s2I", octets)
        self.salt, self.number, self.made_s, count, zero = struct.unpack_from("<16s4Q", octets, 16)
        if magic != b"SGSEALED" or version != 1 or entry != ENTRY or zero != 0 or len(octets) != HEADER + count * ENTRY + CODE:
            raise Refused("no sealed set")
        code = hashlib.blake2b(octets[:-CODE], digest_size=32, key=derive(key, "file")[:32]).digest()
        if code != octets[-CODE:]:
            raise Refused("damaged, or sealed under another key")
        keys = derive(key, "names", self.salt)
        self.names_key, masks_key = keys[:16], keys[16:32]
        self.entries = {}
        for at in range(HEADER, HEADER + count * ENTRY, ENTRY):
            name_hash = octets[at:at + 16]
            mask = siphash24_128(masks_key, name_hash)
            self.entries[name_hash] = (octets[at + 16] ^ mask[0], octets[at + 17] ^ mask[1])
        if list(self.entries) != sorted(self.entries) or len(self.entries) != count:
            raise Refused("out of order")

    def of_name(self, name):
        """The kinds that NAME itself has an entry with."""
        return self.entries.get(siphash24_128(self.names_key, turned(name)), (0, 0))[0]

    def of_range(self, text):
        """The kind and length of the entry of exactly that range."""
        net = ipaddress.ip_network(text)
        octets = bytes([0, net.max_prefixlen, net.prefixlen]) + net.network_address.packed
        return self.entries.get(siphash24_128(self.names_key, octets), (0, 0))

    def words(self, name):
        """What is said of a question for NAME: blocked, divert, canary."""
        labels, kinds = name.split("."), 0
        for i in range(len(labels)):
            kinds |= self.of_name(".".join(labels[i:])) & (HERE | DIVERT | CANARY if i == 0 else BELOW | CANARY)
        return {word for word, bits in (("block", HERE | BELOW), ("divert", DIVERT), ("canary", CANARY)) if kinds & bits}


def read(key_path, path):
    with open(key_path) as key, open(path, "rb") as file:
        return Sealed(key.read(), file.read())


def main():
    sealed = read(sys.argv[1], sys.argv[2])
    for name in sys.argv[3:]:
        print(name, *sorted(sealed.words(name)) or "-", sep="\t")


if __name__ == "__main__":
    main()
