"""The formats of resolvers and AdBlock rules, for oracle.py: written from docs/lists.md and docs/formats.md, not from the C programs."""
import re
from collections import namedtuple

import dns.exception
import dns.rdatatype

from oracle_parts import (BLANKS, NAME_LIKE, PAGE_RULE, address_of, is_null, range_of, to_ascii, without_remark)

Terms = namedtuple("Terms", "important scoped types all_but scope", defaults=(False, False, frozenset(), False, None))
SCOPED = Terms(scoped=True)
ACTION = Terms()  # an answer of its own, for every type


def is_below(name, above):
    return name.endswith("." + above)


def unscoped(text):
    """The address that TEXT spells, without a scope."""
    return None if b"%" in text else address_of(text)


def record_is_good(word, value):
    """Whether VALUE is one of the type called WORD, of those that are read."""
    word, address = word.upper(), unscoped(value)
    if word in (b"A", b"AAAA"):
        return address is not None and address.version == (4 if word == b"A" else 6)
    if word in (b"CNAME", b"PTR"):
        name = to_ascii(value) if value.isascii() else None
        return name is not None and "." in name and not name.rpartition(".")[2].isdigit()
    if word == b"MX":
        words = value.split(None, 1)
        return len(words) == 2 and re.fullmatch(rb"[0-9]+", words[0]) and int(words[0]) < 65536 and record_is_good(b"CNAME", words[1].strip(BLANKS))
    if word == b"TXT":
        value = value[1:-1] if len(value) >= 2 and value[:1] == value[-1:] == b'"' else value
        return 0 < len(value) < 256 and not re.search(rb'["\\]', value)
    return False


class Modifiers:
    """What stands behind the `$` of a rule; `good` is whether all of it is understood."""

    def __init__(self, text):
        self.important = self.badfilter = self.answers = self.code = False
        self.types, self.all_but, self.denyallow, self.record = frozenset(), False, [], False
        items = text.split(b",")
        self.good = all([self.read(*item.partition(b"=")) for item in items])
        if self.badfilter:
            at = items.index(b"badfilter") if b"badfilter" in items else next(i for i, item in enumerate(items) if item.startswith(b"badfilter="))
            self.rest = b",".join(items[:at] + items[at + 1:])

    def read(self, word, equals, value):
        if word in (b"important", b"badfilter"):
            fresh = not getattr(self, word.decode())
            setattr(self, word.decode(), True)
            return fresh and not equals
        if word == b"denyallow":
            fresh, self.denyallow = not self.denyallow, value.split(b"|")
            return fresh and value != b""
        if word == b"dnstype":
            return self.read_types(value)
        return word == b"dnsrewrite" and self.read_answer(value)

    def read_types(self, value):
        if self.types or value == b"" or value.endswith(b"|"):
            return False
        wanted, unwanted = [], []
        for item in value.split(b"|"):
            try:
                number = dns.rdatatype.from_text(item.lstrip(b"~").decode() if item.count(b"~") < 2 else "?")
            except (dns.exception.DNSException, ValueError):
                return False
            if number == 0:
                return False
            (unwanted if item.startswith(b"~") else wanted).append(number)
        self.types, self.all_but = frozenset(wanted or unwanted), not wanted
        return len(wanted or unwanted) <= 8

    def read_answer(self, value):
        codes = (b"NOERROR", b"NXDOMAIN", b"REFUSED")
        if self.answers or value == b"":
            return False
        self.answers = True
        parts = value.split(b";", 2)
        if len(parts) == 1 and value in codes or len(parts) > 1 and parts[1] == b"" and parts[0] in codes and b"".join(parts[2:]) == b"":
            self.code = True
            return True
        if len(parts) == 1:
            address = unscoped(value)
            word = b"CNAME" if address is None else b"A" if address.version == 4 else b"AAAA"
            parts = [b"NOERROR", word, value]
        self.record = len(parts) == 3 and not is_null(parts[2])
        return len(parts) == 3 and parts[0] == b"NOERROR" and record_is_good(parts[1], parts[2])

    def terms(self, rewrites):
        if self.important or self.types or self.code or self.denyallow or (self.record and rewrites):
            return Terms(important=self.important, types=self.types, all_but=self.all_but, scope=tuple(self.denyallow) or None)
        return None


class Adblock:
    """AdBlock rules; also for plain lists, which may hold them."""

    def adblock(self, line):
        if line == b"":
            self.blank += 1
        elif line.startswith(b"!") or (line.startswith(b"[") and line.endswith(b"]")):
            self.comments += 1
        elif line.startswith(b"#") and not PAGE_RULE.search(line):
            self.comments += 1
        elif PAGE_RULE.search(line):
            self.refuse("page_rule")
        else:
            self.rule(without_remark(line))

    def rule(self, rule):
        if rule in self.taken_back:
            self.refuse("disabled")
            return
        exception = rule.startswith(b"@@")
        pattern, dollar, text = rule[2 * exception:].partition(b"$")
        if pattern.startswith(b"/"):
            self.refuse("exception" if exception else "pattern")
            return
        modifiers = Modifiers(text) if dollar else None
        if modifiers is not None and modifiers.badfilter:
            self.again = True
            self.to_take_back.add(rule[: len(rule) - len(text) - 1] + (b"$" + modifiers.rest if modifiers.rest else b""))
            self.refuse("disabled")
        elif modifiers is not None:
            self.modified(pattern, modifiers, exception)
        else:
            self.bare_rule(pattern, exception)

    @staticmethod
    def covers(pattern):
        """(kind, stated, text) of PATTERN, None where it is no name from its beginning to its end."""
        found = re.fullmatch(rb"(\|\|\*\.|\|\||\|)(.+?)(?:\^\||\^|\|)", pattern, re.S)
        if not found or (found[1] == b"|" and found[2] == b"|"):
            return None
        return {b"||*.": ("below", True), b"||": ("subtree", False), b"|": ("exact", True)}[found[1]] + (found[2],)

    def bare_rule(self, pattern, exception):
        covered = self.covers(pattern)
        if re.search(rb"[ \t]", pattern):
            self.refuse("exception" if exception else "other_syntax")
            return
        text = covered[2] if covered else pattern
        inner = text[1:-1] if covered and len(text) > 2 and text[:1] == b"[" and text[-1:] == b"]" else text
        if (covered or not exception) and not (covered and covered[0] == "below") and self.take_range(inner, exception):
            return
        if covered and NAME_LIKE.match(text):
            self.named_rule(covered, exception, None)
        else:
            self.refuse("exception" if exception else "pattern")

    def named_rule(self, covered, exception, terms):
        kind, stated, text = covered
        if exception and self.accepts(text) is None:
            self.refuse("exception")
        else:
            self.take_name(text, kind, stated or exception, exception, terms)

    def modified(self, pattern, modifiers, exception):
        covered = self.covers(pattern)
        good = modifiers.good and covered and NAME_LIKE.match(covered[2]) and range_of(covered[2]) is None
        allowed = self.allowed_again(covered[2], modifiers.denyallow) if good and modifiers.denyallow else []
        if not good or allowed is None or (exception and (modifiers.answers or modifiers.denyallow)):
            self.refuse("exception" if exception else "modifier")
            return
        self.named_rule(covered, exception, modifiers.terms(self.rewrites))
        for name in allowed:
            self.take_name(name, "subtree", True, True, Terms(scoped=True, scope=tuple(modifiers.denyallow)))

    def allowed_again(self, text, items):
        """The names of denyallow that lie below the rule's; None where the rule cannot be honoured."""
        above, names = self.accepts(text), [self.accepts(item) for item in items]
        if above is None or None in names or any(name == above or is_below(above, name) for name in names):
            return None
        return [name.encode() for name in names if is_below(name, above)]


class Dnsmasq:
    def dnsmasq(self, line):
        if self.skips(line):
            return
        word, _, value = without_remark(line).partition(b"=")
        word, value = word.strip(BLANKS), value.strip(BLANKS)
        if word not in (b"address", b"local", b"server"):
            self.refuse("other_syntax")
        elif not value.startswith(b"/"):
            self.refuse("other_syntax" if word == b"address" else "forward")
        elif value.count(b"/") < 2:
            self.refuse("malformed")
        else:
            names, _, target = value[1:].rpartition(b"/")
            for name in names.split(b"/"):
                self.directed(name, target, word == b"address")

    def directed(self, name, target, address):
        terms, fault, exception = None, None, False
        if target not in (b"", b"#") and not (address and is_null(target)):
            fault = "forward" if not address else None if unscoped(target) is not None else "malformed"
            terms = ACTION if self.rewrites else None
        exception = target == b"#" and not address
        kind = "below" if name.startswith(b"*.") else "subtree"
        text = re.sub(rb"\A(\*\.|\.)", b"", name)
        if fault is None and text == b"":
            fault = "single_label"
        if fault is None and re.search(rb"[*#]", text):
            fault = "pattern"
        if fault is None and exception and self.accepts(text) is None:
            fault = "exception"
        if fault:
            self.refuse(fault)
        else:
            self.take_name(text, kind, exception or kind == "below", exception, SCOPED if exception else terms)


UNBOUND_PLAIN = (b"always_null", b"always_nxdomain", b"static")
UNBOUND_ACTION = (b"always_nodata", b"always_refuse", b"always_deny", b"refuse", b"deny", b"inform_deny")
UNBOUND_ALLOW = (b"transparent", b"typetransparent", b"always_transparent", b"inform")
UNBOUND_CLAUSES = (b"view", b"rpz", b"remote-control", b"stub-zone", b"forward-zone", b"auth-zone", b"python", b"dnscrypt", b"dynlib", b"cachedb",
                   b"ipset", b"dnstap", b"redis")


def cut_word(text):
    """The first word of TEXT, in quotes of either kind or not, and the rest."""
    text = text.strip(BLANKS)
    found = re.match(rb"\"([^\"]*)\"|'([^']*)'|([^ \t]*)", text, re.S)
    return next((group for group in found.groups() if group is not None), b""), text[found.end():]


def without_dot(name):
    return name[:-1] if len(name) > 1 and name.endswith(b".") else name


class Unbound:
    def unbound_start(self):
        self.elsewhere, self.waiting = False, None

    def unbound_finish(self):
        if self.waiting is not None:
            name, line, records = self.waiting
            self.waiting, here, self.lines = None, self.lines, line
            self.take_name(name, "subtree", False, False, ACTION if records and self.rewrites else None)
            self.lines = here

    def unbound(self, line):
        if self.skips(line):
            return
        word, _, value = without_remark(line).partition(b":")
        value = value.strip(BLANKS)
        if word == b"local-data" and not self.elsewhere:
            self.unbound_data(value)
            return
        self.unbound_finish()
        if word == b"server" and value == b"":
            self.elsewhere = False
        elif self.elsewhere or (value == b"" and word in UNBOUND_CLAUSES):
            self.elsewhere = True
            self.refuse("other_syntax")
        elif word == b"local-zone":
            self.unbound_zone(value)
        elif word in (b"local-zone-tag", b"local-zone-override"):
            self.again = True
            self.to_take_back.add(without_dot(cut_word(value)[0]).lower())
            self.refuse("modifier")
        else:
            self.refuse("other_syntax")

    def unbound_zone(self, value):
        name, rest = cut_word(value)
        word, rest = cut_word(rest)
        name = without_dot(name)
        known = word in UNBOUND_PLAIN + UNBOUND_ACTION + UNBOUND_ALLOW + (b"block_a", b"redirect", b"inform_redirect")
        if not known or rest:
            self.refuse("other_syntax")
        elif name.lower() in self.taken_back:
            self.refuse("modifier")
        elif word in UNBOUND_ALLOW:
            if self.accepts(name) is None:
                self.refuse("exception")
            else:
                self.take_name(name, "subtree", True, True, SCOPED)
        elif word.endswith(b"redirect"):
            if len(name) > 1024:
                self.refuse("malformed")
            else:
                self.waiting = (name, self.lines, [])
        else:
            terms = Terms(types=frozenset([1])) if word == b"block_a" else ACTION if word in UNBOUND_ACTION else None
            self.take_name(name, "subtree", False, False, terms)

    def unbound_data(self, value):
        if len(value) >= 2 and value[:1] == value[-1:] and value[:1] in b"\"'":
            value = value[1:-1].strip(BLANKS)
        found = re.fullmatch(rb"([^ \t]+)[ \t]+(?:[0-9][^ \t]*[ \t]+)*(?:(?:IN|in)[ \t]+)?([^ \t]+)[ \t]+(.+)", value, re.S)
        good = found and not re.match(rb"[0-9]", found[2])
        name = without_dot(found[1]) if good else None
        if good and self.waiting is not None and self.waiting[0] == name:
            if is_null(found[3]):
                return
            if record_is_good(found[2], found[3]):
                self.waiting[2].append(found[2])
            else:
                self.refuse("other_syntax")
            return
        self.unbound_finish()
        if not good or not record_is_good(found[2], found[3]):
            self.refuse("other_syntax")
        else:
            self.take_name(name, "exact", True, False, ACTION if self.rewrites and not is_null(found[3]) else None)
