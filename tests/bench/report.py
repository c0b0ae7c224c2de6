"""Figures of the benches to Markdown tables and a chart; no figure is measured or judged anywhere else."""
import html
import statistics

MIXES = {"blocked": "blocked", "cached": "cached", "mixed": "10 % blocked", "forwarded": "forwarded"}
ECHO, WILDCARD, OURS, OURS_TCP = "echo", "echo-wildcard", "stairgate", "stairgate-tcp"
CEILINGS = (ECHO, WILDCARD)
NONE = "–"


def size_text(size):
    for unit, word in ((1_000_000, "M"), (1000, "k")):
        if size >= unit:
            return f"{size / unit:g} {word}"
    return str(size)


def number(value, digits=3):
    """Three digits that count."""
    if value is None:
        return NONE
    if value >= 10 ** (digits - 1):
        return f"{value:.0f}"
    return f"{value:.{max(0, digits - len(str(int(value))))}f}"


class Figures:
    """Medians over the rounds, by size, peer and mix."""

    def __init__(self, data):
        self.data = data
        self.rows = {}
        for row in data["figures"]:
            self.rows.setdefault((row["size"], row["peer"], row["mix"]), []).append(row)
        self.lives = {(life["size"], life["peer"]): life for life in data["lives"]}
        self.sizes = sorted(data["sizes"])
        self.top = self.sizes[-1]
        self.peers = [p for p in data["peers"] if any(key[1] == p["key"] for key in self.rows)]

    def median(self, size, peer, mix, what):
        values = [row[what] for row in self.rows.get((size, peer, mix), ()) if what in row]
        return statistics.median(values) if values else None

    def ratio(self, size, peer, mix, base=ECHO):
        """CPU a query against BASE in the same round; the median."""
        other = {row["round"]: row["us"] for row in self.rows.get((size, base, mix), ())}
        values = [row["us"] / other[row["round"]] for row in self.rows.get((size, peer, mix), ()) if other.get(row["round"])]
        return statistics.median(values) if values else None

    def spread(self, size, peer, mix):
        """Smallest and largest ratio to the echo: what the noise of the run was."""
        other = {row["round"]: row["us"] for row in self.rows.get((size, ECHO, mix), ())}
        values = [row["us"] / other[row["round"]] for row in self.rows.get((size, peer, mix), ()) if other.get(row["round"])]
        return (min(values), max(values)) if values else None

    def octets_a_name(self, size, peer):
        life, bare = self.lives.get((size, peer)), self.lives.get((0, peer))
        return max(life["pss"] - bare["pss"], 0) / size if life and bare and size else None


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)])


def cost_cell(figures, size, peer, mix):
    us, ratio = figures.median(size, peer, mix, "us"), figures.ratio(size, peer, mix)
    return NONE if us is None else f"{number(us)} · {number(ratio)}×" if ratio else number(us)


def cost_table(figures):
    rows = []
    for peer in figures.peers:
        cells = [cost_cell(figures, figures.top, peer["key"], mix) for mix in MIXES]
        rows.append([peer["title"] + (f" ({peer['version'].split('+')[0].split('-')[0]})" if peer["version"] else ""), *cells])
    return table([f"CPU a query, µs · to the echo; {size_text(figures.top)} names", *MIXES.values()], rows)


def by_size_table(figures):
    columns = [(mix, size) for mix in ("blocked", "cached", "forwarded") for size in figures.sizes if size or mix != "blocked"]
    rows = [[peer["title"], *(number(figures.median(size, peer["key"], mix, "us")) for mix, size in columns)] for peer in figures.peers]
    return table(["CPU a query by size of the list, µs", *(f"{mix}, {size_text(size)}" for mix, size in columns)], rows)


def speed_cell(figures, peer, mix):
    qps = figures.median(figures.top, peer, mix, "qps")
    if qps is None:
        return NONE
    mark = "" if figures.median(figures.top, peer, mix, "busy") > 0.85 else "+"
    p50, p99 = (figures.median(figures.top, peer, mix, key) for key in ("p50_us", "p99_us"))
    lost = sum(row["lost"] for row in figures.rows[figures.top, peer, mix])
    return f"{number(qps / 1000)}{mark} · {number(p50)} / {number(p99)}" + (f" ({lost} lost)" if lost else "")


def speed_table(figures):
    rows = [[peer["title"], *(speed_cell(figures, peer["key"], mix) for mix in MIXES)] for peer in figures.peers]
    return table([f"kq/s of one core · p50 / p99 at half of it, µs; {size_text(figures.top)} names", *MIXES.values()], rows)


def life_row(figures, peer, size):
    life = figures.lives.get((size, peer["key"]))
    if not life:
        return [peer["title"], *[NONE] * 6]
    reloaded = "reload_s" in life
    return [peer["title"], number(figures.octets_a_name(size, peer["key"])), f"{number(life['start_s'])} s",
            f"{number(life['prepare_s'])} s" if life["prepare_s"] is not None else NONE,
            f"{number(life['reload_s'])} s" if reloaded else NONE,
            f"{life['before'] / 1e6:.0f} → {life['peak'] / 1e6:.0f}" if reloaded else NONE,
            f"{life['reload_lost']} of {life['reload_sent']}" if reloaded else NONE]


def life_tables(figures):
    head = ["octets a name", "start to first answer", "built before, apart", "reload", "memory, peak in reload, MB", "lost in reload"]
    return "\n\n".join(table([f"{size_text(size)} names", *head], [life_row(figures, peer, size) for peer in figures.peers if peer["key"] not in CEILINGS])
                       for size in figures.sizes if size)


# Goals: words, what is measured (a function of the figures), the bound.

def against_dnsdist(mix, ours, size):
    """The ratio to dnsdist as it is by default or with batches, whichever is cheaper."""
    def measured(figures):
        ratios = [figures.ratio(size(figures), ours, mix, key) for key in ("dnsdist", "dnsdist-batch")]
        return max((ratio for ratio in ratios if ratio), default=None)
    return measured


def top(figures):
    return figures.top


def bare(figures):
    return 0 if 0 in figures.sizes else None


def start_at_5m(figures):
    life = figures.lives.get((5_000_000, OURS))
    return life["start_s"] * 1000 if life else None


GOALS = [
    ("blocked, to the echo", lambda f: f.ratio(f.top, OURS, "blocked"), 1.15, "×"),
    ("cached, to the echo", lambda f: f.ratio(f.top, OURS, "cached"), 1.25, "×"),
    ("10 % blocked, to the echo", lambda f: f.ratio(f.top, OURS, "mixed"), 1.25, "×"),
    ("forwarded by UDP, to the echo", lambda f: f.ratio(f.top, OURS, "forwarded"), 2.3, "×"),
    ("forwarded by UDP, to dnsdist, no list", against_dnsdist("forwarded", OURS, bare), 1.1, "×"),
    ("forwarded by UDP, to dnsdist, with a list", against_dnsdist("forwarded", OURS, top), 0.8, "×"),
    ("forwarded by TCP, to the echo", lambda f: f.ratio(f.top, OURS_TCP, "forwarded"), 1.4, "×"),
    ("forwarded by TCP, to dnsdist, no list", against_dnsdist("forwarded", OURS_TCP, bare), 0.7, "×"),
    ("start to first answer, 5 M names", start_at_5m, 150, " ms"),
]


def goal_table(figures):
    rows = []
    for words, measured, bound, unit in GOALS:
        value = measured(figures)
        verdict = "not measured in this run" if value is None else "met" if value <= bound else "**missed**"
        rows.append([words, f"≤ {bound}{unit}", NONE if value is None else f"{number(value)}{unit}", verdict])
    return table(["goal", "aim", "measured", ""], rows)


def dearer(figures, mix, others):
    """Resolvers that take less CPU for MIX."""
    better = [f"{peer['title']} {number(figures.median(figures.top, peer['key'], mix, 'us'))}" for peer in others
              if (figures.ratio(figures.top, OURS, mix, peer["key"]) or 0) > 1.0]
    mine = number(figures.median(figures.top, OURS, mix, "us"))
    return [f"CPU a query, {MIXES[mix]}: {', '.join(better)} µs; stairgate {mine}"] if better else []


def slower(figures, mix, others):
    """Resolvers whose p99 at half of their own rate is below ours at half of ours."""
    def at_half(key):
        p99, qps = figures.median(figures.top, key, mix, "p99_us"), figures.median(figures.top, key, mix, "qps")
        return (p99, f"{number(p99)} µs at {number(qps / 2000)} kq/s") if p99 else (None, "")
    mine, words = at_half(OURS)
    better = [f"{peer['title']} {at_half(peer['key'])[1]}" for peer in others if mine and (at_half(peer["key"])[0] or mine) < mine]
    return [f"p99 at half load, {MIXES[mix]}: {', '.join(better)}; stairgate {words}"] if better else []


def later(figures, key, words, others):
    mine = figures.lives.get((figures.top, OURS), {}).get(key)
    better = [f"{peer['title']} {number(life[key])}" for peer in others for life in [figures.lives.get((figures.top, peer["key"]), {})]
              if mine and key in life and life[key] < mine]
    return [f"{words}: {', '.join(better)} s; stairgate {number(mine)}"] if better else []


def losses(figures):
    """Where another resolver does better than stairgate, in sentences."""
    others = [p for p in figures.peers if p["key"] not in (*CEILINGS, OURS, OURS_TCP)]
    found = [line for mix in MIXES for line in dearer(figures, mix, others)]
    found += [line for mix in MIXES for line in slower(figures, mix, others)]
    return found + later(figures, "start_s", "start to first answer", others) + later(figures, "reload_s", "reload", others)


NOTES = """\
A figure is the median of its rounds, its ratio that to the echo of the same round; the largest spread of a ratio of stairgate in this run was {spread}.
"+": the server was less than 85 % busy, since the generator or the upstream, which share the other core, were the limit; a server that waits takes its
questions in smaller batches, so that its CPU a query is dearer than when full. Forwarded names are asked once each. Octets a name: PSS beyond that
of the same server without a list. A reload runs at 10,000 q/s and ends when a name just added is blocked; SmartDNS is restarted, since it has none.
The RPZ servers hold two records a name, `x` and `*.x`, so that the list means the same everywhere."""


def left_out(data):
    return "".join(f"\nLeft out: {key} ({why})." for key, why in sorted(data["left_out"].items()))


def spread_text(figures):
    spreads = [(high / low, mix) for mix in MIXES for low, high in [figures.spread(figures.top, OURS, mix) or (1, 1)]]
    widest, mix = max(spreads)
    return f"{(widest - 1) * 100:.0f} % ({MIXES[mix]})"


def markdown(data):
    figures = Figures(data)
    worse = losses(figures)
    parts = [f"```\n{data['command']}\n```\n{data['date']}, {data['machine']}; stairgate {data['commit']}; {data['rounds']} rounds of {data['seconds']:g} s, "
             f"load before the run {data['load']:.1f}.",
             cost_table(figures), "![CPU a query of each resolver](benchmarks.svg)", by_size_table(figures), speed_table(figures), life_tables(figures),
             goal_table(figures),
             "**Where stairgate loses:**\n" + "\n".join(f"- {line}" for line in worse) if worse else "Stairgate loses to no resolver of this run in any figure above.",
             NOTES.format(spread=spread_text(figures)) + left_out(data)]
    return "\n\n".join(part for part in parts if part)


def growth(data):
    figures = Figures(data)
    rows = [[mix, *(cost_cell(figures, size, OURS, mix) for size in figures.sizes),
             f"{number(figures.ratio(figures.top, OURS, mix) / figures.ratio(figures.sizes[0], OURS, mix))}× (aim ≤ 1.05)"]
            for mix in MIXES if figures.ratio(figures.sizes[0], OURS, mix)]
    starts = ["start to first answer", *(f"{number(figures.lives[size, OURS]['start_s'] * 1000)} ms" for size in figures.sizes), NONE]
    return table(["CPU a query, µs · to the echo", *map(size_text, figures.sizes), "last to first"], [*rows, starts])


def workers(rows, options):
    out = []
    for mix in dict.fromkeys(row["mix"] for row in rows):
        one, two = (statistics.median(row["us"] for row in rows if row["mix"] == mix and row["workers"] == count) for count in (1, 2))
        lost = sum(row["lost"] for row in rows if row["mix"] == mix)
        out.append([mix, number(one), number(two), f"{(two / one - 1) * 100:+.1f} %", str(lost)])
    return table([f"CPU a query at {options.rate:.0f} q/s a worker, µs", "one worker", "two workers", "change (aim ≤ 5 %)", "lost"], out)


# The chart: one panel a mix, bars up to CAP times the echo, longer ones cut and marked.

CAP, WIDTH, PANEL, NAME, BAR, ROW, HEAD = 8.0, 960, 470, 170, 210, 20, 44
STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 13px } .faint { fill: #6e7781 }
.ours { fill: #1a7f5a } .echo { fill: #9a9fa6 } .peer { fill: #5b7fb5 } .axis { stroke: #9a9fa6; stroke-dasharray: 2 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .faint { fill: #9aa4af }
  .ours { fill: #3fb98a } .echo { fill: #767d86 } .peer { fill: #7fa3dd } .axis { stroke: #767d86 }
}"""


def bar(figures, peer, mix, x, y, echo_us):
    us = figures.median(figures.top, peer["key"], mix, "us")
    title = html.escape(peer["title"].replace("*", "").replace("`", ""))
    kind = "echo" if peer["key"] in CEILINGS else "ours" if peer["key"] in (OURS, OURS_TCP) else "peer"
    label = f'<text x="{x + NAME - 8}" y="{y + 13}" text-anchor="end">{title[:25]}</text>'
    if us is None:
        return label + f'<text class="faint" x="{x + NAME}" y="{y + 13}">{NONE}</text>'
    share = min(us / echo_us, CAP) / CAP
    cut = " ›" if us / echo_us > CAP else ""
    return (label + f'<rect class="{kind}" x="{x + NAME}" y="{y + 2}" width="{share * BAR:.1f}" height="{ROW - 6}" rx="2"/>'
            f'<text x="{x + NAME + share * BAR + 5:.1f}" y="{y + 13}">{number(us)}{cut}</text>')


def panel(figures, mix, x, y):
    echo_us = figures.median(figures.top, ECHO, mix, "us") or 1.0
    foot = y + HEAD + ROW * len(figures.peers)
    line = x + NAME + BAR / CAP
    parts = [f'<g id="{mix}"><text class="title" x="{x + NAME}" y="{y + 20}">{html.escape(MIXES[mix])}, µs CPU a query</text>',
             f'<line class="axis" x1="{line:.1f}" y1="{y + HEAD - 8}" x2="{line:.1f}" y2="{foot}"/>']
    parts += [bar(figures, peer, mix, x, y + HEAD + ROW * i, echo_us) for i, peer in enumerate(figures.peers)]
    return "\n".join([*parts, "</g>"])


def svg(data):
    figures = Figures(data)
    step = HEAD + ROW * len(figures.peers) + 24
    height = 2 * step + 40
    panels = [panel(figures, mix, (i % 2) * PANEL, 30 + (i // 2) * step) for i, mix in enumerate(MIXES)]
    words = f"One core, {size_text(figures.top)} names listed; {data['date'][:10]}. Dashed: a bare UDP echo. ›: longer than {CAP:.0f} × echo, cut."
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">\n'
            f"<title>CPU a query of each resolver, by what is asked</title>\n<style>{STYLE}</style>\n"
            f'<text class="faint" x="14" y="20">{html.escape(words)}</text>\n' + "\n".join(panels) + "\n</svg>\n")


def put(page, key, text):
    """Puts TEXT between the marks of KEY in the document PAGE."""
    begin, end = f"<!-- {key}: made by --write -->", f"<!-- {key}: end -->"
    if begin not in page.read_text():
        raise SystemExit(f"{page.name} has no place for this: '{begin}' and '{end}'")
    before, rest = page.read_text().split(begin)
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.split(end)[1]}")
