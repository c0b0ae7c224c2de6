#!/usr/bin/env python3
"""An independent reader of lists, written from docs/lists.md: which categories a name has, and what each source gave.

It shares no code with the C programs, only the tables of config/data, and prefers the plain reading of the page to speed.
    oracle.py --lists DIR NAME...|-      prints `name<TAB>category,category`
"""
import argparse
import fnmatch
import os
import re
import stat
import sys
import tarfile
from pathlib import Path

from oracle_formats import Adblock, Dnsmasq, Unbound
from oracle_parts import (BLANKS, BOILERPLATE, BOM, FOREIGN, GUESSED_NAME, LINE_MAX, PAGE_RULE, PSL, SINKHOLES, Failed, Suffixes, hosts_address_of,
                          is_too_wide, lines_of, octets_of, range_of, to_ascii, without_remark, words_of)
from oracle_tables import Csv, Rpz, Singbox, Surge, V2fly

ROOT = Path(__file__).resolve().parents[2]

# --------------------------------------------------------------- one source


class Source(Adblock, Dnsmasq, Unbound, Surge, Singbox, Csv, Rpz, V2fly):
    """What one source gave: entries by kind, counts, and every name that it spelled, taken or not."""

    def __init__(self, feed, category, suffixes, tld=False, private=False, match=None, rewrites=False, column=None, part=None):
        self.feed, self.category, self.suffixes = feed, category, suffixes
        self.tld, self.private, self.match, self.rewrites = tld, private, match, rewrites
        self.column_word, self.part = column, part
        self.spelled = set()
        self.format, self.fault = None, None
        self.taken_back = set()  # texts that another line takes back
        self.begin()

    def begin(self):
        """Before each reading."""
        self.subtree, self.exact, self.below = [], [], []
        self.termed = []  # listings with terms, and exceptions: (name, kind, terms or None)
        self.excepted = []
        self.ranges, self.excepted_ranges = [], []
        self.lines = self.blank = self.comments = 0
        self.refused, self.first = {}, {}
        self.again, self.to_take_back = False, set()

    def refuse(self, reason):
        self.refused[reason] = self.refused.get(reason, 0) + 1
        self.first.setdefault(reason, self.lines)

    def take_range(self, text, exception=False):
        """Takes or refuses TEXT if it is a range; tells whether it was one."""
        network = range_of(text)
        if network is None:
            return False
        if is_too_wide(network):
            self.refuse("ip_address")
        else:
            (self.excepted_ranges if exception else self.ranges).append(network)
        return True

    def take_name(self, text, kind, stated=False, exception=False, terms=None):
        kind = kind if stated or self.match is None else self.match
        name = to_ascii(text)
        if name is None or name.rpartition(".")[2].isdigit():
            self.refuse("malformed")
            return
        self.spelled.add(name)
        reason = self.fault_of(name)
        if reason:
            self.refuse(reason)
        elif exception or terms is not None:
            (self.excepted if exception else self.termed).append((name, kind, terms))
        else:
            getattr(self, kind).append(name)

    def accepts(self, text):
        """The name that take_name would take TEXT for, None where it would refuse it."""
        name = to_ascii(text)
        return None if name is None or name.rpartition(".")[2].isdigit() or self.fault_of(name) else name

    def fault_of(self, name):
        if name in BOILERPLATE or (name.startswith("ip6-") and "." not in name):
            return "boilerplate"
        section = self.suffixes.section(name)
        if "." not in name and not (self.tld and section == "icann"):
            return "single_label"
        if (section == "icann" and not self.tld) or (section == "private" and not self.private):
            return "public_suffix"
        return None

    def skips(self, line):
        if line == b"":
            self.blank += 1
        elif line.startswith(b"#"):
            self.comments += 1
        else:
            return False
        return True

    # ----------------------------------------------------------- the formats

    def bare(self, text, kind, stated=False):
        if b"/" in text:
            self.refuse("page_rule")
        elif re.search(rb"[*^|$()\\?]", text):
            self.refuse("pattern")
        else:
            self.take_name(text, kind, stated)

    def word(self, text, kind):
        if self.take_range(text):
            return
        for start, stated in ((b"*.", "subtree"), (b".", "subtree"), (b"=", "exact")):
            if text.startswith(start):
                self.bare(text[len(start):], stated, True)
                return
        self.bare(text, kind)

    def plain(self, line, kind="subtree"):
        if self.skips(line):
            return
        line = without_remark(line)
        words = words_of(line)
        if PAGE_RULE.search(line):
            self.refuse("page_rule")
        elif line.startswith((b"||", b"@@")):
            self.rule(line)
        elif line.startswith(FOREIGN):
            self.refuse("other_syntax")
        elif len(words) == 1:
            self.word(words[0], kind)
        elif hosts_address_of(words[0]) is not None:
            self.entry(words)
        else:
            self.refuse("malformed")

    def wildcard(self, line):
        self.plain(line, "exact")

    def entry(self, words):
        address = hosts_address_of(words[0])
        if address is None or len(words) == 1:
            self.refuse("malformed")
            return
        for word in words[1:]:
            self.host(word, address in SINKHOLES)

    def host(self, word, sinkhole):
        address = hosts_address_of(word)
        name = to_ascii(word) if word.isascii() else None
        if name is not None and self.fault_of(name) == "boilerplate" or address in SINKHOLES:
            self.refuse("boilerplate")
        elif address is not None:
            self.refuse("ip_address")
        elif not sinkhole:
            self.refuse("mapping")
        elif re.search(rb"[*^|$()\\?/]", word):
            self.refuse("pattern")
        else:
            self.take_name(word, "exact")

    def hosts(self, line):
        if self.skips(line):
            return
        line = without_remark(line)
        if PAGE_RULE.search(line):
            self.refuse("page_rule")
        elif line.startswith(FOREIGN + (b"||", b"@@")):
            self.refuse("other_syntax")
        else:
            self.entry(words_of(line))

    def ut1(self, line):
        if self.skips(line):
            return
        words = words_of(without_remark(line))
        if len(words) > 1:
            self.refuse("malformed")
        elif not self.take_range(words[0]):
            self.bare(words[0][1:] if words[0].startswith(b".") else words[0], "subtree")

    # ----------------------------------------------------------- the whole

    def read(self, data, form=None):
        """Reads DATA as FORM (None: guessed) and judges it; a fault is kept in self.fault."""
        try:
            data = octets_of(data)
            lines = lines_of(data)
            self.format = form or guess(lines)
            self.read_once(data, lines)
            if self.again:
                self.taken_back = self.to_take_back
                self.begin()
                self.read_once(data, lines)
            if not self.taken():
                raise Failed("nothing was taken")
            if self.lines >= 100 and self.refused.get("malformed", 0) * 5 > self.lines:
                raise Failed("malformed")
        except Failed as fault:
            self.fault = str(fault)
        return self

    def read_once(self, data, lines):
        if hasattr(self, f"{self.format}_whole"):
            getattr(self, f"{self.format}_whole")(data if self.format == "singbox" else lines)
            return
        getattr(self, f"{self.format}_start", lambda: None)()
        take = getattr(self, self.format)
        for line in lines:
            self.lines += 1
            if len(line) > LINE_MAX:
                self.refuse("malformed")
                continue
            take((line[3:] if line.startswith(BOM) else line).strip(BLANKS))
        getattr(self, f"{self.format}_finish", lambda: None)()

    def taken(self):
        return sum(map(len, (self.subtree, self.exact, self.below, self.termed, self.excepted, self.ranges, self.excepted_ranges)))

    # ----------------------------------------------------------- the answer

    def is_special(self):
        return bool(self.termed) or any(terms is not None for _, _, terms in self.excepted)

    def settle(self):
        """Makes the tables of `lists`: by name, what the source says there."""
        self.at = {}
        for kind in ("subtree", "exact", "below"):
            for name in getattr(self, kind):
                self.at.setdefault(name, []).append((kind, False, None))
        for entries, exception in ((self.termed, False), (self.excepted, True)):
            for name, kind, terms in entries:
                self.at.setdefault(name, []).append((kind, exception, terms))

    def lists(self, name):
        """Whether it lists NAME for some type, by docs/set-file.md, "Terms"."""
        labels = name.split(".")
        rows = [(suffix, entry) for suffix in (".".join(labels[at:]) for at in range(len(labels) - 1, -1, -1))
                for entry in self.at.get(suffix, ()) if entry[0] == "subtree" or (entry[0] == "exact") == (suffix == name)]
        types = set().union(*(entry[2].types for _, entry in rows if entry[2]), {None})
        return any(self.lists_for([row for row in rows if holds(row[1][2], number)]) for number in types)

    @staticmethod
    def lists_for(rows):
        lifted = [terms is not None and terms.important for _, (_, exception, terms) in rows if exception and not (terms and terms.scoped)]
        scopes = [(len(suffix), terms.scope) for suffix, (_, exception, terms) in rows if exception and terms and terms.scoped]
        for suffix, (_, exception, terms) in rows:
            barred = any(lifted) if terms is not None and terms.important else lifted
            scope = terms.scope if terms is not None else None
            if not exception and not barred and not any(at > len(suffix) and its in (None, scope) for at, its in scopes):
                return True
        return False


def holds(terms, number):
    """Whether an entry with TERMS holds for type NUMBER; None stands for any type that no entry names."""
    return terms is None or not terms.types or (number in terms.types) != terms.all_but


# --------------------------------------------------------------- the guess

GUESSES = {
    "plain": lambda text, words: len(words) == 1 and (
        range_of(text) is not None or GUESSED_NAME.match(text[1:] if text.startswith(b"=") else text)),
    "hosts": lambda text, words: len(words) > 1 and hosts_address_of(words[0]) is not None,
    "adblock": lambda text, words: text.startswith((b"|", b"@@")) or PAGE_RULE.search(text),
    "wildcard": lambda text, words: text.startswith(b"*.") and GUESSED_NAME.match(text[2:]),
    "dnsmasq": lambda text, words: text.startswith((b"address=/", b"server=/", b"local=/")),
    "unbound": lambda text, words: text.startswith((b"local-zone:", b"local-data:", b"server:")),
    "rpz": lambda text, words: text.startswith((b"$TTL", b"$ORIGIN")) or b"CNAME" in words or b"SOA" in words,
    "v2fly": lambda text, words: text.startswith((b"include:", b"full:", b"domain:", b"regexp:", b"keyword:")),
    "surge": lambda text, words: re.match(rb"(- )?(DOMAIN|HOST|IP-CIDR|IP6-CIDR)", text) and b"," in text,
    "csv": lambda text, words: b"," in text and not re.search(rb"[|^\\]", text),
    "regex": lambda text, words: not text.startswith((b"||", b"@@")) and (
        text.startswith(b"^") or re.search(rb"[\\()]", text)),
}
READ = ("plain", "hosts", "adblock", "wildcard", "dnsmasq", "unbound", "rpz", "v2fly", "surge", "csv")


def guess(lines):
    votes, heard = dict.fromkeys(GUESSES, 0), 0
    for line in lines:
        text = (line[3:] if line.startswith(BOM) else line).strip(BLANKS)
        if text == b"" or (text.startswith(b"#") and not text.startswith(b"##")):
            continue
        if heard == 0 and text.startswith(b"{"):
            return "singbox"
        text = without_remark(text)
        words = words_of(text)
        for form, speaks in GUESSES.items():
            votes[form] += bool(speaks(text, words))
        heard += 1
        if heard == 1000:
            break
    best = max(votes, key=votes.get)  # of equal ones the first
    if votes[best] == 0:
        raise Failed("no format that is known")
    if best not in READ:
        raise Failed(f"looks like {best}")
    return best


# --------------------------------------------------------------- tables, trees, directories


def table(name):
    """The rows of config/data/NAME.tsv, each as a list of fields, four at least."""
    rows = []
    for line in (ROOT / "config/data" / f"{name}.tsv").read_text("utf-8").split("\n"):
        if line and not line.startswith("#"):
            rows.append((line.split("\t") + [""] * 4)[: max(4, line.count("\t") + 1)])
    return rows


UT1_FILES = ("domains", "urls", "expressions", "usage")
CATEGORY = re.compile(r"[A-Za-z0-9_-]{1,63}\Z")


def tree_from_archive(path):
    """The files and links of a tree: {category: {file: octets}}, {category}."""
    files, links = {}, set()
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name[2:] if member.name.startswith("./") else member.name
            parts = name.split("/")
            if member.isdir() or any(part in ("", ".", "..") for part in parts) or len(parts) > 3:
                continue
            if member.issym() and CATEGORY.match(parts[-1]) and parts[-1] not in UT1_FILES and len(parts) < 3:
                links.add(parts[-1])
            if not member.isreg() or len(parts) < 2 or parts[-1] not in UT1_FILES or not CATEGORY.match(parts[-2]):
                continue
            files.setdefault(parts[-2], {}).setdefault(parts[-1], archive.extractfile(member).read())
    return files, links


def tree_from_directory(path):
    files, links = {}, set()
    inner = os.path.join(path, "blacklists")
    if os.path.isdir(inner) and not os.path.islink(inner):
        path = inner
    for entry in os.scandir(path):
        if not CATEGORY.match(entry.name):
            continue
        if entry.is_symlink():
            links.add(entry.name)
        elif entry.is_dir():
            for file in UT1_FILES:
                place = os.path.join(entry.path, file)
                if os.path.lexists(place) and stat.S_ISREG(os.lstat(place).st_mode):
                    files.setdefault(entry.name, {})[file] = Path(place).read_bytes()
    return files, links


def key_of(name, files, rows):
    """The category key of UT1's list NAME, None where it is skipped."""
    row = rows.get(name)
    if row is None or row[1].startswith(("=", "-")) or "domains" not in files:
        return None
    usage = {line.strip(BLANKS) for line in lines_of(files.get("usage", b"") or b"\n")}
    black, white = b"black" in usage, b"white" in usage
    allow = white if black != white else row[2] == "allow"
    if allow:
        return "edu_positive"
    return None if row[1] == "edu_positive" else row[1]


def is_tree(path):
    return any(os.path.exists(os.path.join(path, inner, name, "domains"))
               for inner in ("", "blacklists") if os.path.isdir(os.path.join(path, inner))
               for name in os.listdir(os.path.join(path, inner)) if not name.startswith("."))


class Lists:
    """All sources of a run, and the categories of a name by them."""

    def __init__(self, psl=PSL):
        self.suffixes = Suffixes(psl)
        self.sources, self.skipped = [], []
        self.keys = [row[1] for row in table("taxonomy")]
        self.texts = {}

    def feed(self, name):
        base = name.rpartition("/")[2]
        base = base[:-3] if base.endswith(".gz") and base != ".gz" else base
        feed, number = base, 2
        while any(source.feed == feed for source in self.sources):
            feed, number = f"{base}-{number}", number + 1
        return feed

    def add_file(self, path, category, form=None, **options):
        source = Source(self.feed(str(path)), category, self.suffixes, **options)
        self.sources.append(source.read(Path(path).read_bytes(), form))

    def add_tree(self, path):
        files, links = tree_from_directory(path) if os.path.isdir(path) else tree_from_archive(path)
        rows = {row[0]: row for row in table("ut1")}
        for name in sorted(set(files) | links):
            key = None if name in links else key_of(name, files.get(name, {}), rows)
            if key is None:
                self.skipped.append(f"ut1: {name}")
                continue
            source = Source(self.feed(f"ut1-{name}"), key, self.suffixes)
            self.sources.append(source.read(files[name]["domains"], "ut1"))

    def add_lists(self, path):
        if is_tree(path):
            self.add_tree(path)
            return
        for folder in sorted(entry.name for entry in os.scandir(path) if entry.is_dir() and entry.name[0] != "."):
            inner = os.path.join(path, folder)
            if is_tree(inner):
                self.add_tree(inner)
                continue
            for name in sorted(os.listdir(inner)):
                if name[0] != ".":
                    self.add_by_table(os.path.join(inner, name), folder, name)

    def add_by_table(self, path, folder, name):
        if not os.path.isfile(path):
            if is_tree(path):
                self.add_tree(path)
            else:
                self.skipped.append(f"{folder}/{name}")
            return
        whole = f"{folder}/{name}"
        if whole.endswith(".gz") and not whole.endswith(".tar.gz"):
            whole = whole[:-3]
        for glob, category, form, _ in table("lists"):
            if glob.count("/") == whole.count("/") and all(
                    fnmatch.fnmatchcase(part, piece) for part, piece in zip(whole.split("/"), glob.split("/"))):
                break
        else:
            category, form = (folder, "auto") if folder in self.keys else ("!", "")
        if category in ("!", "-"):
            self.skipped.append(f"{folder}/{name}")
        elif category == "ut1":
            self.add_tree(path)
        else:
            self.add_file(path, category, None if form == "auto" else form)

    def settle(self):
        """Makes the tables that listed_by and range_listed_by ask: a bit a source."""
        self.tables = {(kind, exception): {} for kind in ("subtree", "exact", "below") for exception in (False, True)}
        self.special = []  # the few sources whose entries have terms are asked one by one
        for number, source in enumerate(self.sources):
            if source.fault:
                continue
            if source.is_special():
                source.settle()
                self.special.append((number, source))
                continue
            for kind in ("subtree", "exact", "below"):
                excepted = [name for name, of, _ in source.excepted if of == kind]
                for names, to in ((getattr(source, kind), self.tables[kind, False]), (excepted, self.tables[kind, True])):
                    for name in names:
                        to[name] = to.get(name, 0) | 1 << number
        return self

    def listed_by(self, name):
        """The sources that list NAME, as bits."""
        bits, at = [self.tables["exact", False].get(name, 0), self.tables["exact", True].get(name, 0)], name
        while at:
            for exception in (False, True):
                bits[exception] |= self.tables["subtree", exception].get(at, 0)
                if at != name:
                    bits[exception] |= self.tables["below", exception].get(at, 0)
            at = at.partition(".")[2]
        return bits[0] & ~bits[1] | sum(1 << number for number, source in self.special if source.lists(name))

    def categories(self, bits):
        """The categories of BITS, as `set lookup` prints them."""
        if bits not in self.texts:
            keys = {source.category for number, source in enumerate(self.sources) if bits >> number & 1}
            self.texts[bits] = ",".join(key for key in self.keys if key in keys) or "-"
        return self.texts[bits]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lists", required=True, metavar="DIR")
    parser.add_argument("names", nargs="+", metavar="NAME")
    options = parser.parse_args()
    lists = Lists()
    lists.add_lists(options.lists)
    lists.settle()
    names = (line.rstrip("\n") for line in sys.stdin) if options.names == ["-"] else options.names
    for name in names:
        known = to_ascii(name.encode()) or name
        print(f"{known}\t{lists.categories(lists.listed_by(known))}")


if __name__ == "__main__":
    main()
