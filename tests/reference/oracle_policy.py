"""An independent reading of the rules: what becomes of a name, for a profile, at a time. From the design's order of decision and
docs/config.md; no code is shared with the C programs, and hours are worked out by Python's zoneinfo.

A world is plain data, as policy_worlds.py makes it: `lists` {category: names with all below}, `profiles` {name: options as in the
config}, `calendars`, `zone`, `operator_deny`.
"""
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from harness import ROOT

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
STEPS = [(0, "early"), (7, "primary"), (13, "lower_sec"), (16, "upper_sec"), (18, "legal_only")]
BANDS = "ABCDE"


def rows_of(table):
    for line in (ROOT / f"config/data/{table}.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


CATEGORIES = {key: (int(bit), int(severity[1]), cells) for bit, key, severity, cells, _ in rows_of("taxonomy")}
S3, S4 = ({key for key, (_, severity, _) in CATEGORIES.items() if severity == grade} for grade in (3, 4))


class Preset:
    """One row of presets.tsv."""

    def __init__(self, row):
        name, band, block, quota, warn, besides, default, admits, _, self.safe, self.youtube, hours, _ = row
        at = BANDS.index(band)
        cells = {key: cells[at] for key, (_, _, cells) in CATEGORIES.items()}
        self.name = name
        self.block = {key for key, cell in cells.items() if cell in block} | ({*besides.split(",")} - {"-"})
        self.quota = {key for key, cell in cells.items() if cell in quota and quota != "-"} - self.block
        self.warn = {key for key, cell in cells.items() if cell in warn and warn != "-"} - self.block
        self.deny, self.admits, self.hours = default == "deny", admits == "yes", None if hours == "-" else hours


PRESETS = {row[0]: Preset(row) for row in rows_of("presets")}
NOTHING = Preset(["", "E", "-", "-", "-", "-", "allow", "yes", "0s", "off", "off", "-", ""])
NOTHING.block = set()

# --- hours ---


def minutes(text):
    hour, minute = text.split(":")
    return 60 * int(hour) + int(minute)


def days_of(text, weekend):
    """`mon-wed,sat` or `weekend` as a set of days, 0 Monday."""
    chosen = set()
    for word in text.replace(",", " ").split():
        if word == "daily":
            chosen |= set(range(7))
        elif word == "weekend":
            chosen |= weekend
        elif word == "weekdays":
            chosen |= set(range(7)) - weekend
        else:
            first, _, last = word.partition("-")
            first, last = DAYS.index(first), DAYS.index(last or first)
            chosen |= {(first + i) % 7 for i in range((last - first) % 7 + 1)}
    return chosen


def is_among(day, ranges):
    for one in ranges:
        first, _, last = one.partition("..")
        if date.fromisoformat(first) <= day <= date.fromisoformat(last or first):
            return True
    return False


class Wall:
    """What the clock on the wall of a profile shows, and what kind of day it is."""

    def __init__(self, world, profile, at):
        zone = profile.get("zone") or world.get("zone")
        self.known = zone is not None
        self.zone = ZoneInfo(zone or "UTC")
        self.local = datetime.fromtimestamp(at, timezone.utc).astimezone(self.zone).replace(tzinfo=None)
        self.calendar = world["calendars"].get(profile.get("calendar"), {}) if profile.get("calendar") else {}
        self.weekend = days_of(" ".join(self.calendar.get("weekend", ["sat", "sun"])), set())

    def weekday(self, day):
        if is_among(day, self.calendar.get("holidays", [])):
            return DAYS.index(self.calendar.get("holiday_as", "sun"))
        return day.weekday()

    def is_school(self, day):
        terms = self.calendar.get("terms", [])
        return not is_among(day, self.calendar.get("holidays", [])) and (not terms or is_among(day, terms))

    def within(self, window, only=None):
        """Whether WINDOW, `mon-fri 15:00-17:00`, holds now."""
        *days, hours = window.split()
        days = days_of(" ".join(days), self.weekend) if days else set(range(7))
        start, end = map(minutes, hours.split("-"))
        end += 1440 if end <= start else 0
        for day in (self.local.date(), self.local.date() - timedelta(1)):
            passed = (self.local - datetime.combine(day, time())).total_seconds() / 60
            fits = only is None or self.is_school(day) == (only == "terms")
            if start <= passed < end and self.weekday(day) in days and fits:
                return True
        return False


def in_force(world, profile, at):
    """The schedules of PROFILE that hold, bedtime among them."""
    wall = Wall(world, profile, at)
    schedules = list(profile.get("schedules", {}).values())
    if profile.get("bedtime"):
        schedules.append({"offline": "yes", "when": profile["bedtime"]})
    return [one for one in schedules if any(wall.within(window, one.get("only")) for window in one["when"])]


# --- the profile of now ---


def step_of(world, profile, at):
    """The preset that PROFILE's age has come to: a step is taken on the first day of the month after the birthday's."""
    year, month = map(int, profile["born"].split("-"))
    now = Wall(world, profile, at).local
    age = now.year - year - (now.month <= month)
    return [name for least, name in STEPS if age >= least or least == 0][-1]


class State:
    """What PROFILE blocks at AT."""

    def __init__(self, world, profile, at):
        preset = PRESETS[profile["extends"]] if "extends" in profile else NOTHING
        if "born" in profile:
            preset = PRESETS[step_of(world, profile, at)]
        more, unblock, observe = (set(profile.get(key, [])) for key in ("block", "unblock", "observe"))
        self.block = (preset.block | more) - unblock - observe
        self.warn = preset.warn - more - unblock - observe
        self.quota = preset.quota - more - unblock - observe
        self.deny = profile.get("default", "deny" if preset.deny else "allow") == "deny"
        self.admits = preset.admits
        wall = Wall(world, profile, at)
        # a bedtime that somebody has written stands in the place of the preset's hours
        hours = None if profile.get("bedtime") else preset.hours
        self.closed = wall.known and hours is not None and wall.within(hours)
        self.schedules = in_force(world, profile, at)


# --- the order of decision ---


def suffixes(name):
    labels = name.split(".")
    return [".".join(labels[i:]) for i in range(len(labels))]


def best_rule(name, rules):
    """Of RULES, (text, verdict) as written in allow and deny, the verdict of the one that stands for NAME: the longest; at one name
    exact before subtree."""
    found = []
    for text, verdict in rules:
        bare = text.lstrip("=").removeprefix("*.")
        fits = name == bare if text.startswith("=") else name.endswith("." + bare) or (name == bare and not text.startswith("*."))
        if fits:
            found.append((bare.count("."), text.startswith("="), verdict))
    return max(found)[2] if found else None


def categories_of(world, name):
    above = set(suffixes(name))
    return {key for key, names in world["lists"].items() if above & set(names)}


def decide(world, profile_name, name, at):
    """(blocked, rule) of NAME for the profile at AT, Unix time."""
    profile, listed = world["profiles"][profile_name], categories_of(world, name)
    if listed & S4 or best_rule(name, [(text, True) for text in world.get("operator_deny", [])]):
        return True, "operator_policy"
    state = State(world, profile, at)
    if any("offline" in one for one in state.schedules):
        return True, "offline"
    own = best_rule(name, [(text, "own_allow") for text in profile.get("allow", [])] +
                    [(text, "own_deny") for text in profile.get("deny", [])])
    if own is not None:
        return own == "own_deny", own
    return decide_by_hours(state, name, listed)


def is_named(schedule, name):
    return best_rule(name, [(text, True) for text in schedule.get("names", [])]) is not None


def decide_by_hours(state, name, listed):
    """The more particular is the stronger: a name, a category, everything; among equals what shuts. What is blocked at all hours besides
    is no matter of hours; a cell W that they shut is, since nobody can release it then."""
    shutting, opening = ([one for one in state.schedules if action in one] for action in ("block", "allow"))
    if any(is_named(one, name) for one in shutting):
        return True, "schedule"
    if any(is_named(one, name) for one in opening):
        return False, "schedule"
    shut = {key for one in shutting for key in one["block"]}
    opened = {key for one in opening for key in one["allow"]} - shut
    timed = (shut | (state.quota if state.closed else set())) - opened
    blocked = listed & ((state.block | state.warn | timed) - opened)
    if blocked and blocked <= timed - state.block:
        return True, "schedule"
    if listed & opened and not blocked:
        return False, "schedule"
    if any(one.get("everything") == "yes" for one in shutting):
        return True, "schedule"
    if any(one.get("everything") == "yes" for one in opening) and not blocked & S3:  # that is lifted by its own name alone
        return False, "schedule"
    if blocked:
        return True, "category"
    if state.deny and not (state.admits and "edu_positive" in listed):
        return True, "default"
    return False, "default"
