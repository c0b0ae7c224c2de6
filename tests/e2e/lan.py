"""A house for tests: one server and its neighbours on a bridge, each a network namespace of its own.

Everything is made by the test and gone with it. Addresses are those of documentation (RFC 5737, RFC 3849).
"""
import os
import re
import subprocess

import pytest

SERVER4, SERVER6 = "192.0.2.1", "2001:db8:1::1"
MACS = {"phone": "00:00:5e:00:53:0a", "laptop": "00:00:5e:00:53:0b", "router": "00:00:5e:00:53:0c", "far": "00:00:5e:00:53:0d"}

needs_namespaces = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


def ip(*words, check=True):
    return subprocess.run(["ip", *map(str, words)], check=check, timeout=20, capture_output=True, text=True).stdout


class Lan:
    """`server` with the bridge, and hosts on it by name. A host has the MAC of its name and no address yet."""

    def __init__(self):
        self.tag = f"sg{os.getpid()}"
        self.made = []
        self.server = self._namespace("server")
        ip("-n", self.server, "link", "add", "lan0", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
        self.give("server", f"{SERVER4}/24", f"{SERVER6}/64", device="lan0")
        ip("-n", self.server, "link", "set", "lan0", "up")

    def _namespace(self, name):
        space = f"{self.tag}{name}"
        ip("netns", "add", space)
        self.made.append(space)
        ip("-n", space, "link", "set", "lo", "up")
        return space

    def inside(self, name):
        """The words to run something at host NAME."""
        return ["ip", "netns", "exec", f"{self.tag}{name}"]

    def join(self, name, *addresses):
        """Puts host NAME on the bridge."""
        space = self._namespace(name)
        ip("link", "add", "eth0", "netns", space, "address", MACS[name], "type", "veth",
           "peer", "name", f"to{name}", "netns", self.server)
        ip("-n", self.server, "link", "set", f"to{name}", "master", "lan0", "up")
        ip("-n", space, "link", "set", "eth0", "up")
        self.give(name, *addresses)
        return self

    def give(self, name, *addresses, device="eth0"):
        for address in addresses:
            more = ["nodad"] if ":" in address else []
            ip("-n", f"{self.tag}{name}", "address", "add", address, "dev", device, *more)

    def take(self, name, address, device="eth0"):
        ip("-n", f"{self.tag}{name}", "address", "delete", address, "dev", device)

    def knows_server(self, name):
        """Host NAME need not ask for the server's MAC, so that the server hears of NAME by its first query alone."""
        shown = ip("-n", self.server, "-o", "link", "show", "lan0")
        mac = re.search(r"link/ether (\S+)", shown).group(1)
        for address in (SERVER4, SERVER6):
            ip("-n", f"{self.tag}{name}", "neigh", "replace", address, "lladdr", mac, "dev", "eth0", "nud", "permanent")

    def forget(self, address):
        """Takes the server's word on ADDRESS away."""
        ip("-n", self.server, "neigh", "delete", address, "dev", "lan0", check=False)

    def known(self, address):
        """The kernel's line on ADDRESS at the server."""
        return ip("-n", self.server, "neigh", "show", "to", address)

    def dig(self, name, question, *words, server=SERVER4, port=5300, source=None):
        command = [*self.inside(name), "dig", f"@{server}", "-p", port, "+time=5", "+tries=2", "+noall", "+comments", "+answer",
                   "+authority", *(["-b", source] if source else []), question, *words]
        return subprocess.run([str(w) for w in command], capture_output=True, text=True, timeout=60).stdout

    def close(self):
        for space in self.made:
            subprocess.run(["ip", "netns", "delete", space], timeout=20, check=False)


@pytest.fixture
def lan():
    one = None
    try:
        one = Lan()
        yield one
    finally:
        if one is not None:
            one.close()
