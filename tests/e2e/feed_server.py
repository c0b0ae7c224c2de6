"""A publisher of lists for tests: HTTPS by hand with a CA of its own, honest or hostile page by page; and the names it goes by.

    server = FeedServer(folder)                    # stop() when done; fixture `feeds` in conftest.py
    server.url("/ads.txt")                         # https://lists.test:PORT/ads.txt
    server.url("/ads.txt", host="mirror.test", scheme="http")
    server.ca                                      # for the option `ca`
    server.upstream                                # for `upstreams`: the only place that knows these names
    server.requests, server.requests_for("/ads.txt")   # each with method, path, headers (lower case), host, address and port
                                                   # of ours, peer, certificate

Pages. A page is put at a path, and may be put anew at any time:

    server.put("/ads.txt", text)                   # an honest publisher: ETag, Last-Modified, 304, Range with If-Range
    server.put("/ads.txt", text, etag=None, modified=None, media="text/html", coding="gzip", chunked=True, headers={...})
    server.at("/ads.txt", HANDLER)                 # HANDLER(request, client); those below make some
    server.sequence("/ads.txt", H1, H2, ...)       # one handler a request, the last one for good
    server.remove("/ads.txt")                      # 404 again

Handlers: page(...), status(code, retry_after=, body=, media=), redirect(to), not_modified(etag=), drip(...), stalled(...), silent(),
cut(body, at), cut_chunked(body, at), endless_body(), endless_line(), header_only(), headers_without_end(), zip_bomb(), garbage(),
reset(), partial(body, content_range), needs(header, value, handler).

Names: NAMES below; lists.test and mirror.test are honest, expired.test and wrong.test show certificates that are over or another's,
stranger.test one of a CA that nobody knows, old.test offers TLS 1.1 at most, mutual.test wants a client's certificate
(server.client_certificate, server.client_key). server.dns is a harness.Upstream: server.dns.set(name, "A", address) adds names.

Signatures: signer = Signer(folder): signer.public_key (base64), signer.public_file, signer.sign(octets, legacy=False, comment=None)
gives the text of a .minisig by the real tool. sha256_line(octets, name) gives the line of a sidecar.

outside(function) runs a test where a server may have an address that is not inside: for lists without `allow_private`.

List texts: names(1000) is a plain list, LIST_PAGE an HTML page.
"""
import contextlib
import ctypes
import email.utils
import functools
import gzip
import hashlib
import re
import select
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import warnings
import zlib
from pathlib import Path

import dns.message
import harness

NAMES = ("lists.test", "mirror.test", "expired.test", "wrong.test", "stranger.test", "old.test", "mutual.test")
OUTSIDE = "198.51.100.1"
REASONS = {200: "OK", 206: "Partial Content", 304: "Not Modified", 404: "Not Found", 416: "Range Not Satisfiable"}
LIST_PAGE = ("<!DOCTYPE html>\n<html><head><title>Just a moment</title></head><body>\n" +
             "<p>Please prove that you are no robot at login.example and wait.</p>\n" * 250 + "</body></html>\n").encode()


def names(count, first=0, label="n", zone="example"):
    """A plain list: n0.example, n1.example, ..."""
    return "".join(f"{label}{number}.{zone}\n" for number in range(first, first + count)).encode()


def http_date(at=None):
    return email.utils.formatdate(time.time() if at is None else at, usegmt=True)


def sha256_line(octets, name):
    return f"{hashlib.sha256(octets).hexdigest()}  {name}\n".encode()


def zeros_gzip(mebibytes):
    """gzip of so many MiB of zeros, without ever holding them: about a thousandth of it."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(pack.compress(bytes(1 << 20)) for _ in range(mebibytes)) + pack.flush()


def zstd(octets):
    """OCTETS as zstd, by the tool; None where it is not installed."""
    if shutil.which("zstd") is None:
        return None
    return subprocess.run(["zstd", "-q", "-c"], input=octets, stdout=subprocess.PIPE, timeout=60, check=True).stdout


def outside(function):
    """Runs FUNCTION(OUTSIDE) in a network namespace of its own, where the address OUTSIDE, none of a private network, is ours: what
    it starts, servers and programs, is in there too. Returns False, and runs nothing, where such a thing cannot be made."""
    outcome = []

    def run():
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(0x40000000) != 0:  # CLONE_NEWNET: of this thread alone
            return outcome.append(None)
        for words in (("link", "set", "lo", "up"), ("addr", "add", f"{OUTSIDE}/32", "dev", "lo")):
            if subprocess.run(["ip", *words], timeout=20, check=False).returncode != 0:
                return outcome.append(None)
        try:
            function(OUTSIDE)
            return outcome.append(True)
        except BaseException as error:
            return outcome.append(error)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return bool(outcome[0])


# ---- certificates

class Certificates:
    """A CA, and certificates signed by it, made by openssl at test time."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = self._authority("ca")
        self._authority("strange")

    def _openssl(self, *words, text=None):
        done = subprocess.run(["openssl", *map(str, words)], cwd=self.folder, input=text, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _authority(self, name):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                      "-out", f"{name}.pem", "-days", "7", "-subj", f"/CN={name} of the tests",
                      "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        (self.folder / f"{name}.cnf").write_text(f"""\
[ca]
default_ca = own
[own]
database = {self.folder}/{name}.index
new_certs_dir = {self.folder}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
""")
        (self.folder / f"{name}.index").write_text("")
        return self.folder / f"{name}.pem"

    def make(self, stem, host, *, signer="ca", start=None, end=None, address=None):
        """STEM.pem with its chain and STEM.key for HOST; START and END as YYYYMMDDHHMMSSZ."""
        alternative = f"subjectAltName=DNS:{host}" + (f",IP:{address}" if address else "")
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{stem}.key",
                      "-out", f"{stem}.csr", "-subj", f"/CN={host}", "-addext", alternative)
        until = ["-startdate", start, "-enddate", end] if start else ["-days", "3"]
        self._openssl("ca", "-batch", "-notext", "-config", f"{signer}.cnf", "-cert", f"{signer}.pem", "-keyfile", f"{signer}.key",
                      "-in", f"{stem}.csr", "-out", f"{stem}.pem", *until)
        return self.folder / f"{stem}.pem", self.folder / f"{stem}.key"


@functools.cache
def shared_certificates(address):
    """Those of all servers at ADDRESS in this run: making them takes a second."""
    folder = tempfile.TemporaryDirectory(prefix="feed-certificates-")
    made = Certificates(Path(folder.name))
    made.keep = folder  # goes with the process
    for name in ("lists.test", "mirror.test"):
        made.make(name, name, address=address)
    made.make("expired.test", "expired.test", start="20200101000000Z", end="20200201000000Z")
    made.make("wrong.test", "another.test")
    made.make("stranger.test", "stranger.test", signer="strange")
    for name in ("old.test", "mutual.test", "client.test"):
        made.make(name, name)
    return made


class Signer:
    """A key of minisign, and signatures by the real tool."""

    def __init__(self, folder, stem="list"):
        self.folder = folder
        self.public_file, self.secret_file = folder / f"{stem}.pub", folder / f"{stem}.secret"
        subprocess.run(["minisign", "-G", "-W", "-f", "-p", self.public_file, "-s", self.secret_file], check=True,
                       capture_output=True, timeout=60)
        self.public_key = self.public_file.read_text().splitlines()[1]

    def sign(self, octets, legacy=False, comment="signed by the tests"):
        body = self.folder / "to-sign"
        body.write_bytes(octets)
        subprocess.run(["minisign", "-S", *(["-l"] if legacy else []), "-s", self.secret_file, "-x", self.folder / "signature",
                        "-t", comment, "-m", body], check=True, capture_output=True, timeout=60)
        return (self.folder / "signature").read_bytes()


# ---- what a handler gets

class Gone(Exception):
    """The other side went away, or the server is being stopped."""


class Request:
    def __init__(self, head, client):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, self.version = lines[0].split(" ", 2)
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.host = self.headers.get("host", "")
        self.peer, self.port, self.secure = client.peer, client.port, client.secure
        self.certificate = client.certificate
        self.address = client.sock.getsockname()[0]  # of ours
        self.at = time.monotonic()

    def __repr__(self):
        return f"{self.method} {self.host}{self.path} {self.headers}"


class Client:
    """One connection; a handler writes to it what it likes."""

    def __init__(self, server, sock, peer, port, secure):
        self.server, self.sock, self.peer, self.port, self.secure = server, sock, peer, port, secure
        self.keep = True  # a handler that ended its body with the connection clears it
        self.certificate = sock.getpeercert() if secure else None

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (OSError, ValueError) as error:
            raise Gone from error

    def send_forever(self, data):
        """DATA again and again, until the other side has had enough."""
        while not self.server.stopping.is_set():
            self.send(data)

    def head(self, code, headers=(), reason=None):
        """The first lines. HEADERS is a mapping; a value of None leaves it out."""
        lines = [f"HTTP/1.1 {code} {reason or REASONS.get(code, 'Because')}"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items() if value is not None]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def wait(self, seconds):
        """Waits, or less where the other side goes away or the server stops."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.server.stopping.is_set():
                raise Gone
            readable, _, _ = select.select([self.sock], [], [], 0.05)
            if readable and self._closed():
                raise Gone

    def _closed(self):
        try:
            self.sock.settimeout(1)
            return self.sock.recv(1) == b""
        except (ssl.SSLWantReadError, TimeoutError):
            return False
        except OSError:
            return True
        finally:
            with contextlib.suppress(OSError):
                self.sock.settimeout(harness.PATIENCE_S)

    def end(self):
        """Ends the connection after this answer, in order."""
        self.keep = False

    def abort(self):
        """Ends the connection with a reset."""
        self.keep = False
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone


# ---- handlers

def chunks(body, size=16384):
    for at in range(0, len(body), size):
        part = body[at:at + size]
        yield f"{len(part):x}\r\n".encode() + part + b"\r\n"


def page(body, *, etag="", modified="", media="text/plain; charset=utf-8", coding=None, chunked=False, headers=None, ranges=True,
         conditions=True, until_close=False):
    """An honest publisher of BODY. ETAG and MODIFIED "" are made up, None are not sent. CODING gzip packs it as a content coding.
    Without CONDITIONS it never answers 304; with UNTIL_CLOSE the body ends with the connection."""
    body = body.encode() if isinstance(body, str) else body
    if coding == "gzip":
        body = gzip.compress(body, mtime=0)
    if etag == "":
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    if modified == "":
        modified = http_date(1_700_000_000)

    def unchanged(request):
        if "if-none-match" in request.headers:
            return etag is not None and etag.removeprefix("W/") in request.headers["if-none-match"]
        return modified is not None and request.headers.get("if-modified-since") == modified

    def start_of(request):
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        same = request.headers.get("if-range") in (None, etag, modified)
        return int(wanted[1]) if ranges and wanted and same else 0

    def handle(request, client):
        common = {"ETag": etag, "Last-Modified": modified, **(headers or {})}
        if conditions and unchanged(request):
            return client.head(304, common)
        start = start_of(request)
        if start > 0 and start >= len(body):
            return client.head(416, {"Content-Range": f"bytes */{len(body)}", "Content-Length": 0})
        common["Content-Type"] = media
        if coding is not None:
            common["Content-Encoding"] = coding
        part = body[start:]
        if start:
            common["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        if until_close:
            client.end()
        elif chunked:
            common["Transfer-Encoding"] = "chunked"
        else:
            common["Content-Length"] = len(part)
        client.head(206 if start else 200, common)
        if request.method == "HEAD":
            return None
        if chunked and not until_close:
            part = b"".join(chunks(part)) + b"0\r\n\r\n"
        return client.send(part)
    return handle


def status(code, *, retry_after=None, body=b"sorry\n", media="text/plain", headers=None):
    def handle(_, client):
        client.head(code, {"Content-Type": media, "Content-Length": len(body), "Retry-After": retry_after, **(headers or {})})
        client.send(body)
    return handle


def redirect(to, code=302):
    """To an absolute address, or to a path; TO may be a function of the request."""
    def handle(request, client):
        client.head(code, {"Location": to(request) if callable(to) else to, "Content-Length": 0})
    return handle


def not_modified(etag=None, modified=None):
    """304, asked or not."""
    def handle(_, client):
        client.head(304, {"ETag": etag, "Last-Modified": modified})
    return handle


def drip(body, *, octets=1, pause=0.5, first=0):
    """A few octets at a time, with a length that promises all of it."""
    def handle(_, client):
        client.head(200, {"Content-Type": "text/plain", "Content-Length": len(body)})
        client.send(body[:first])
        for at in range(first, len(body), octets):
            client.send(body[at:at + octets])
            client.wait(pause)
    return handle


def stalled(body=b"n1.example\n", length=100_000):
    """A beginning, and then nothing; the connection stays open."""
    def handle(_, client):
        client.head(200, {"Content-Type": "text/plain", "Content-Length": length})
        client.send(body)
        client.wait(600)
    return handle


def silent():
    """Not even a first line."""
    def handle(_, client):
        client.wait(600)
    return handle


def cut(body, at, *, etag=None, modified=None):
    """Promises BODY and closes after AT octets."""
    def handle(_, client):
        client.head(200, {"Content-Type": "text/plain", "Content-Length": len(body), "ETag": etag, "Last-Modified": modified})
        client.send(body[:at])
        client.end()
    return handle


def cut_chunked(body, at):
    """Chunks without the last one."""
    def handle(_, client):
        client.head(200, {"Content-Type": "text/plain", "Transfer-Encoding": "chunked"})
        client.send(b"".join(chunks(body[:at])))
        client.end()
    return handle


def endless_body(line=b"endless.example\n", length=None):
    """Lines for ever, with a LENGTH that is a lie where it is given."""
    def handle(_, client):
        client.head(200, {"Content-Type": "text/plain", "Content-Length": length})
        client.end()
        client.send_forever(line * (65536 // len(line)))
    return handle


def endless_line():
    return endless_body(b"x" * 64)


def endless_chunks(line=b"endless.example\n"):
    def handle(_, client):
        client.head(200, {"Content-Type": "text/plain", "Transfer-Encoding": "chunked"})
        client.send_forever(b"".join(chunks(line * 1024)))
    return handle


def header_only(text=b"! Title: a list\n! Expires: 4 days\n# nothing else\n"):
    return page(text)


def headers_without_end():
    def handle(_, client):
        client.send(b"HTTP/1.1 200 OK\r\n")
        client.send_forever(b"X-More: " + b"y" * 1000 + b"\r\n")
    return handle


def zip_bomb(mebibytes=1024):
    """gzip of zeros, as a file and not as a coding."""
    octets = zeros_gzip(mebibytes)
    return page(octets, media="application/gzip")


def garbage(octets=b"\x16\x03\x01 SSH-2.0-nothing\r\n\r\n"):
    """No HTTP at all."""
    def handle(_, client):
        client.send(octets)
        client.end()
    return handle


def reset(body=b"", length=100_000):
    """The connection is reset after BODY, or before the first line."""
    def handle(_, client):
        if body:
            client.head(200, {"Content-Type": "text/plain", "Content-Length": length})
            client.send(body)
        client.abort()
    return handle


def partial(body, content_range, *, code=206, etag=None):
    """A part of a body, whatever was asked."""
    def handle(_, client):
        client.head(code, {"Content-Type": "text/plain", "Content-Length": len(body), "Content-Range": content_range, "ETag": etag})
        client.send(body)
    return handle


def needs(header, value, handler, code=401):
    """HANDLER for who brings HEADER: VALUE, else CODE."""
    def handle(request, client):
        chosen = handler if request.headers.get(header.lower()) == value else status(code)
        return chosen(request, client)
    return handle


def waits_for(event, handler, patience=30):
    """HANDLER once EVENT is set."""
    def handle(request, client):
        until = time.monotonic() + patience
        while not event.is_set() and time.monotonic() < until:
            client.wait(0.05)
        return handler(request, client)
    return handle


# ---- the server

class FeedServer:
    """HOST may be several addresses. Ports are free ones, the same on each address."""

    HEAD_MOST = 65536

    def __init__(self, folder, hosts=("127.0.0.1",), dns_host="127.0.0.1"):
        self.folder = Path(folder)
        self.pages = {}
        self.requests = []
        self.connections = 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads, self.listeners = [], []
        self._load_certificates(hosts[0])
        self.port, self.plain_port = harness.free_port(hosts[0]), harness.free_port(hosts[0])
        for host in hosts:
            self._listen(host, self.port, True)
            self._listen(host, self.plain_port, False)
        self.dns = harness.Upstream(dns_host)
        self.upstream = str(self.dns)
        for name in NAMES:
            self.name(name, hosts[0])

    def name(self, name, *addresses):
        """NAME gets ADDRESSES (of IPv4), and no others."""
        self.dns.set(name, "A", *addresses)
        self.dns.set(name, "AAAA")

    def url(self, path, host="lists.test", scheme="https"):
        return f"{scheme}://{host}:{self.port if scheme == 'https' else self.plain_port}{path}"

    # pages

    def at(self, path, handler):
        self.pages[path] = handler

    def put(self, path, body, **more):
        self.at(path, page(body, **more))

    def sequence(self, path, *handlers):
        left = list(handlers)

        def handle(request, client):
            with self.lock:
                handler = left.pop(0) if len(left) > 1 else left[0]
            return handler(request, client)
        self.at(path, handle)

    def remove(self, path):
        self.pages.pop(path, None)

    def requests_for(self, path):
        with self.lock:
            return [request for request in self.requests if request.path == path]

    # inside

    def _load_certificates(self, address):
        made = shared_certificates(address)
        self.ca = made.ca
        self.client_certificate, self.client_key = made.folder / "client.test.pem", made.folder / "client.test.key"
        self.contexts = {name: self._context(made.folder / f"{name}.pem", made.folder / f"{name}.key") for name in NAMES}
        old, mutual = self.contexts["old.test"], self.contexts["mutual.test"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old is what it is for
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        mutual.verify_mode = ssl.CERT_REQUIRED
        mutual.load_verify_locations(self.ca)
        self.context = self.contexts["lists.test"]
        self.context.sni_callback = self._choose

    @staticmethod
    def _context(certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def _choose(self, sock, name, _):
        if name in self.contexts:
            sock.context = self.contexts[name]

    def _listen(self, host, port, secure):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(128)
        sock.settimeout(0.1)
        self.listeners.append(sock)
        self._thread(self._accept, sock, port, secure)

    def _thread(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        self.threads.append(thread)

    def _accept(self, sock, port, secure):
        while not self.stopping.is_set():
            try:
                client, peer = sock.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with self.lock:
                self.connections += 1
            self._thread(self._serve, client, peer, port, secure)

    def _secure(self, sock):
        """The handshake. A name whose server must use other protocol versions cannot be chosen by SNI alone."""
        head = b""
        sock.settimeout(harness.PATIENCE_S)
        head = sock.recv(4096, socket.MSG_PEEK)
        context = self.contexts["old.test"] if b"old.test" in head else self.contexts["mutual.test"] if b"mutual.test" in head \
            else self.context
        return context.wrap_socket(sock, server_side=True)

    def _serve(self, sock, peer, port, secure):
        with contextlib.suppress(Gone, OSError, ValueError), contextlib.ExitStack() as stack:
            stack.callback(sock.close)
            sock.settimeout(harness.PATIENCE_S)
            if secure:
                sock = self._secure(sock)
                stack.callback(sock.close)
            client = Client(self, sock, peer, port, secure)
            while client.keep and not self.stopping.is_set():
                if not self._answer(client):
                    return
            self._finish(client)

    def _answer(self, client):
        head = self._head(client)
        if head is None:
            return False
        request = Request(head, client)
        with self.lock:
            self.requests.append(request)
        handler = self.pages.get(request.path, status(404))
        handler(request, client)
        return True

    def _finish(self, client):
        """Ends in order: what was sent arrives before the end does."""
        with contextlib.suppress(OSError):
            if client.secure:
                client.sock.settimeout(1)
                client.sock.unwrap()
            client.sock.shutdown(socket.SHUT_WR)

    def _head(self, client):
        data = b""
        while b"\r\n\r\n" not in data and len(data) < self.HEAD_MOST and not self.stopping.is_set():
            client.sock.settimeout(0.2)
            try:
                more = client.sock.recv(4096)
            except TimeoutError:
                continue
            finally:
                client.sock.settimeout(harness.PATIENCE_S)
            if not more:
                return None
            data += more
        return data.partition(b"\r\n\r\n")[0] if b"\r\n\r\n" in data else None

    def stop(self):
        self.stopping.set()
        for sock in self.listeners:
            sock.close()
        for thread in self.threads:
            thread.join(5)
        self.dns.stop()


def truncated_once(query):
    """An answer for the DNS stub: cut short, so that it must be asked again over TCP."""
    reply = dns.message.make_response(query, recursion_available=True)
    reply.flags |= 0x0200
    return reply
