"""What formats share, for oracle.py: lines, ranges, names, public suffixes. Written from docs/lists.md alone."""
import gzip
import ipaddress
import re
import zlib
from pathlib import Path

import idna

PSL = "/usr/share/publicsuffix/public_suffix_list.dat"

# --------------------------------------------------------------- from octets to lines


class Failed(Exception):
    """The source is not taken, for the reason given."""


def octets_of(data):
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as fault:
            raise Failed(f"broken gzip: {fault}") from fault
    elif data.startswith((b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"BZh", b"PK\x03\x04")):
        raise Failed("packed by other means than gzip")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Failed("not UTF-8 text (UTF-16)")
    return data


def lines_of(data):
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return lines


LINE_MAX = 65535
BOM = b"\xef\xbb\xbf"
BLANKS = b" \t"

# --------------------------------------------------------------- parts that formats share

PAGE_RULE = re.compile(rb"#@?(\$\?|\$|\?|%)?#|\$@?\$")
REMARK = re.compile(rb"[ \t]#")
FOREIGN = (b"!", b"[", b";", b"//", b"$")
HOST = re.compile(rb"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?\Z")
GUESSED_NAME = re.compile(rb"(?=[^.]*\.)[A-Za-z0-9_.\x80-\xff-]+\Z")
NAME_LIKE = re.compile(rb"[A-Za-z0-9_.\x80-\xff-]+\Z")
SINKHOLES = {ipaddress.ip_address(text) for text in ("0.0.0.0", "127.0.0.1", "::", "::1")}
NEVER = [ipaddress.ip_network(text) for text in ("0.0.0.0/8", "127.0.0.0/8")]


def words_of(text):
    return [word for word in re.split(rb"[ \t]+", text) if word]


def without_remark(text):
    found = REMARK.search(text)
    return text[: found.start()].strip(BLANKS) if found else text


def address_of(text):
    """The address that TEXT spells, an IPv4 one in IPv6 as itself; None where it is none."""
    try:
        address = ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def range_of(text):
    if len(text) >= 80 or b"%" in text:
        return None
    address, slash, length = text.partition(b"/")
    address = address_of(address)
    if address is None or (slash and not re.fullmatch(rb"[0-9]+", length)):
        return None
    bits = int(length) if slash else address.max_prefixlen
    try:
        return ipaddress.ip_network((address, bits))
    except ValueError:  # too long, or bits set behind it
        return None


def is_too_wide(network):
    if network.prefixlen < (8 if network.version == 4 else 16):
        return True
    if network.version == 4:
        return any(network.subnet_of(never) for never in NEVER)
    return network.network_address in SINKHOLES


def hosts_address_of(text):
    return ipaddress.ip_address("0.0.0.0") if text == b"0" else address_of(text.partition(b"%")[0])


def is_null(text):
    """Whether TEXT is what filters answer where they block."""
    return text != b"0" and hosts_address_of(text) in SINKHOLES


# --------------------------------------------------------------- names and public suffixes


def to_ascii(text):
    """TEXT in the letters of DNS, small; None where it is no name."""
    if not text.isascii():
        if len(text) > 1023:
            return None
        try:
            text = idna.encode(text.decode("utf-8"), uts46=True, transitional=False, std3_rules=False)
        except UnicodeError:  # IDNAError is one
            return None
    if not HOST.match(text):
        return None
    name = text[:-1] if text.endswith(b".") else text
    return name.decode().lower() if len(name) <= 253 else None


class Suffixes:
    """The public suffix list: the section of a name, or None."""

    def __init__(self, path=PSL):
        self.rules, self.stars, self.exceptions = {}, {}, set()
        section = None
        for line in Path(path).read_text("utf-8").splitlines():
            if "===BEGIN ICANN DOMAINS===" in line:
                section = "icann"
            if "===BEGIN PRIVATE DOMAINS===" in line:
                section = "private"
            rule = re.split(r"[ \t]", line)[0]
            if rule and not rule.startswith("//") and section:
                self.add(rule, section)

    def add(self, rule, section):
        where = [self.rules]
        if rule.startswith("!"):
            name = to_ascii(rule[1:].encode())
            self.exceptions.add(name)
            return
        if rule.startswith("*."):
            rule, where = rule[2:], [self.rules, self.stars]
        name = to_ascii(rule.encode())
        for table in where:
            if name and table.get(name) != "icann":
                table[name] = section

    def section(self, name):
        if name in self.exceptions:
            return None
        return self.rules.get(name) or self.stars.get(name.partition(".")[2])


BOILERPLATE = set(
    "localhost localhost.localdomain localhost.local localhost4 localhost4.localdomain4 localhost6 localhost6.localdomain6 "
    "localdomain local broadcasthost".split()
)
