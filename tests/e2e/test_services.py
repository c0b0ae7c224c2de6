"""Services by name, lists by name, and profiles that open only what is allowed, over the real daemon."""
import json

import dns.rcode
import dns.rdatatype
import pytest

from harness import addresses, ask, ede, tool

KID, ADULT, CLUB, STRICT = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"

CONFIG = """\
listen: [{listen}]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{upstreams}]
services: {{club: [club.example, "club.test"], shop: names.txt}}
profiles:
  kid: {{services: [club], style: STYLE}}
  adult: {{}}
  clubber: {{services: [shop], allow: [=open.shop.example]}}
  strict: {{default: deny, allow: [school.example], safe_search: [seek]}}
safe_search_maps: [{{engine: seek, name: search.school.example, strict: safe.seek.example}}]
networks:
  - {{prefix: 127.0.0.2, profile: adult}}
  - {{prefix: 127.0.0.3, profile: clubber}}
  - {{prefix: 127.0.0.4, profile: strict}}
default_profile: kid
special: {{test: forward}}
sets: {{public: lists.set}}
control: {{operator: control.sock}}
server: {{workers: {workers}}}
{more}
"""


@pytest.fixture
def gate(stairgate, upstream):
    """A daemon with services of its own; one of them in a file."""
    upstream.set("*", "*", "192.0.2.80")

    def make(style="nodata", **options):
        one = stairgate(upstreams=[upstream], config=CONFIG.replace("STYLE", style), start=False, **options)
        (one.folder / "names.txt").write_text("# of the shop\nshop.example\nshop-cdn.example # its pictures\n")
        return one.start()
    return make


def why(one, name, client):
    return json.loads(one.control("why", name, "--client", client, "--json").stdout)


def test_a_service_is_blocked_for_the_profile_that_names_it(gate):
    one = gate()
    for name in ("club.example", "www.club.example", "deep.er.club.test"):
        reply = one.ask(name)
        assert not reply.answer and ede(reply) == [17], name
        assert addresses(ask(one.port, name, source=ADULT)) == ["192.0.2.80"], name
    assert addresses(one.ask("notclub.example")) == ["192.0.2.80"]
    told = why(one, "www.club.example", KID)
    assert told["services"] == ["club"] and told["matched"] == ["service club"] and "service club" in told["sentence"]
    assert why(one, "www.club.example", ADULT)["services"] == ["club"] and not why(one, "www.club.example", ADULT)["blocked"]


def test_a_service_from_a_file_and_an_allow_below_it(gate):
    one = gate()
    for name in ("shop.example", "img.shop-cdn.example"):
        assert not addresses(ask(one.port, name, source=CLUB)), name
        assert addresses(one.ask(name)) == ["192.0.2.80"], name
    assert addresses(ask(one.port, "open.shop.example", source=CLUB)) == ["192.0.2.80"]


def test_nxdomain_is_said_of_a_whole_service(gate):
    one = gate("nxdomain")
    assert one.ask("club.example").rcode() == dns.rcode.NXDOMAIN and one.ask("x.club.example").rcode() == dns.rcode.NXDOMAIN


def test_a_service_is_found_behind_an_alias(gate, upstream):
    upstream.set("front.example", "A", ("front.example", "CNAME", "edge.club.example."), ("edge.club.example", "A", "192.0.2.81"))
    one = gate()
    for source, found in ((ADULT, ["192.0.2.81"]), (KID, []), (ADULT, ["192.0.2.81"])):
        assert addresses(ask(one.port, "front.example", source=source)) == found


def test_unknown_services_are_refused_with_what_was_meant(tmp_path):
    path = tmp_path / "stairgate.yaml"
    for text, told in (("profiles: {kid: {services: [youtub]}}", "did you mean 'youtube'?"),
                       ("services: {youtube: [x.example]}", "one that no built-in service has"),
                       ("services: {club: missing.txt}", "missing.txt"),
                       ("services: {club: [not a name]}", "not a name")):
        path.write_text(text + "\n")
        done = tool("config", "check", path, check=False)
        assert done.returncode != 0 and told in done.stdout + done.stderr, text
    many = ", ".join(f"s{i}" for i in range(65))
    path.write_text("services: {" + ", ".join(f"s{i}: [s{i}.example]" for i in range(65)) + "}\nprofiles: {kid: {services: [%s]}}\n" % many)
    done = tool("config", "check", path, check=False)
    assert done.returncode != 0 and "name at most 64 in all" in done.stdout + done.stderr


def test_services_can_be_looked_up():
    rows = json.loads(tool("services", "list", "--json").stdout)["services"]
    assert len(rows) >= 60 and all(row["names"] for row in rows)
    assert "youtube.com" in json.loads(tool("services", "show", "youtube", "--json").stdout)["names"]
    done = tool("services", "show", "youtub", check=False)
    assert done.returncode == 4 and "did you mean 'youtube'?" in done.stderr


# --- profiles that open only what is allowed ---

def https_client(port, name, source):
    """What a browser does by RFC 9460 §3: the HTTPS record's host if there is one, else the name's own addresses."""
    for rrset in ask(port, name, "HTTPS", source=source).answer:
        if rrset.rdtype == dns.rdatatype.HTTPS:
            target = rrset[0].target.to_text().rstrip(".")
            if target:
                return addresses(ask(port, target, source=source))
    return addresses(ask(port, name, source=source))


def test_an_allowed_site_reaches_its_cdn_and_nobody_else_does(gate, upstream):
    upstream.set("www.school.example", "A", ("www.school.example", "CNAME", "edge.cdn.example."), ("edge.cdn.example", "A", "192.0.2.90"))
    upstream.set("www.school.example", "HTTPS", ("www.school.example", "CNAME", "edge.cdn.example."),
                 ("edge.cdn.example", "HTTPS", "1 . alpn=h2"))
    upstream.set("lms.school.example", "HTTPS", "1 pool.cdn.example. alpn=h2")
    upstream.set("own.school.example", "HTTPS", "1 pool.school.example. alpn=h2 ipv4hint=192.0.2.91")
    one = gate()
    for _ in range(2):
        assert addresses(ask(one.port, "www.school.example", source=STRICT)) == ["192.0.2.90"]
        for name in ("edge.cdn.example", "pool.cdn.example", "elsewhere.example"):
            reply = ask(one.port, name, source=STRICT)
            assert not reply.answer and ede(reply) == [17], "admitted for the chain of an allowed name alone"
        assert https_client(one.port, "www.school.example", STRICT) == ["192.0.2.90"]
        assert https_client(one.port, "lms.school.example", STRICT) == ["192.0.2.80"]
        assert not ask(one.port, "lms.school.example", "HTTPS", source=STRICT).answer, "its host is not open: go on by the addresses"
        assert ask(one.port, "own.school.example", "HTTPS", source=STRICT).answer and https_client(one.port, "own.school.example", STRICT)
        assert ask(one.port, "lms.school.example", "HTTPS", source=ADULT).answer, "others get the record as it is"
    told = json.loads(one.control("why", "lms.school.example", "--client", STRICT, "--type", "HTTPS", "--json").stdout)
    assert "does not open" in told["sentence"] and told["chain"]["by"] == "pool.cdn.example"


def test_the_safe_side_of_an_allowed_engine_is_admitted(gate):
    one = gate()
    reply = ask(one.port, "search.school.example", source=STRICT)
    assert reply.answer[0][0].target.to_text() == "safe.seek.example." and addresses(reply) == ["192.0.2.80"]
    assert not ask(one.port, "safe.seek.example", source=STRICT).answer


def test_positive_lists_admit_theirs_with_its_chain(gate, upstream):
    upstream.set("learn.example", "A", ("learn.example", "CNAME", "edge.cdn.example."), ("edge.cdn.example", "A", "192.0.2.92"))
    one = gate(lists={"edu_positive": "learn.example\n"})
    assert addresses(ask(one.port, "learn.example", source=STRICT)) == ["192.0.2.92"]
    assert not ask(one.port, "edge.cdn.example", source=STRICT).answer
