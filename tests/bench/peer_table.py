"""The resolvers that are compared, as data: name, package, configuration, command, how a new list is taken up.

All get one worker, a cache that holds everything asked, the same list with the same meaning (each name with all below it),
the same upstream, no validation and no query log. To add one: a function that writes its configuration into site.folder and
returns its command, and a row in PEERS.
"""
import base64
import contextlib
import os
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

from rig import BIN, HOST, PEERS, UPSTREAM_HOST, listed_chunks

KEEP = 200_000  # entries of each cache; 64 MiB where it is counted in octets

# List format: what each name becomes, and what stands before the first.
RPZ_HEAD = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n@ NS localhost.\n"
FORMATS = {
    "plain": ("%s\n", ""),
    "unbound": ('local-zone: "%s." always_nxdomain\n', "server:\n"),
    "rpz": ("%s CNAME .\n*.%s CNAME .\n", RPZ_HEAD),
    "dnsmasq": ("server=/%s/\n", ""),
}


@dataclass
class Site:
    """Where one resolver runs: its folder, ports and list; size 0 is no list at all."""
    folder: Path
    port: int
    control: int
    upstream: int
    size: int
    lists: dict = field(default_factory=dict)  # format: path
    workers: int = 1

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


@dataclass(frozen=True)
class Peer:
    key: str
    title: str
    package: Optional[str]  # None: built here
    format: Optional[str]  # of its list; None: it blocks nothing
    write: Callable  # (site) -> the words of its command
    reload: Optional[Callable] = None  # (site, process); None: it is restarted
    octets: int = 0  # a name, as seen once: only to know how many fit in memory together
    quick: bool = True  # starts within seconds at 100 k names
    overlay: bool = False  # must see its files below /usr
    prepare: Optional[Callable] = None  # (site): text list to what it loads, outside the server


def write_lists(folder, count, formats):
    """Writes the list in each of FORMATS; returns {format: path}. A list that is there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for key in formats:
        template, head = FORMATS[key]
        paths[key] = folder / f"list.{key}"
        with open(paths[key], "w", encoding="ascii") as out:
            out.write(head)
            out.writelines(listed_chunks(count, template))
    return paths


def add_name(path, key, name):
    template = FORMATS[key][0]
    with open(path, "a", encoding="ascii") as out:
        out.write(template % ((name, name) if template.count("%s") == 2 else name))


def program(name):
    for folder in ("sbin", "bin"):
        path = PEERS / "usr" / folder / name
        if path.exists():
            return path
    raise FileNotFoundError(name)


def environment():
    libraries = PEERS / "usr/lib" / f"{os.uname().machine}-linux-gnu"
    return {**os.environ, "LD_LIBRARY_PATH": str(libraries)}


def run(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True, env=environment(), timeout=600)


# The ceilings.

def echo(site):
    return [BIN / "echo", f"{HOST}@{site.port}"]


def echo_wildcard(site):
    return [BIN / "echo", "--wildcard", f"{HOST}@{site.port}"]


# Stairgate.

STAIRGATE = """\
listen: ["{host}@{port}"]
clients: {{allow: [127.0.0.0/8]}}
upstreams: [{{address: "{upstream_host}@{upstream}", transport: {transport}}}]
profiles: {{kid: {{block: [gambling]}}}}
{sets}
control: {{operator: control.sock, portal: portal.sock}}
cache: {{size: 64MiB}}
server: {{workers: {workers}}}
"""


def stairgate(transport):
    def write(site):
        sets = "sets: {public: lists.set}" if site.size else "sets: {}"
        path = site.write("stairgate.yaml", STAIRGATE.format(host=HOST, port=site.port, upstream_host=UPSTREAM_HOST, upstream=site.upstream,
                                                             transport=transport, sets=sets, workers=site.workers))
        return [BIN / "stairgated", "--config", path]
    return write


def stairgate_prepare(site):
    run(BIN / "stairgate", "set", "build", "--out", site.folder / "lists.set", "--seed", "1", "--category", f"gambling={site.lists['plain']}:plain")


def stairgate_reload(site, _process):
    run(BIN / "stairgate", "reload", "--socket", site.folder / "control.sock")


# dnsdist: a suffix tree filled by Lua, as its documentation shows it.

DNSDIST = """\
setLocal("{host}:{port}")
setACL({{"127.0.0.0/8"}})
setSecurityPollSuffix("")
setMaxUDPOutstanding(65535)
{batch}
newServer({{address="{upstream_host}:{upstream}"}}):setUp()
getPool(""):setCache(newPacketCache({keep}, {{maxTTL=86400}}))
setKey("{key}")
controlSocket("{host}:{control}")
generation = 0
function load_list()
  local names = newSuffixMatchNode()
  for line in io.lines("{list}") do names:add(line) end
  generation = generation + 1
  addAction(SuffixMatchNodeRule(names), RCodeAction(DNSRCode.NXDOMAIN), {{name="list" .. generation}})
  if generation > 1 then rmRule("list" .. (generation - 1)) end
end
"""
DNSDIST_KEY = base64.b64encode(bytes(range(32))).decode()


def dnsdist(batch):
    def write(site):
        return dnsdist_write(site, f"setUDPMultipleMessagesVectorSize({batch})" if batch else "")
    return write


def dnsdist_write(site, batch):
    text = DNSDIST.format(batch=batch, host=HOST, port=site.port, upstream_host=UPSTREAM_HOST, upstream=site.upstream, keep=KEEP, key=DNSDIST_KEY,
                          control=site.control, list=site.lists.get("plain", ""))
    path = site.write("dnsdist.conf", text + ("load_list()\n" if site.size else ""))
    return [program("dnsdist"), "--supervised", "--disable-syslog", "-C", path]


def dnsdist_reload(site, _process):
    run(program("dnsdist"), "-C", "/dev/null", "-c", f"{HOST}:{site.control}", "-k", DNSDIST_KEY, "-e", "load_list()")


# Unbound: local zones, or a response policy zone.

UNBOUND = """\
server:
  do-daemonize: no
  use-syslog: no
  verbosity: 0
  username: ""
  chroot: ""
  pidfile: ""
  directory: "{folder}"
  interface: {host}@{port}
  num-threads: 1
  module-config: "{modules}"
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
  outgoing-range: 4096
  num-queries-per-thread: 2048
  msg-cache-size: 64m
  rrset-cache-size: 64m
{include}
{rpz}
forward-zone:
  name: "."
  forward-addr: {upstream_host}@{upstream}
remote-control:
  control-enable: no
"""


def unbound(rpz):
    def write(site):
        zone = f'rpz:\n  name: "rpz.bench"\n  zonefile: "{site.lists["rpz"]}"\n' if rpz and site.size else ""
        include = f'include: "{site.lists["unbound"]}"' if not rpz and site.size else ""
        path = site.write("unbound.conf", UNBOUND.format(folder=site.folder, host=HOST, port=site.port, upstream_host=UPSTREAM_HOST,
                                                         upstream=site.upstream, include=include, rpz=zone,
                                                         modules="respip iterator" if zone else "iterator"))
        return [program("unbound"), "-d", "-c", path]
    return write


def hang_up(_site, process):
    os.kill(process.pid, 1)


# Knot Resolver: RPZ in Lua.

KRESD = """\
log_level('crit')
modules.unload('ta_update'); modules.unload('ta_signal_query'); modules.unload('priming')
modules.unload('detect_time_skew'); modules.unload('detect_time_jump')
trust_anchors.remove('.')
net.listen('{host}', {port}, {{ kind = 'dns' }})
net.listen('{folder}/control.sock', nil, {{ kind = 'control' }})
cache.size = 64 * MB
modules = {{ 'policy' }}
local mine = {{}}
function load_list()
  local old = mine
  mine = {{}}
  {list}
  table.insert(mine, policy.add(policy.all(policy.STUB('{upstream_host}@{upstream}'))))
  for _, rule in ipairs(old) do policy.del(rule.id) end
end
load_list()
"""


def kresd(site):
    rpz = f"table.insert(mine, policy.add(policy.rpz(policy.DENY, '{site.lists['rpz']}', false)))" if site.size else ""
    path = site.write("kresd.conf", KRESD.format(folder=site.folder, host=HOST, port=site.port, upstream_host=UPSTREAM_HOST,
                                                 upstream=site.upstream, list=rpz))
    return [program("kresd"), "-n", "-c", path, site.folder]


def kresd_reload(site, _process):
    with socket.socket(socket.AF_UNIX) as sock, contextlib.suppress(TimeoutError):
        sock.settimeout(300)
        sock.connect(str(site.folder / "control.sock"))
        sock.sendall(b"load_list()\n")
        sock.recv(4096)


# PowerDNS Recursor: RPZ.

RECURSOR = """\
local-address={host}
local-port={port}
forward-zones-recurse=.={upstream_host}:{upstream}
dont-query=
allow-from=127.0.0.0/8
dnssec=off
threads=1
pdns-distributes-queries=no
quiet=yes
loglevel=3
disable-syslog=yes
daemon=no
write-pid=no
socket-dir={folder}
security-poll-suffix=
max-cache-entries={keep}
max-packetcache-entries={keep}
lua-config-file={folder}/rpz.lua
"""


def recursor(site):
    site.write("rpz.lua", f'rpzFile("{site.lists["rpz"]}", {{policyName="rpz.bench"}})\n' if site.size else "")
    site.write("recursor.conf", RECURSOR.format(folder=site.folder, host=HOST, port=site.port, upstream_host=UPSTREAM_HOST,
                                                upstream=site.upstream, keep=KEEP))
    return [program("pdns_recursor"), f"--config-dir={site.folder}"]


def recursor_reload(site, _process):
    run(program("rec_control"), "--timeout=600", f"--socket-dir={site.folder}", f"--config-dir={site.folder}", "reload-lua-config")


# dnsmasq: server=/name/ without a server, in a servers-file, which a hang-up reads again.

DNSMASQ = """\
port={port}
listen-address={host}
bind-interfaces
no-resolv
no-hosts
no-poll
server={upstream_host}#{upstream}
{servers}
cache-size={keep}
dns-forward-max=10000
user={user}
pid-file
log-facility=-
"""


def dnsmasq(site):
    user = "root" if os.geteuid() == 0 else ""
    servers = f"servers-file={site.lists['dnsmasq']}" if site.size else ""
    path = site.write("dnsmasq.conf", DNSMASQ.format(host=HOST, port=site.port, upstream_host=UPSTREAM_HOST, upstream=site.upstream,
                                                     servers=servers, keep=KEEP, user=user))
    return [program("dnsmasq"), "-k", "-C", path]


# BIND: RPZ.

NAMED = """\
options {{
  directory "{folder}"; pid-file none; session-keyfile none; lock-file none;
  listen-on port {port} {{ {host}; }}; listen-on-v6 {{ none; }};
  allow-query {{ 127.0.0.0/8; }}; recursion yes; recursive-clients 10000;
  forwarders port {upstream} {{ {upstream_host}; }}; forward only;
  dnssec-validation no; minimal-responses yes; empty-zones-enable no; querylog no; max-cache-size 64m; {policy}
}};
key "bench" {{ algorithm hmac-sha256; secret "{key}"; }};
controls {{ inet {host} port {control} allow {{ {host}; }} keys {{ "bench"; }}; }};
logging {{ category default {{ null; }}; }};
{zone}
"""
RNDC = 'key "bench" {{ algorithm hmac-sha256; secret "{key}"; }};\noptions {{ default-key "bench"; default-server {host}; default-port {control}; }};\n'


def named(site):
    policy = 'response-policy { zone "rpz.bench"; } qname-wait-recurse no break-dnssec yes;' if site.size else ""
    zone = f'zone "rpz.bench" {{ type primary; file "{site.lists["rpz"]}"; notify no; }};' if site.size else ""
    path = site.write("named.conf", NAMED.format(folder=site.folder, host=HOST, port=site.port, upstream_host=UPSTREAM_HOST, key=DNSDIST_KEY,
                                                 upstream=site.upstream, control=site.control, policy=policy, zone=zone))
    site.write("rndc.conf", RNDC.format(key=DNSDIST_KEY, host=HOST, control=site.control))
    return [program("named"), "-f", "-n", "1", "-U", "1", "-c", path]


def named_reload(site, _process):
    run(program("rndc"), "-c", site.folder / "rndc.conf", "reload", "rpz.bench")


# SmartDNS: a domain set.

SMARTDNS = """\
bind {host}:{port}
server {upstream_host}:{upstream}
speed-check-mode none
response-mode fastest-response
dualstack-ip-selection no
prefetch-domain no
serve-expired no
cache-size {keep}
cache-persist no
log-level fatal
log-file {folder}/smartdns.log
{rules}
"""


def smartdns(site):
    rules = f"domain-set -name bench -type list -file {site.lists['plain']}\naddress /domain-set:bench/#" if site.size else ""
    path = site.write("smartdns.conf", SMARTDNS.format(folder=site.folder, host=HOST, port=site.port, upstream_host=UPSTREAM_HOST,
                                                       upstream=site.upstream, keep=KEEP, rules=rules))
    return [program("smartdns"), "-f", "-p", "-", "-c", path]


PEERS_TABLE = [
    Peer("echo", "UDP echo", None, None, echo),
    Peer("echo-wildcard", "echo on `::`, epoll, pktinfo, +90 octets", None, None, echo_wildcard),
    Peer("stairgate", "**stairgate**, UDP upstream", None, "plain", stairgate("udp"), stairgate_reload, 10, prepare=stairgate_prepare),
    Peer("stairgate-tcp", "**stairgate**, TCP upstream", None, "plain", stairgate("tcp"), stairgate_reload, 10, prepare=stairgate_prepare),
    Peer("dnsdist", "dnsdist", "dnsdist", "plain", dnsdist(0), dnsdist_reload, 480),
    Peer("dnsdist-batch", "dnsdist, batches of 64", "dnsdist", "plain", dnsdist(64), dnsdist_reload, 480),
    Peer("unbound", "Unbound, local-zone", "unbound", "unbound", unbound(rpz=False), hang_up, 430),
    Peer("unbound-rpz", "Unbound, RPZ", "unbound", "rpz", unbound(rpz=True), hang_up, 1240, quick=False),
    Peer("kresd", "Knot Resolver, RPZ", "knot-resolver", "rpz", kresd, kresd_reload, 300, quick=False, overlay=True),
    Peer("recursor", "PowerDNS Recursor, RPZ", "pdns-recursor", "rpz", recursor, recursor_reload, 430, quick=False),
    Peer("dnsmasq", "dnsmasq", "dnsmasq-base", "dnsmasq", dnsmasq, hang_up, 80),
    Peer("named", "BIND, RPZ", "bind9", "rpz", named, named_reload, 840, quick=False),
    Peer("smartdns", "SmartDNS", "smartdns", "plain", smartdns, octets=270),
]


def start_words(peer, site):
    """The command of PEER, with its own /usr over the system's where it needs that (a mount namespace of its own)."""
    words = peer.write(site)
    if not peer.overlay:
        return words
    mount = f'mount -t overlay overlay -o lowerdir={PEERS}/usr:/usr /usr && exec "$@"'
    return ["unshare", "--mount" if os.geteuid() == 0 else "-rm", "sh", "-c", mount, "sh", *words]


def version(peer):
    mark = PEERS.parent / f"{peer.package}.whole"
    return mark.read_text().strip().split(":")[-1] if peer.package and mark.exists() else ""
