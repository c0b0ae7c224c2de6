"""The canary: a node asks itself, over the wire, whether the sealed set is in force, and says so in status, metrics and evidence."""
import json

import dns.edns
import dns.exception
import dns.message
import pytest

from harness import ede, free_port, seal, wait_for

CANARY = "canary.operator.example"
AT = 1_900_000_000  # of the clock that is set
HOUR = 3600

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8, "::1"]}}
upstreams: [{upstreams}]
profiles: {{child: {{extends: primary}}}}
default_profile: child
special: {{test: forward}}
sets: {{public: lists.set, hotline: one.set}}
state: {{path: state.db}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
sealed: {{key: one.key, canary: canary.operator.example{sealed}}}
{more}
"""


def config_of(sealed="", base=CONFIG):
    """CONFIG with more words in its section `sealed`."""
    return base.replace("{sealed}", sealed)


def make(stairgate, upstream, *, names=("listed.example",), canary=CANARY, config=None, start=True, **more):
    gate = stairgate(upstreams=[upstream], config=config or config_of(), start=False, at=AT, **more)
    seal(gate.folder, "one", names, *(["--canary", canary] if canary else []))
    if start:
        gate.start()
    return gate


def result(gate, *, check=True):
    done = gate.control("canary", "--json", check=False)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def last(gate):
    return (result(gate)["last"] or {}).get("result")


def at(gate):
    return (result(gate)["last"] or {}).get("at_s", 0)


def warnings(gate):
    return [warning for warning in gate.status(check=False)["warnings"] if warning.get("event") == "canary"]


def metrics(gate):
    """{name with labels: value} of `stairgate metrics`."""
    text = gate.control("metrics").stdout
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}


def test_it_is_asked_soon_after_the_start_of_every_listener_and_then_hourly(stairgate, upstream):
    gate = make(stairgate, upstream)
    wait_for(lambda: last(gate) == "ok", "the first canary")
    told = result(gate)
    assert sorted(one["listen"] for one in told["asked"]) == sorted(gate.listen)
    assert {one["result"] for one in told["asked"]} == {"ok"}
    assert told["last"]["at_s"] == AT and told["every_s"] == HOUR
    assert warnings(gate) == []
    gate.clock.set(AT + HOUR - 1)
    time_of_first = at(gate)
    gate.clock.set(AT + HOUR)
    wait_for(lambda: at(gate) == AT + HOUR, "the second canary")
    assert time_of_first == AT
    assert [row["at_s"] for row in result(gate)["history"]] == [AT, AT + HOUR]
    assert upstream.total() == 0  # it never leaves the node
    counters = gate.status(check=False)["counters"]
    assert counters["blocked"] == 0 and sum(counters["queries"].values()) == 0  # and moves no counter
    values = metrics(gate)
    assert values['canary_last_result{result="ok"}'] == 1 and values['canary_last_result{result="late"}'] == 0
    assert values["canary_last_timestamp_seconds"] == AT + HOUR


def test_results_outlive_the_server(stairgate, upstream):
    gate = make(stairgate, upstream)
    wait_for(lambda: last(gate) == "ok", "the first canary")
    gate.clock.set(AT + 60)
    gate.kill_server()
    gate.wait_ready()
    wait_for(lambda: at(gate) == AT + 60, "the canary of the next server")
    assert [row["result"] for row in result(gate)["history"]] == ["ok", "ok"]


def test_a_set_without_it_is_seen_at_once_and_so_is_the_cure(stairgate, upstream):
    gate = make(stairgate, upstream, canary=None)
    wait_for(lambda: last(gate) == "not_blocked", "a failure")
    assert len(warnings(gate)) == 1 and "not_blocked" in warnings(gate)[0]["text"]
    assert gate.status(check=False)["health"] == "warning"
    assert metrics(gate)['canary_last_result{result="not_blocked"}'] == 1
    assert gate.control("canary", check=False).returncode == 1
    assert "event=canary result=not_blocked" in gate.process.log()
    seal(gate.folder, "one", ["listed.example"], "--canary", CANARY)
    gate.control("reload", check=False)
    wait_for(lambda: last(gate) == "ok", "the canary after the reload")
    assert warnings(gate) == []


def test_a_canary_that_an_upstream_blocks_alike_is_not_taken_for_the_set(stairgate, upstream):
    """A school behind a provider's node: the provider's block carries the same code."""
    def blocked(query):
        reply = dns.message.make_response(query, recursion_available=True)
        reply.use_edns(options=[dns.edns.EDEOption(15)])
        return reply
    upstream.answers[(CANARY, "A")] = blocked
    gate = make(stairgate, upstream, canary=None)
    wait_for(lambda: last(gate) == "not_blocked", "a failure")


def test_no_set_is_told(stairgate, upstream):
    gate = make(stairgate, upstream, start=False)
    (gate.folder / "one.set").unlink()
    gate.start()
    wait_for(lambda: last(gate) == "no_set", "a result")
    assert metrics(gate)['canary_last_result{result="no_set"}'] == 1


def test_a_node_that_refuses_itself_says_so_with_the_cure(stairgate, upstream):
    gate = make(stairgate, upstream, config=config_of().replace('[127.0.0.0/8, "::1"]', "[192.0.2.0/24]"))
    wait_for(lambda: last(gate) == "refused", "a result")
    assert "clients.allow" in result(gate)["last"]["text"]


def test_it_speaks_as_a_proxy_where_its_address_is_one(stairgate, upstream):
    gate = make(stairgate, upstream, config=config_of(), start=False)
    with open(gate.config_path, "a") as file:
        file.write('proxies: [127.0.0.0/8, "::1"]\n')
    gate.start()
    wait_for(lambda: last(gate) == "ok", "a result")


def test_a_listener_on_all_addresses_is_asked_on_the_loopback_one(stairgate, upstream):
    port = free_port()
    gate = make(stairgate, upstream, listen=[f"0.0.0.0@{port}"])
    wait_for(lambda: last(gate) == "ok", "a result")
    assert [one["listen"] for one in result(gate)["asked"]] == [f"0.0.0.0@{port}"]


def test_now_asks_at_once(stairgate, upstream):
    gate = make(stairgate, upstream)
    wait_for(lambda: last(gate) == "ok", "the first canary")
    gate.clock.set(AT + 5)
    told = json.loads(gate.control("canary", "--now", "--json").stdout)
    assert told["last"]["at_s"] == AT + 5 and len(told["history"]) == 2
    assert "listener" in gate.control("canary").stdout.lower()


def test_without_a_canary_nothing_is_asked_and_now_says_why(stairgate, upstream):
    gate = make(stairgate, upstream, config=config_of().replace("sealed: {{key: one.key, canary: canary.operator.example", "sealed: {{key: one.key"))
    done = gate.control("canary", "--now", check=False)
    assert done.returncode == 1 and "sealed.canary" in done.stderr
    assert warnings(gate) == []
    assert not [name for name in metrics(gate) if name.startswith("canary_")]


def test_it_costs_no_budget_of_those_who_ask_from_the_same_address(stairgate, upstream):
    gate = make(stairgate, upstream, names=[f"bad{i}.example" for i in range(8)],
                config=config_of(", budget: {{hits: 1, per: 10m, drop: 10m}}"))
    wait_for(lambda: last(gate) == "ok", "the first canary")
    assert ede(gate.ask("bad0.example")) == [15]  # the only one that is free
    gate.clock.set(AT + HOUR)
    wait_for(lambda: at(gate) == AT + HOUR, "the second canary")
    assert last(gate) == "ok"
    assert ede(gate.ask("bad0.example")) == [15]


def test_it_is_answered_though_its_address_is_silenced(stairgate, upstream):
    gate = make(stairgate, upstream, names=[f"bad{i}.example" for i in range(8)],
                config=config_of(", budget: {{hits: 3, per: 10m, drop: 10m}}"))
    wait_for(lambda: last(gate) == "ok", "the first canary")
    for i in range(8):
        try:
            gate.ask(f"bad{i}.example", timeout=0.3)
        except dns.exception.Timeout:
            break
    else:
        pytest.fail("the budget silences nobody")
    gate.clock.set(AT + HOUR)
    wait_for(lambda: at(gate) == AT + HOUR, "the second canary")
    assert last(gate) == "ok"
