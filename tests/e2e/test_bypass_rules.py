"""Rules for routers: what is printed is what nftables takes, and what it does is what was meant."""

import re
import shutil
import subprocess

import pytest

from harness import tool

WILD = "upstreams: [192.0.2.53]\nlisten: ['0.0.0.0@53', '::@5353']\n"
EXACT = "upstreams: [192.0.2.53]\nlisten: ['192.0.2.1@53', '2001:db8::1@53', 127.0.0.1]\n"
NETWORKS = ["lan0", "192.0.2.0/24", "2001:db8::/64"]


def rules(tmp_path, text, *words):
    config = tmp_path / "c.yaml"
    config.write_text(text)
    return tool("bypass", "rules", "--config", str(config), *words).stdout


def in_namespace(*command, text=None):
    """Runs COMMAND as root of a network of its own."""
    return subprocess.run(["unshare", "-rn", *command], input=text, capture_output=True, text=True, timeout=60, check=False)


def needs_nft():
    if shutil.which("nft") is None or in_namespace("nft", "list", "ruleset").returncode != 0:
        pytest.skip("no nft, or no network namespace here")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("more", [(), ("--resolver", "192.0.2.9"), ("--resolver", "2001:db8::9", "--resolver", "192.0.2.9")])
@pytest.mark.parametrize("text", [WILD, EXACT])
def test_nftables_takes_the_rules(tmp_path, text, more, network):
    needs_nft()
    done = in_namespace("nft", "-c", "-f", "-", text=rules(tmp_path, text, "--network", network, *more))
    assert done.returncode == 0, done.stderr


def test_rules_may_be_loaded_again(tmp_path):
    needs_nft()
    text = rules(tmp_path, WILD, "--network", "lan0")
    done = in_namespace("sh", "-c", 'nft -f - <<E && nft -f - <<E && nft list ruleset\n%s\nE\n%s\nE' % (text, text))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("redirect to :53\n") == 2 and done.stdout.count("redirect to :5353\n") == 2
    assert done.stdout.count("reject") == 2


def test_the_resolver_itself_is_excepted(tmp_path):
    text = rules(tmp_path, EXACT, "--network", "lan0")
    assert 'iifname "lan0" ip daddr 192.0.2.1 return' in text and "127.0.0.1" not in text
    assert 'iifname "lan0" meta nfproto ipv6 udp dport 53 dnat ip6 to [2001:db8::1]:53' in text
    text = rules(tmp_path, EXACT, "--network", "192.0.2.0/24", "--resolver", "192.0.2.9")
    assert "ip daddr 192.0.2.9 return" in text and "ip saddr 192.0.2.9 return" in text and "dnat" not in text


def parse_uci(text):
    """A small reader of /etc/config files: sections with their options."""
    sections = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        section = re.fullmatch(r"config ([a-z]+)", line)
        option = re.fullmatch(r"\toption ([a-z_]+) '([^']*)'", line)
        assert section or (option and sections), f"line {number} is no UCI: {line}"
        if section:
            sections.append({"": section[1]})
        else:
            assert option[1] not in sections[-1], f"line {number}: twice"
            sections[-1][option[1]] = option[2]
    return sections


@pytest.mark.parametrize("network", NETWORKS)
def test_openwrt_gets_sections_that_turn_and_close(tmp_path, network):
    sections = parse_uci(rules(tmp_path, EXACT, "--network", network, "--format", "uci"))
    turned = [section for section in sections if section[""] == "redirect"]
    families = {"lan0": {"ipv4", "ipv6"}, "192.0.2.0/24": {"ipv4"}, "2001:db8::/64": {"ipv6"}}[network]
    assert {section["family"] for section in turned} == families
    for section in turned:
        assert section["target"] == "DNAT" and section["src_dport"] == "53" and section["src_dip"] == "!" + section["dest_ip"]
    assert sections[-1]["target"] == "REJECT" and sections[-1]["dest_port"] == "53 853"


def test_openwrt_lets_another_machine_be_the_resolver(tmp_path):
    sections = parse_uci(rules(tmp_path, EXACT, "--network", "lan", "--format", "uci", "--resolver", "192.0.2.9"))
    assert [section["target"] for section in sections] == ["ACCEPT", "ACCEPT", "REJECT"]


@pytest.mark.parametrize("words", [("--network", "lan 0"), ("--network", 'a";'), ("--network", "lan0", "--format", "pf"),
                                   ("--network", "lan0", "--resolver", "0.0.0.0"), ("--network", "192.0.2.1/24"), ()])
def test_words_that_mean_nothing_are_refused(tmp_path, words):
    config = tmp_path / "c.yaml"
    config.write_text(WILD)
    assert tool("bypass", "rules", "--config", str(config), *words, check=False).returncode == 2


def test_a_resolver_that_nobody_can_reach_is_told(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("upstreams: [192.0.2.53]\n")
    done = tool("bypass", "rules", "--config", str(config), "--network", "lan0", check=False)
    assert done.returncode == 1 and "it listens on this machine alone" in done.stderr
