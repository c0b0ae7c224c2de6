"""Makes worlds for oracle_policy.py at random, the YAML that says the same, and questions that lie where rules change."""
import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import oracle_policy

ZONES = ["Europe/Berlin", "America/Denver", "Asia/Riyadh", "Australia/Lord_Howe", "UTC", "America/St_Johns", "Pacific/Apia", "Asia/Kolkata",
         "Europe/London", "America/Sao_Paulo", "Africa/Casablanca"]
# Days with something odd: clocks go back or forward somewhere, a leap day, the turn of a year, holidays.
DATES = [date(2037, 3, 8), date(2037, 3, 29), date(2037, 10, 25), date(2037, 11, 1), date(2037, 4, 5), date(2037, 10, 4), date(2040, 2, 29),
         date(2037, 12, 24), date(2037, 12, 31), date(2038, 1, 1), date(2037, 12, 18), date(2037, 9, 1), date(2037, 11, 26)]
NAMES = [f"n{i}.example" for i in range(40)]
FREE = [key for key in oracle_policy.CATEGORIES if key != "edu_positive"]
MILD = [key for key in FREE if key not in oracle_policy.S3 | oracle_policy.S4]  # hours may open these
LATER = 2114380800  # 2037: no question is older, so that whenever this is built nobody's clock is wrong


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def some(self, things, least, most):
        return self.random.sample(things, self.random.randint(least, min(most, len(things))))

    def window(self):
        r = self.random
        days = r.choice(["", "mon-fri ", "sat,sun ", "fri ", "sun-thu ", "weekend ", "weekdays ", "sat-mon ", "daily ", "tue,thu "])
        start = r.randrange(0, 1440, 15)
        end = r.choice([1440, r.randrange(15, 1440, 15), (start + r.choice([15, 60, 600])) % 1440])
        if end == start or end == 0:
            end = 1440
        if start == 0 and end == 1440 and not days:
            days = "mon "
        return f"{days}{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"

    def rules(self, taken):
        made = []
        for name in self.some([n for n in NAMES if n not in taken], 0, 3):
            taken.add(name)
            made.append(self.random.choice(["", "=", "*.", "a.", "=b.a."]) + name)
        return made

    def schedule(self, has_calendar):
        r = self.random
        made = {"when": [self.window() for _ in range(r.randint(1, 3))]}
        action = r.choice(["block", "block", "allow", "offline"])
        if action == "offline":
            made["offline"] = "yes"
        else:
            made[action] = self.some(MILD if action == "allow" else FREE, 0, 4)
            if not made[action] or r.random() < 0.3:
                made["names"] = [r.choice(["", "=", "*."]) + r.choice(NAMES)]
            if r.random() < 0.1:
                made["everything"] = "yes"
        if has_calendar and r.random() < 0.4:
            made["only"] = r.choice(["terms", "holidays"])
        return made

    def profile(self, calendars):
        r = self.random
        made, taken = {}, set()
        kind = r.random()
        if kind < 0.6:
            made["extends"] = r.choice(list(oracle_policy.PRESETS))
        elif kind < 0.85:
            made["born"] = f"{r.randint(2018, 2037)}-{r.randint(1, 12):02}"
        free = self.some(FREE, 0, 6)
        if r.random() < 0.5:
            made["block"], made["unblock"], made["observe"] = free[:2], free[2:4], free[4:]
        made["allow"], made["deny"] = self.rules(taken), self.rules(taken)
        if r.random() < 0.3:
            made["zone"] = r.choice(ZONES)
        if calendars and r.random() < 0.6:
            made["calendar"] = r.choice(list(calendars))
        if r.random() < 0.3:
            made["bedtime"] = [self.window() for _ in range(r.randint(1, 2))]
        if r.random() < 0.7:
            made["schedules"] = {f"s{i}": self.schedule("calendar" in made) for i in range(r.randint(1, 4))}
        return {key: value for key, value in made.items() if value}

    def world(self):
        r = self.random
        calendars = {f"c{i}": {"weekend": r.choice([["sat", "sun"], ["fri", "sat"], ["thu", "fri"]]),
                               "holiday_as": r.choice(oracle_policy.DAYS), "holidays": ["2037-12-25", "2037-12-21..2038-01-06", "2037-10-25"],
                               "terms": r.choice([[], ["2037-09-01..2037-12-18", "2038-01-07..2038-07-20"]])} for i in range(2)}
        lists = {key: self.some(NAMES + [f"a.{name}" for name in NAMES[:10]], 1, 3) for key in oracle_policy.CATEGORIES
                 if r.random() < (0.15 if key in oracle_policy.S4 else 0.9)}
        return {"zone": r.choice(ZONES), "calendars": calendars, "lists": lists,
                "operator_deny": [r.choice(["", "="]) + name for name in self.some(NAMES, 0, 1)],
                "profiles": {f"p{i}": self.profile(calendars) for i in range(6)}}

    def moment(self, world, profile):
        """A time, mostly within a second of where a window begins or ends."""
        r = self.random
        zone = ZoneInfo(profile.get("zone") or world["zone"])
        day = r.choice(DATES) + timedelta(r.randint(-1, 1))
        edges = [minute for one in [*profile.get("schedules", {}).values(), {"when": profile.get("bedtime", [])}] for window in one["when"]
                 for minute in map(oracle_policy.minutes, window.split()[-1].split("-"))]
        edges += [0, 120, 150, 180, 20 * 60, 21 * 60 + 30, 6 * 60 + 30]
        minute = r.choice(edges) if r.random() < 0.8 else r.randrange(1440)
        if "born" in profile and r.random() < 0.3:
            day = date(r.randint(2037, 2041), int(profile["born"][5:]) % 12 + 1, 1) + timedelta(r.randint(-1, 0))
            minute = 0
        local = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
        return max(LATER, int(local.replace(tzinfo=zone, fold=r.randint(0, 1)).timestamp()) + r.choice([-1, 0, 0, 1, 59]))

    def questions(self, world, count):
        r = self.random
        for _ in range(count):
            profile = r.choice(list(world["profiles"]))
            name = r.choice(["", "", "a.", "b.a."]) + r.choice(NAMES)
            yield name, profile, self.moment(world, world["profiles"][profile])


def flow(value):
    """VALUE as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    return f'"{value}"' if any(letter in value for letter in '*:,=') or value == "" else value


def as_yaml(world):
    """The config of WORLD, with its set beside it."""
    lines = ["upstreams: [192.0.2.53]", "special: {test: forward}", f"zone: {world['zone']}", f"calendars: {flow(world['calendars'])}",
             f"operator: {{deny: {flow(world['operator_deny'])}}}", "profiles:"]
    lines += [f"  {name}: {flow(profile)}" for name, profile in world["profiles"].items()]
    return "\n".join(lines) + "\ndefault_profile: p0\nsets: {public: world.set}\nsealed: {budget: {hits: 0}}\n"
