"""`stairgate why` against the running server, and alone: the same code, the same words."""

import json

import pytest

from harness import ask, ede, tool

LISTS = {"gambling": "casino.example\nvendor.example\n", "legal_order": "ordered.example\n", "porn": "ordered.example\n"}
OWN = """\
operator: {deny: [order.example]}
records: {names: [{name: nas.home.test, address: 192.0.2.9}]}
"""


def why(gate, *words):
    return json.loads(gate.control("why", *words, "--json").stdout)


def test_the_server_and_the_files_alone_say_the_same(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=LISTS, more=OWN)
    questions = (["casino.example"], ["WWW.Casino.Example."], ["casino.example", "--profile", "adult"],
                 ["casino.example", "--client", "127.0.0.2", "--type", "HTTPS"], ["nas.home.test"], ["order.example"],
                 ["ordered.example"], ["localhost"], ["childline.org.uk"], ["a.example", "--client", "192.0.2.1"],
                 ["b\u00fccher.example"], ["a.example", "--at", "2026-01-31T20:00:00Z"],
                 ["a.example", "--client", "127.0.0.2", "--told", "00:00:5e:00:53:0a", "--listen", "127.0.0.1@5353"])
    for words in questions:
        for form in ([], ["--json"]):
            asked = gate.control("why", *words, *form, check=False)
            alone = tool("why", *words, *form, "--config", gate.config_path, check=False)
            assert asked.stdout == alone.stdout, words
            assert asked.returncode == alone.returncode, words


def test_why_foretells_what_the_client_gets(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS, more=OWN)
    names = ["casino.example", "x.casino.example", "clean.example", "order.example", "ordered.example", "nas.home.test",
             "printer", "tv.local", "1.0.0.10.in-addr.arpa", "mask.icloud.com", "childline.org.uk"]
    for name in names:
        for client in ("127.0.0.1", "127.0.0.2"):
            told, reply = why(gate, name, "--client", client), ask(gate.port, name, source=client)
            answer = told["answer"]
            if told["verdict"] == "forward":
                assert [str(record) for record in reply.answer[0]] == ["192.0.2.1"], name
                continue
            assert answer["rcode"] == reply.rcode().name, name
            assert answer["ede"] == ede(reply), name
            assert answer["ttl_s"] == (reply.answer or reply.authority)[0].ttl, name


def test_a_blocked_name_is_told_with_every_feed_and_its_cure(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists={"gambling": "casino.example\n", "social": "casino.example\n"})
    told = why(gate, "a.casino.example")
    assert told["blocked"] and told["matched"] == ["gambling", "social"] and told["suffix"] == "casino.example"
    assert {feed["category"] for feed in told["feeds"]} == {"gambling", "social"}
    assert "child" in told["lift"] and told["profile"]["by"] == "default"
    assert [step["outcome"] for step in told["steps"]].count("match") == 1
    assert why(gate, "a.casino.example", "--client", "127.0.0.2")["profile"]["evidence"] == "127.0.0.2"


def test_what_the_operator_blocks_is_one_word(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=LISTS, more=OWN)
    texts = set()
    for name in ("order.example", "ordered.example"):
        told = why(gate, name, "--profile", "adult")
        del told["name"]
        texts.add(json.dumps(told))
    assert len(texts) == 1
    text = texts.pop()
    assert "operator policy" in text and "legal" not in text and "porn" not in text


def test_exit_codes_serve_scripts(stairgate, upstream):
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    rows = [(["-q", "casino.example"], 10), (["-q", "clean.example"], 0), (["casino.example"], 0), (["a..example"], 2),
            (["casino.example", "--profile", "nobody"], 4), (["casino.example", "--client", "somebody"], 2), ([], 2),
            (["casino.example", "--colour"], 2), (["casino.example", "--told", "somebody"], 2), (["casino.example", "--listen", "here"], 2)]
    for words, code in rows:
        assert gate.control("why", *words, check=False).returncode == code, words
        assert tool("why", *words, "--config", gate.config_path, check=False).returncode == code, words
    assert tool("why", "casino.example", "--socket", gate.folder / "nobody.sock", check=False).returncode == 3
    assert tool("why", "casino.example", "--config", gate.folder / "nothing.yaml", check=False).returncode == 1


def test_a_reload_never_gives_up_good_lists_for_none(stairgate, upstream):
    upstream.set("*", "A", "192.0.2.1")
    gate = stairgate(upstreams=[upstream], lists=LISTS)
    good = (gate.folder / "lists.set").read_bytes()
    for bad in (None, b"no set at all", good[:-1], good[:-1] + bytes([good[-1] ^ 1])):
        path = gate.folder / "new.set"
        path.unlink(missing_ok=True)
        if bad is not None:
            path.write_bytes(bad)
        gate.config_path.write_text(gate.config_path.read_text().replace("lists.set", "new.set"))
        assert gate.control("reload", check=False).returncode == 1
        assert not gate.ask("casino.example").answer
    (gate.folder / "new.set").write_bytes(good)
    assert gate.control("reload").returncode == 0
    assert not gate.ask("casino.example").answer


@pytest.mark.parametrize("word, said", [
    ("https://user@casino.example:443/x?y", "did you mean 'casino.example'"), ("casino.example/x", "did you mean 'casino.example'"),
    ("mail@casino.example", "did you mean 'casino.example'"), ("192.0.2.1", "an address, not a name"), ("casino example", "not a name"),
    ("https://", "not a name"),
])
def test_what_people_paste_in_place_of_a_name_is_told_apart(tmp_path, word, said):
    config = tmp_path / "f.yaml"
    config.write_text("upstreams: []\n")
    done = tool("why", word, "--config", config, check=False)
    assert done.returncode == 2 and said in done.stderr and not done.stdout
    assert tool("why", "0/25.2.0.192.in-addr.arpa", "--config", config).stdout  # RFC 2317 §4
