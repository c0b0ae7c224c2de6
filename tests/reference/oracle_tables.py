"""The formats of proxies, tables and policy zones, for oracle.py: written from docs/lists.md and docs/formats.md, not from the C programs."""
import json
import re

from oracle_formats import ACTION, SCOPED
from oracle_parts import BLANKS, GUESSED_NAME, Failed, range_of, without_remark, words_of

SURGE = {
    "exact": b"DOMAIN HOST", "subtree": b"DOMAIN-SUFFIX HOST-SUFFIX", "range": b"IP-CIDR IP-CIDR6 IP6-CIDR",
    "pattern": b"DOMAIN-KEYWORD HOST-KEYWORD DOMAIN-WILDCARD HOST-WILDCARD DOMAIN-REGEX URL-REGEX",
    "trigger": b"USER-AGENT PROCESS-NAME PROCESS-PATH SRC-IP SRC-IP-CIDR SRC-PORT IN-PORT DEST-PORT DST-PORT PROTOCOL GEOIP IP-ASN",
    "modifier": b"AND OR NOT FINAL MATCH", "include": b"GEOSITE RULE-SET DOMAIN-SET",
}
SURGE_REJECTS = (b"REJECT REJECT-DROP REJECT-TINYGIF REJECT-IMG REJECT-200 REJECT-NO-DROP REJECT-DICT REJECT-ARRAY BLOCK NO-RESOLVE "
                 b"EXTENDED-MATCHING PRE-MATCHING").split()


class Surge:
    def surge(self, line):
        if self.skips(line):
            return
        if line.startswith((b"//", b";", b"!")) or (line.startswith(b"[") and line.endswith(b"]")) or line == b"payload:":
            self.comments += 1
            return
        line = without_remark(line)
        if line.startswith(b"- "):
            line = line[2:].strip(BLANKS)
            if len(line) >= 2 and line[:1] == line[-1:] and line[:1] in b"\"'":
                line = line[1:-1]
        if b"," in line:
            self.surge_rule([part.strip(BLANKS) for part in line.split(b",")])
        elif not self.take_range(line):
            self.surge_member(line)

    quantumult = surge

    def surge_member(self, text):
        for start in (b"+.", b"."):
            if text.startswith(start):
                self.take_name(text[len(start):], "subtree", True)
                return
        if re.search(rb"[*?/|^$()\\]", text):
            self.refuse("pattern")
        else:
            self.take_name(text, "exact", True)

    def surge_rule(self, parts):
        what = next((key for key, words in SURGE.items() if parts[0].upper() in words.split()), "other_syntax")
        if what in ("exact", "subtree", "range"):
            last = parts[-1] == b""  # a comma at the end says nothing
            for policy in parts[2: len(parts) - last if len(parts) > 2 else None]:
                if policy.upper() not in SURGE_REJECTS:
                    self.refuse("exception" if policy.upper() == b"DIRECT" else "forward")
                    return
        if what in ("exact", "subtree"):
            self.take_name(parts[1], what, True)
        elif what != "range":
            self.refuse(what)
        elif not self.take_range(parts[1]):
            self.refuse("malformed")


SINGBOX = ("domain", "domain_suffix", "ip_cidr", "domain_keyword", "domain_regex")


class Singbox:
    def singbox_whole(self, data):
        try:
            rules = json.loads(data)["rules"]
        except (ValueError, KeyError, TypeError) as fault:
            raise Failed("no rule set") from fault
        if not isinstance(rules, list):
            raise Failed("no rule set")
        for rule in rules:
            simple = isinstance(rule, dict) and rule and all(
                key in SINGBOX or (key == "invert" and value is False) or (key == "type" and value == "default") for key, value in rule.items())
            if not simple:
                self.lines += 1
                self.refuse("modifier" if isinstance(rule, dict) else "malformed")
                continue
            for key in rule:
                if key in SINGBOX:
                    for value in rule[key] if isinstance(rule[key], list) else [rule[key]]:
                        self.lines += 1
                        self.singbox_value(key, value)

    def singbox_value(self, key, value):
        text = value.encode() if isinstance(value, str) else None
        if text is None:
            self.refuse("malformed")
        elif key == "domain":
            self.take_name(text, "exact", True)
        elif key == "domain_suffix":
            self.take_name(text.removeprefix(b"."), "below" if text.startswith(b".") else "subtree", True)
        elif key != "ip_cidr":
            self.refuse("pattern")
        elif not self.take_range(text):
            self.refuse("malformed")


CSV_NAMES = "domain domains hostname host fqdn domain_name domainname url urls uri site website dns name".split()
CSV_PARTS = "category category_code categories".split()


class Csv:
    def csv_whole(self, data):
        """Records are put together from lines by whether their quotes are closed."""
        self.separator, self.column, self.part_column, record = None, None, None, b""
        for line in data:
            self.lines += 1
            line = line[3:] if line.startswith(b"\xef\xbb\xbf") else line
            if record == b"" and self.skips(line.strip(BLANKS)):
                continue
            if (record or self.csv_is_open(line)) and len(record) + len(line) + 1 > 65536:
                record = b""
                self.refuse("malformed")
                continue
            record += line
            if self.csv_is_open(record):
                record += b"\n"
                continue
            self.csv_record(record)
            record = b""
        if record:
            self.refuse("malformed")

    def csv_cut(self, record, marks):
        """(text, whole, mark behind it) of each cell; the last one's mark is None where its quotes are open."""
        mark, cells, at = b"[" + re.escape(marks) + b"]", [], 0
        while True:
            found = re.compile(rb'"((?:[^"]|"")*)("?)(.*?)(?:(' + mark + rb")|\Z)", re.S).match(record, at)
            if found and found[2] == b"":
                return cells + [(found[1], False, None)]
            if found:
                tail = found[3].strip(BLANKS)
                cells.append((found[1].replace(b'""', b'"') + tail, tail == b"", found[4] or b""))
            else:
                found = re.compile(rb"(.*?)(?:(" + mark + rb")|\Z)", re.S).match(record, at)
                cells.append((found[1], True, found[2] or b""))
            at = found.end()
            if cells[-1][2] == b"":
                return cells

    def csv_is_open(self, record):
        return self.csv_cut(record, (self.separator or ",;\t").encode())[-1][2] is None

    def csv_cells(self, record):
        return [text.strip(BLANKS) if whole else None for text, whole, _ in self.csv_cut(record, self.separator.encode())]

    def csv_record(self, record):
        if self.separator is None:
            marks = [mark for _, _, mark in self.csv_cut(record, b",;\t")]
            self.separator = max(",;\t", key=lambda mark: marks.count(mark.encode()))
            cells = [text.strip(BLANKS).decode("latin-1").lower() for text, _, _ in self.csv_cut(record, self.separator.encode())]
            wanted = [self.column_word.lower()] if self.column_word else CSV_NAMES
            found = next((word for word in wanted if word in cells), None)
            if found is not None:
                self.column = cells.index(found)
                part = next((word for word in CSV_PARTS if word in cells), None)
                self.part_column = cells.index(part) if part else None
            elif self.column_word:
                raise Failed("no such column")
            if self.part and self.part_column is None:
                raise Failed("no column of categories")
            if found is not None or not self.csv_find(record):
                return
        elif self.column is None and not self.csv_find(record):
            self.refuse("malformed")
            return
        cells = self.csv_cells(record)
        if self.part and (self.part_column >= len(cells) or cells[self.part_column].decode("latin-1").lower() != self.part.lower()):
            return
        if self.column >= len(cells) or cells[self.column] is None or len(cells[self.column]) > 2048:
            self.refuse("malformed")
        else:
            self.csv_value(cells[self.column])

    def csv_find(self, record):
        cells = [text.strip(BLANKS) for text, _, _ in self.csv_cut(record, self.separator.encode())]
        for test in (lambda cell: range_of(cell) is None and (b"://" in cell or GUESSED_NAME.match(cell)), range_of):
            self.column = next((at for at, cell in enumerate(cells) if test(cell)), None)
            if self.column is not None:
                return True
        return False

    def csv_value(self, text):
        scheme, mark, rest = text.partition(b"://")
        if not mark and (b"/" not in text or range_of(text) is not None):
            self.word(text, "subtree")
            return
        if mark and scheme.lower() not in (b"http", b"https"):
            self.refuse("other_syntax")
            return
        host, path = re.fullmatch(rb"([^/?#]*)(.*)", rest if mark else text, re.S).groups()
        if len(host) > 2 and host[:1] == b"[" and host[-1:] == b"]":
            host = host[1:-1]
        elif re.search(rb"[@:]", host):
            path = host
        if path not in (b"", b"/"):
            self.refuse("page_rule")
        elif re.search(rb"[*^|$()\\]", host):
            self.refuse("pattern")
        elif not self.take_range(host):
            self.take_name(host, "exact")


class Rpz:
    """Response policy zones, as far as lists go: an owner, its trigger, and one action."""

    def rpz_whole(self, lines):
        self.origin, self.apex, self.owner, self.answer = "", "", None, None
        self.rpz_given = False
        entry, depth, first = b"", 0, 0
        for number, line in enumerate(lines, 1):
            self.lines = number
            if depth == 0 and line.strip(BLANKS)[:1] in (b"", b";"):
                self.blank += line.strip(BLANKS) == b""
                self.comments += line.strip(BLANKS) != b""
                continue
            first = first if depth else number
            text = re.sub(rb'("[^"]*")|;.*', lambda found: found[1] or b"", line)
            depth += text.count(b"(") - text.count(b")")
            entry += text
            if depth == 0:
                self.lines = first
                self.rpz_entry(re.sub(rb"[()]", b" ", entry))
                entry = b""
        self.lines = len(lines)

    def rpz_entry(self, text):
        words = words_of(text)
        if words[0].upper() == b"$ORIGIN":
            self.origin, self.rpz_given = self.rpz_name(words[1]), True
        if words[0].startswith(b"$"):
            return
        if text[:1] not in b" \t":
            self.owner = self.rpz_name(words.pop(0))
        while words and (words[0].upper() == b"IN" or words[0].isdigit()):
            words.pop(0)
        if words[0].upper() == b"SOA":
            self.apex = self.owner
            if not self.rpz_given:
                self.origin, self.rpz_given = self.owner, True
        if self.owner != self.apex:
            self.rpz_record(self.owner, words[0].upper(), words[1:])

    def rpz_name(self, word):
        name = word.decode("latin-1").lower()
        if name == "@":
            return self.origin
        return name[:-1] if name.endswith(".") else f"{name}.{self.origin}".rstrip(".")

    def rpz_record(self, owner, word, values):
        trigger = owner if self.apex == "" else owner.removesuffix("." + self.apex)
        last = trigger.rpartition(".")[2]
        if last in ("rpz-client-ip", "rpz-nsip", "rpz-nsdname"):
            self.refuse("trigger")
            return
        target = values[0].lower().rstrip(b".") if word == b"CNAME" else None
        passes = target is not None and target in (b"rpz-passthru", trigger.encode())
        if last == "rpz-ip":
            self.rpz_range(trigger.split(".")[:-1], passes)
            return
        kind, name = ("below", trigger[2:]) if trigger.startswith("*.") else ("exact", trigger)
        if "*" in name:
            self.refuse("pattern")
            return
        terms = ACTION if target in (b"rpz-drop", b"rpz-tcp-only") else SCOPED if passes and kind == "below" else None
        self.take_name(name.encode("latin-1"), kind, True, passes, terms)

    def rpz_range(self, labels, passes):
        length, words = labels[0], labels[:0:-1]
        text = ".".join(words) if len(words) == 4 and "zz" not in words else re.sub(":?zz:?", "::", ":".join(words))
        if not self.take_range(f"{text}/{length}".encode(), passes):
            self.refuse("malformed")


class V2fly:
    """Without includes: the files of the data set have none of theirs beside them."""

    def v2fly_whole(self, lines):
        missing = set()
        for line in lines:
            self.lines += 1
            text, mark, _ = line.partition(b"#")
            words = words_of(text)
            if not words:
                self.comments += bool(mark)
                self.blank += not mark
            elif words[0].startswith(b"include:"):
                missing.add((b" ".join([words[0][8:].lower(), *words[1:]]), self.lines))
            else:
                self.v2fly_words(words[0], words[1:])
        for _, self.lines in sorted({name: line for name, line in sorted(missing, reverse=True)}.items(), key=lambda item: item[1]):
            self.refuse("include")
        self.lines = len(lines)

    def v2fly_words(self, name, attributes):
        if name.startswith((b"regexp:", b"keyword:")):
            self.refuse("pattern")
        elif any(not re.match(rb"[@&].", word) for word in attributes):
            self.refuse("malformed")
        else:
            kind, _, text = (b"", b"", name) if not name.startswith((b"full:", b"domain:")) else name.partition(b":")
            for fault, marks in (("other_syntax", b":"), ("page_rule", b"/"), ("pattern", b"*^|$()\\?")):
                if any(mark in text for mark in marks):
                    self.refuse(fault)
                    return
            self.take_name(text, "exact" if kind == b"full" else "subtree", kind != b"")
