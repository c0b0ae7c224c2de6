"""A small Internet for the differential test: zones with all that is usual and much that is odd, some of them signed.

Popular names of the world cannot be asked where tests run; so these zones hold the shapes that popular names have (chains into
other zones, many addresses, HTTPS records) and the shapes that break forwarders (wildcards, empty non-terminals, DNAME, binary
labels, names of 255 octets, types nobody knows).
"""
import subprocess

import dns.name

TTL = 86400  # nothing may run out while the test runs
DATES = ("20250101000000", "20450101000000")
PLAIN, NSEC, NSEC3, OPTOUT, CHILD, OPEN, OUT, BOGUS, TARGET = (
    "plain.test", "nsec.test", "nsec3.test", "optout.test", "signed.nsec.test", "open.nsec.test", "open.optout.test", "bogus.test",
    "target.test")
HOSTS = 60
LONG = ".".join(["l" * 63] * 3 + ["m" * 40])  # with a zone behind it near 255 octets

RECORDS = r"""
www A 192.0.2.1
www A 192.0.2.2
www AAAA 2001:db8::1
www HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
@ A 192.0.2.3
@ MX 10 mail
@ MX 20 mail2
@ TXT "v=spf1 -all"
@ CAA 0 issue "ca.example"
@ HTTPS 0 www
mail A 192.0.2.4
mail2 AAAA 2001:db8::4
_443._tcp.www TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
_sip._udp SRV 10 5 5060 sip
_sip._udp SRV 20 0 5060 sip2.target.test.
_svc SVCB 1 svc.target.test. port=8443 ipv4hint=192.0.2.5
_svc SVCB 2 . key65000="odd"
_https.svc HTTPS 3 pool alpn=h2 no-default-alpn port=444
naptr NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp
naptr NAPTR 100 51 "u" "E2U+sip" "!^.*$!sip:a@b.test!" .
caa CAA 128 iodef "mailto:admin@mail.test"
unknown TYPE65280 \# 5 0102030405
unknown TYPE65280 \# 0
sshfp SSHFP 4 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
hinfo HINFO "CPU" "OS"
rp RP admin.mail txt
afsdb AFSDB 1 afs
kx KX 10 mail
uri URI 10 1 "https://www.example/path"
ptr PTR WWW.Target.TEST.
apl APL 1:192.0.2.0/24 !2:2001:db8::/32
big TXT {big}
many A {many}
empty TXT ""
case.MiXeD A 192.0.2.6
MiXeD CNAME WwW
c1 CNAME www
c2 CNAME c1
c3 CNAME c2
c8 CNAME c7
c7 CNAME c6
c6 CNAME c5
c5 CNAME c4
c4 CNAME c3
out CNAME www.target.test.
outchain CNAME c3.target.test.
outsigned CNAME www.nsec.test.
outsigned3 CNAME c2.nsec3.test.
outwild CNAME any.thing.wild.target.test.
gone CNAME nothing.here
gonefar CNAME nothing.target.test.
nodata CNAME mail2
loop1 CNAME loop2
loop2 CNAME loop1
self CNAME self
dn DNAME target.test.
dnin DNAME tree
dndn DNAME dnin.target.test.
www.tree A 192.0.2.7
deep.er.tree TXT "deep"
*.wild A 192.0.2.8
*.wild TXT "wild"
*.wild MX 10 mail
real.wild A 192.0.2.9
below.real2.wild A 192.0.2.10
*.wildc CNAME www
*.wildout CNAME www.target.test.
a.b.c.ent A 192.0.2.11
x.ent2 TXT "x"
\000\001\255 A 192.0.2.12
sp\032ace A 192.0.2.13
dot\.ted A 192.0.2.14
quoted TXT "a\"b\\c"
[brackets] A 192.0.2.15
xn--bcher-kva A 192.0.2.16
_under_score TXT "u"
0 A 192.0.2.17
123.45 A 192.0.2.18
-dash- A 192.0.2.19
{long} A 192.0.2.20
{labels} A 192.0.2.21
"""

# The names to ask of each zone, besides its hosts; `?` becomes something new each time.
ASKED = r"""
@ www mail mail2 _443._tcp.www _sip._udp _svc _https.svc naptr caa unknown sshfp loc hinfo rp afsdb kx uri ptr apl big many empty
case.mixed mixed c1 c2 c3 c5 c8 out outchain outsigned outsigned3 outwild gone gonefar nodata loop1 self
dn www.dn c3.dn ?.dn ?.wild.dn nodata.dn dnin www.dnin deep.er.dnin ?.dnin www.dndn tree www.tree er.tree deep.er.tree
wild ?.wild ?.?.wild *.wild real.wild ?.real.wild real2.wild below.real2.wild ?.real2.wild wildc ?.wildc ?.wildout
ent c.ent b.c.ent a.b.c.ent ?.b.c.ent ent2 x.ent2
\000\001\255 sp\032ace dot\.ted quoted [brackets] {{brackets}} xn--bcher-kva xn--? _under_score 0 45 123.45 -dash-
{long} {labels} ? ?.? ?.www ?.?.?.?.? ?.mail _?._tcp nothing.here here \?\255 \001?
"""


def fill():
    labels = ".".join("abcdefghijklmnopqrstuvwxyz0123456789" * 2)
    return {"big": " ".join('"' + chr(97 + i % 26) * 200 + '"' for i in range(18)), "long": LONG, "labels": labels}


def zone(name, extra=""):
    """The text of the zone NAME: an SOA, the records above, hosts, and EXTRA."""
    lines = [f"$ORIGIN {name}.", f"$TTL {TTL}", f"@ SOA ns.{name}. admin.{name}. 1 {TTL} 3600 {10 * TTL} {TTL}", f"@ NS ns.{name}.",
             "ns A 127.0.0.1"]
    many = "\n".join(f"many A 192.0.2.{i}" for i in range(1, 121))
    lines += RECORDS.replace("many A {many}", many).format(**fill()).strip().splitlines()
    for i in range(HOSTS):
        lines += [f"h{i} A 198.51.100.{i + k}" for k in range(1 + i % 4)]
        lines += [f"h{i} AAAA 2001:db8:1::{i}"] * (i % 3 == 0)
        lines += [f"h{i} HTTPS 1 . alpn=h2"] * (i % 5 == 0)
        lines += [f"e{i} CNAME h{i}", f"f{i} CNAME h{i}.target.test."]
    return "\n".join(lines) + "\n" + extra


def asked_of(name):
    """(text, how often it is asked) of each name to ask of a zone."""
    words = ASKED.format(**fill()).split()
    hosts = [f"{kind}{i}" for i in range(HOSTS) for kind in "hef"]
    return [(f"{word}.{name}." if word != "@" else f"{name}.", 1.0) for word in words] + \
           [(f"{host}.{name}.", 4.0 / (1 + place)) for place, host in enumerate(hosts)]


def tool(folder, *words):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"{words[0]}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def sign(folder, name, text, *how):
    """The signed zone and the DS record of its key."""
    (folder / name).write_text(text)
    keys = [tool(folder, "ldns-keygen", "-r", "/dev/urandom", "-a", "ECDSAP256SHA256", *kind, name) for kind in (["-k"], [])]
    tool(folder, "ldns-signzone", "-i", DATES[0], "-e", DATES[1], *how, "-f", f"{name}.signed", name, *keys)
    return (folder / f"{name}.signed").read_text(), (folder / f"{keys[0]}.ds").read_text().strip()


def world(folder):
    """All zones by name, and the DS records that a resolver is to trust."""
    zones, anchors = {}, []
    zones[CHILD], ds = sign(folder, CHILD, zone(CHILD))
    cuts = f"signed NS ns.{CHILD}.\nns.signed A 127.0.0.1\n{ds}\nopen NS ns.{OPEN}.\nns.open A 127.0.0.1\n"
    for name, how, extra in ((NSEC, [], cuts), (NSEC3, ["-n", "-t", "0"], ""), (BOGUS, [], ""),
                             (OPTOUT, ["-n", "-p", "-t", "0"], f"open NS ns.{OUT}.\nns.open A 127.0.0.1\n")):
        zones[name], ds = sign(folder, name, zone(name, extra), *how)
        anchors.append(ds)
    zones[BOGUS] = zones[BOGUS].replace("192.0.2.", "203.0.113.").replace("198.51.100.", "203.0.113.")
    for name in (PLAIN, OPEN, OUT, TARGET):
        zones[name] = zone(name)
    zones["2.18.198.in-addr.arpa"] = zone("2.18.198.in-addr.arpa", "1 PTR www.plain.test.\n")
    cuts = "".join(f"{name}. NS ns.{name}.\nns.{name}. A 127.0.0.1\n" for name in zones if name not in (CHILD, OPEN, OUT))
    zones["."] = f"$ORIGIN .\n$TTL {TTL}\n@ SOA ns.test. admin.test. 1 {TTL} 3600 {10 * TTL} {TTL}\n@ NS ns.test.\n" \
                 f"ns.test. A 127.0.0.1\nwww.test. A 192.0.2.1\n{cuts}"
    return zones, anchors


def wire_name(text):
    return dns.name.from_text(text).to_wire()
