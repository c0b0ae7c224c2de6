"""The decision tables of tests/decisions, row by row, in three ways that must agree: by the function alone (`stairgate test`),
by the server's own explanation (the control verb `why`), and over the wire with a clock that is set."""
import json
import shlex
import socket

import dns.message
import dns.edns
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

import decision_table
from harness import Recursive, Stairgate, build_set, ede, seal, tool

TABLES = decision_table.all_tables()
LEAST_ROWS = 300

CONFIG = """\
listen: [{listen}]
upstreams: [{upstreams}]
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""

# Whatever is asked for is there, so that a forwarded answer is told from one of ours.
ZONE = """\
$ORIGIN .
$TTL 86400
@ SOA ns admin 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
* A 192.0.2.1
* AAAA 2001:db8::1
* HTTPS 1 . alpn=h2
* TXT "from outside"
* MX 10 mail.test.
* PTR host.test.
"""


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    one = Recursive(tmp_path_factory.mktemp("outside"), zones={".": ZONE})
    yield one
    one.stop()


def fill(table, folder, port):
    """The text of the table's config, with its files beside it."""
    more = table.config.replace("{port}", str(port))
    sets = []
    if table.lists:
        build_set(folder / "table.set", {key: "\n".join(names) + "\n" for key, names in table.lists.items()})
        sets.append("public: table.set")
    if table.hotline:
        seal(folder, "hotline", table.hotline)
        sets.append("hotline: hotline.set")
        more += "\nsealed: {key: hotline.key, budget: {hits: 0}}\n"
    for name, text in table.files.items():
        (folder / name).write_text(text)
    return f"{more}\nsets: {{{', '.join(sets)}}}\n" if sets else more


# --- what came, held against a row ---

def differences(row, why):
    """What WHY, the explanation as JSON, has other than ROW."""
    answer, wrong = why["answer"], []

    def compare(key, came):
        if key in row.expected and row.expected[key] != came:
            wrong.append(f"{key}: expected {row.expected[key]}, came {came}")
    compare("expect", why["verdict"])
    compare("rule", why["rule"])
    compare("rcode", answer["rcode"])
    compare("ede", answer["ede"][0] if answer["ede"] else None)
    compare("ttl", answer["ttl_s"])
    compare("max_ttl", answer["max_ttl_s"])
    compare("profile", why["profile"]["name"])
    for key, came in (("category", why["matched"]), ("observed", why["observed"])):
        if key in row.expected and sorted(decision_table.several(row.expected[key])) != sorted(came):
            wrong.append(f"{key}: expected {row.expected[key]}, came {came}")
    return wrong


def time_left(row, why):
    """Seconds from the row's time to the next edge; None for never."""
    until = why.get("moment", {}).get("until")
    return None if until is None else until - row.at


def ttls(reply):
    return [rrset.ttl for section in (reply.answer, reply.authority) for rrset in section]


def wire_differences(row, why, reply):
    """What REPLY has other than WHY, the server's explanation of the same question, and ROW say."""
    answer, wrong = why["answer"], []
    rcode = dns.rcode.to_text(reply.rcode())
    if why["verdict"] == "forward":
        if answer["target"] is None and not reply.answer and row.type in ("A", "AAAA", "TXT", "HTTPS", "MX", "PTR"):
            wrong.append(f"no answer from outside came: {rcode} {ede(reply)}")
        left = time_left(row, why)
        most = [limit for limit in (answer["max_ttl_s"], left) if limit is not None]
        if most and any(ttl > min(most) for ttl in ttls(reply)):
            wrong.append(f"TTL {max(ttls(reply))} is over {min(most)}")
    else:
        if rcode != answer["rcode"]:
            wrong.append(f"rcode {rcode}, and why says {answer['rcode']}")
        if answer["ttl_s"] is not None and ttls(reply) and why["rule"] != "local_record" and ttls(reply)[0] != answer["ttl_s"]:
            wrong.append(f"TTL {ttls(reply)[0]}, and why says {answer['ttl_s']}")
    if ede(reply) != answer["ede"]:
        wrong.append(f"extended errors {ede(reply)}, and why says {answer['ede']}")
    if "answer" in row.expected:
        came = sorted(str(record).lower() for rrset in reply.answer for record in rrset)  # compressed names have the letters of the question
        if came != sorted(map(str, decision_table.several(row.expected["answer"]))):
            wrong.append(f"answer {came}")
    return wrong


def report(found):
    assert not found, f"{len(found)} rows:\n" + "\n".join(found[:40])


# --- the function alone ---

def believed(client):
    """What of CLIENT a decision is told: what somebody says of a device who is not trusted is passed over before."""
    return {key: value for key, value in client.items() if key != "told" or client.get("trusted") != "no"}


def as_expectation(table, row, port):
    client = believed(table.clients[row.client])
    item = {"name": row.name, "type": row.type, "client": client["address"], "at": str(row.at), "expect": "allowed"}
    for key in ("listen", "told"):
        if key in client:
            item[key] = str(client[key]).replace("{port}", str(port))
    return item


@pytest.mark.parametrize("table", [t for t in TABLES if not t.has_steps], ids=lambda t: t.path.stem)
def test_the_function_alone(table, tmp_path):
    port = 5300
    (tmp_path / "rules.yaml").write_text("upstreams: [192.0.2.53]\n" + fill(table, tmp_path, port))
    (tmp_path / "rows.yaml").write_text("".join(f"- {json.dumps(as_expectation(table, row, port))}\n" for row in table.rows))
    done = tool("test", tmp_path / "rows.yaml", "--config", tmp_path / "rules.yaml", "--json", "--all", check=False)
    assert done.returncode in (0, 1), done.stderr
    came = json.loads(done.stdout)["came"]
    assert len(came) == len(table.rows)
    report([f"{row}: {wrong}" for row, why in zip(table.rows, came) for wrong in differences(row, why)])


# --- the running server ---

class Control:
    """One connection to the server's control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rwb")

    def ask(self, verb, **arguments):
        self.stream.write(json.dumps({"v": 1, "id": 1, "do": verb, **arguments}).encode() + b"\n")
        self.stream.flush()
        return json.loads(self.stream.readline())

    def close(self):
        self.stream.close()
        self.socket.close()


def why_of(control, table, row, port):
    arguments = {"name": row.name, "type": row.type, "client": table.clients[row.client]["address"], "at": str(row.at)}
    client = believed(table.clients[row.client])
    arguments.update({key: str(client[key]).replace("{port}", str(port)) for key in ("listen", "told") if key in client})
    reply = control.ask("why", **arguments)
    assert reply["ok"], f"{row}: {reply}"
    return reply["result"]


def told_option(text):
    """What a forwarder tells of a device, as dnsmasq's add-mac and add-cpe-id do."""
    if text.startswith("cpe:"):
        return dns.edns.GenericOption(65074, text[4:].encode())
    return dns.edns.GenericOption(65001, bytes.fromhex(text.replace(":", "")))


def ask_as(table, row, port):
    client = table.clients[row.client]
    options = [told_option(client["told"])] if "told" in client else []
    query = dns.message.make_query(row.name, row.type, use_edns=0, payload=1232, options=options)
    host = str(client.get("listen", "127.0.0.1")).split("@")[0]
    return dns.query.udp(query, host, port=port, source=client["address"], timeout=20)


def listeners(table, port):
    hosts = {"127.0.0.1"} | {str(c["listen"]).split("@")[0] for c in table.clients.values() if "listen" in c}
    return [f"{host}@{port}" for host in sorted(hosts)]


def start(table, folder, outside):
    gate = Stairgate(folder, upstreams=[outside], start=False, at=decision_table.unix_time(decision_table.NOW))
    gate.listen = listeners(table, gate.port)
    gate.write(CONFIG, [outside], 1, fill(table, folder, gate.port))
    return gate.start()


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.path.stem)
def test_over_the_wire(table, tmp_path, outside):
    gate = start(table, tmp_path, outside)
    control = Control(gate.socket)
    found = []
    try:
        for item in table.items:
            gate.clock.set(item.at)
            if isinstance(item, decision_table.Step):
                done = gate.control(*shlex.split(item.words), check=False)
                if item.fails not in ("any", done.returncode):
                    found.append(f"{item.table}:{item.line}: `{item.words}` -> {done.returncode} {done.stdout}{done.stderr}")
                continue
            why = why_of(control, table, item, gate.port)
            wrong = differences(item, why)
            wrong += wire_differences(item, why, ask_as(table, item, gate.port))
            found += [f"{item}: {one}" for one in wrong]
    finally:
        control.close()
        gate.stop()
    report(found)


def test_there_are_enough_rows():
    assert sum(len(table.rows) for table in TABLES) >= LEAST_ROWS
