"""The set file without its key: an attacker who has it and a dictionary of a million names, of which all names of the set are part,
recovers none; with the key he recovers each, so that the test can fail. What is listed, in which order, and how a hash is made he
knows from docs/sealed-set.md; hashes are libsodium's, by ctypes, since a million of them take a minute in Python."""
import ctypes
import ctypes.util
import hashlib
import random
import re
import struct

import pytest

from harness import seal
from sealed_reader import CODE, ENTRY, HEADER, Sealed, derive, turned
from set_reader import siphash13

DICTIONARY, LISTED, SEED = 1_000_000, 1000, 7
SODIUM = ctypes.util.find_library("sodium")
pytestmark = pytest.mark.skipif(SODIUM is None, reason="skipped: no libsodium to load")

WORDS = ["blue", "child", "cloud", "dark", "fast", "free", "game", "green", "home", "live", "media", "night", "open", "photo", "play",
         "red", "shop", "star", "video", "web"]


def make_dictionary():
    names = []
    for number in range(DICTIONARY // (2 * len(WORDS))):
        for word in WORDS:
            names += [f"{word}{number}.example", f"{WORDS[number % 20]}-{number}.{word}.test"]
    return names


@pytest.fixture(scope="module")
def attack(tmp_path_factory):
    names = make_dictionary()
    assert len(set(names)) == DICTIONARY
    listed = random.Random(SEED).sample(names, LISTED)
    key, path = seal(tmp_path_factory.mktemp("sealed"), "a", listed)
    return Attack(names, listed, key.read_text(), path.read_bytes())


class Attack:
    def __init__(self, names, listed, key, octets):
        self.names, self.listed, self.key, self.octets = names, listed, key, octets
        self.turned = [turned(name) for name in names]
        end = HEADER + (len(octets) - HEADER - CODE) // ENTRY * ENTRY
        self.hashes = {octets[at:at + 16] for at in range(HEADER, end, ENTRY)}
        assert len(self.hashes) == LISTED
        self.salt = octets[16:32]
        self.sip = ctypes.CDLL(SODIUM).crypto_shorthash_siphashx24

    def by_siphash(self, key, texts=None):
        """The names that have a hash of the file under the 16 octets of KEY."""
        out = ctypes.create_string_buffer(16)
        found = []
        for name, text in zip(self.names, texts or self.turned):
            self.sip(out, text, len(text), key)
            if out.raw in self.hashes:
                found.append(name)
        return found


def test_with_its_key_every_name_is_recovered(attack):
    names_key = derive(bytes.fromhex(attack.key.strip()), "names", attack.salt)[:16]
    assert sorted(attack.by_siphash(names_key)) == sorted(attack.listed)
    Sealed(attack.key, attack.octets)


def test_no_name_and_no_piece_of_one_stands_in_the_file(attack):
    for form in (lambda name: name.encode(), turned, lambda name: name.split(".")[0].encode()):
        assert not [name for name in attack.names if form(name) in attack.octets]
    strings = [text.decode() for text in re.findall(rb"[\x20-\x7e]{4,}", attack.octets[HEADER:])]
    assert not [text for text in strings if any(word in text for word in WORDS if len(word) > 3)]


def public_keys(attack):
    """Keys that can be made of what the file shows, or of nothing."""
    number, made_s, count = struct.unpack_from("<3Q", attack.octets, 32)
    fixed = [(0x7374616972676174, 0x65207365742D6B30), (0x7374616972676174, 0x65207365742D6B31)]
    yield "zeros", bytes(16)
    yield "the salt", attack.salt
    yield "the salt, turned", attack.salt[::-1]
    yield "no key, the salt", derive(bytes(32), "names", attack.salt)[:16]
    yield "the salt as key", derive(attack.salt + bytes(16), "names", attack.salt)[:16]
    yield "a digest of the head", hashlib.blake2b(attack.octets[:HEADER], digest_size=16).digest()
    yield "the code", attack.octets[-CODE:-CODE + 16]
    seeds = {"number": number, "time": made_s, "count": count, "salt's half": struct.unpack_from("<Q", attack.salt)[0]}
    for word, seed in seeds.items():  # as the public set's key comes of its seed (docs/set-file.md)
        yield f"a seed: {word}", b"".join(struct.pack("<Q", siphash13(*key, struct.pack("<Q", seed))) for key in fixed)


def test_no_key_that_the_file_gives_away_recovers_a_name(attack):
    assert {word: attack.by_siphash(key) for word, key in public_keys(attack)} == {word: [] for word, _ in public_keys(attack)}


def test_no_plain_digest_recovers_a_name(attack):
    digests = [lambda text: hashlib.blake2b(text, digest_size=16).digest(), lambda text: hashlib.blake2b(text, digest_size=32).digest(),
               lambda text: hashlib.sha256(text).digest(), lambda text: hashlib.md5(text).digest(),
               lambda text: hashlib.blake2b(text, digest_size=16, salt=attack.salt).digest(),
               lambda text: hashlib.blake2b(text, digest_size=16, key=attack.salt).digest()]
    for digest in digests:
        assert not [text for text in attack.turned if digest(text)[:16] in attack.hashes]
        assert not [name for name in attack.names if digest(name.encode())[:16] in attack.hashes]


def test_sequential_guesses_of_the_key_recover_nothing(attack):
    known = attack.turned[:50] + [turned(name) for name in attack.listed[:50]]  # he even knows some of what is listed
    for guess in range(10_000):
        key = struct.pack("<2Q", guess, 0)
        assert not attack.by_siphash(key, known)
    covered, code = attack.octets[:-CODE], attack.octets[-CODE:]
    for guess in range(10_000):
        file_key = derive(guess.to_bytes(32, "little"), "file")[:32]
        assert hashlib.blake2b(covered, digest_size=32, key=file_key).digest() != code


def test_what_the_file_tells_is_how_many_there_are(attack):
    """The octets behind the head look like any random ones: each value as often as chance has it."""
    body = b"".join(attack.octets[at:at + ENTRY] for at in range(HEADER, len(attack.octets) - CODE, ENTRY))
    # The first octet of each entry rises with the order, so all columns but that one, and the masked ones on their own.
    for columns in (range(1, 16), (16,), (17,)):
        sample = [body[at + column] for at in range(0, len(body), ENTRY) for column in columns]
        expected = len(sample) / 256
        chi = sum((sample.count(value) - expected) ** 2 / expected for value in range(256))
        assert 130 < chi < 420  # 255 degrees of freedom: beyond it by chance once in 10^9
