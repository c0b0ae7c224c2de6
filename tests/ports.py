"""Ports for what tests and benches start.

A port that was free a moment ago may be taken when the server comes to bind it: by another job of ctest, or by any socket that
the kernel gave a port to, of which a resolver has many. So ports come from outside of the kernel's range, and each is held under
a name that one process of this network can have, as long as it lives.
"""
import contextlib
import random
import socket
from pathlib import Path

_held = []


def _candidates():
    least, most = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    ports = [port for port in range(10000, 65536) if not least <= port <= most]
    return ports if len(ports) >= 1000 else list(range(10000, 65536))


def _hold(port):
    """Takes PORT for this process; False where another has it."""
    one = socket.socket(socket.AF_UNIX)
    try:
        one.bind(f"\0stairgate-test-port-{port}")  # an abstract name: gone with the process
    except OSError:
        one.close()
        return False
    _held.append(one)
    return True


def _is_free(port, hosts):
    with contextlib.ExitStack() as stack:
        for host in hosts:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                try:
                    stack.enter_context(socket.socket(family, kind)).bind((host, port))
                except OSError:
                    return False
    return True


def free_port(*hosts):
    """A port that is free for UDP and TCP on HOSTS (127.0.0.1), and that no other caller is given."""
    for port in random.sample(_candidates(), 1000):
        if _hold(port) and _is_free(port, hosts or ("127.0.0.1",)):
            return port
    raise RuntimeError("no free port")
