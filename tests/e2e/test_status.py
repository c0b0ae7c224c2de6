"""What `stairgate status` says of upstreams: whose they are, how they are asked, and when nobody of a group is there."""
import json

from harness import Upstream

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
