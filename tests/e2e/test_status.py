"""What `stairgate status` says of upstreams: whose they are, how they are asked, and when nobody of a group is there."""
import contextlib
import json

from harness import Upstream, addresses, wait_for

MORE = """\
queries: {{timeout: 100ms, deadline: 400ms}}
zones: [{{name: school.internal, upstreams: [{{address: "{inner}", transport: {transport}}}]}}]
"""


def status(gate):
    return json.loads(gate.control("status", "--json", check=False).stdout)


def test_upstreams_stand_with_their_zone_and_transport(stairgate, upstream):
    inner = Upstream()
    try:
        gate = stairgate(upstreams=[upstream], more=MORE.format(inner=inner, transport="tcp"))
        rows = {row["address"]: (row["zone"], row["transport"]) for row in status(gate)["upstreams"]}
        assert rows == {str(upstream): (None, "udp"), str(inner): ("school.internal", "tcp")}
        text = gate.control("status", check=False).stdout
        assert f"{inner} tcp" in text and "for school.internal" in text
    finally:
        inner.stop()


def test_a_zone_without_a_living_server_is_a_warning_of_its_own(stairgate, upstream):
    upstream.set("www.test", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], more=MORE.format(inner="127.0.0.1@9", transport="udp"))

    def warned():
        with contextlib.suppress(Exception):
            gate.ask("printer.school.internal", timeout=2)
        texts = [warning["text"] for warning in status(gate)["warnings"]]
        assert not any("no upstream answers" in text for text in texts)
        return "no server of the zone 'school.internal' answers" in texts
    wait_for(warned, "the zone's server to be given up")
    assert addresses(gate.ask("www.test")) == ["192.0.2.1"]
    assert gate.control("status", check=False).returncode == 1
