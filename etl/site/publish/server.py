"""
A web server for the site folder: files of known kinds below one root, GET and HEAD, and nothing else.

`python -m http.server` served a link out of the root, `.env` and folder listings, and a page of another origin could
read it through DNS rebinding. So here every path is resolved and must lie below the root, only known suffixes are
served, no name may begin with a dot, and on loopback the `Host` header must be a loopback name.

The folder may be exchanged while this runs: the root is resolved anew by every request, and a file is read whole.
"""

import gzip
import hashlib
import re
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from socketserver import TCPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import unquote_to_bytes

from etl.domain import Outcome
from etl.errors import MfoError, TryLater, UsageWrong
from etl.site.feeds.hosting import SECURITY_HEADERS

_POLL_S = 1.0
_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Watch:
    """What makes the site anew when another warehouse is published in its place."""

    warehouse: Path
    export: Callable[[], object]


def run(
    site_root: Path, host: str, port: int, cors: str | None, say: Callable[[str], None], watch: Watch | None = None
) -> Outcome:
    """
    Serve until the user stops it; `say` gets the address once it answers. With `watch` the site follows the warehouse.

    Raises:
        UsageWrong: no site there yet, an address that cannot be bound, or `cors` is no origin.
    """
    if cors is not None and not _ORIGIN.fullmatch(cors):
        raise UsageWrong(f"--cors {cors}: name one origin, for example https://example.org or http://localhost:3000")
    can_make = watch is not None and watch.warehouse.is_file()
    if not can_make and not (site_root / "index.html").is_file():
        raise UsageWrong(f"there is no site in {site_root} yet: run `mfo export` first")
    server = StaticServer(site_root, host, port, SECURITY_HEADERS, cors)
    shown = f"[{host}]" if ":" in host else host
    say(f"http://{shown}:{server.server_port}/ serves {site_root} (Ctrl-C stops)")
    if not is_loopback(host):
        say(f"{host} can be reached from other machines; it has no password and no encryption")
    stop = Event()
    follower = Thread(target=follow, args=(watch, site_root, say, stop), daemon=True) if watch else None
    try:
        if follower:
            follower.start()
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        stop.set()
        server.server_close()
        if follower:
            follower.join()  # an export that has begun is not cut off
    return Outcome(f"stopped serving {site_root}")


def follow(watch: Watch, site_root: Path, say: Callable[[str], None], stop: Event) -> None:
    """
    Export whenever another warehouse file stands in the place of the last one, until `stop` is set.

    What goes wrong is said, and the site that is there goes on being served. While a run holds the lock nothing is
    said: that run exports at its end, and what it left undone is done then.
    """
    seen = _signature(watch.warehouse) if (site_root / "index.html").is_file() else None
    while True:
        found = _signature(watch.warehouse)
        if found not in (None, seen):
            try:
                watch.export()
                seen = found
            except TryLater:
                pass
            except MfoError as error:
                say(f"mfo: {error}")
                seen = found
        if stop.wait(_POLL_S):
            return


def _signature(path: Path) -> tuple[int, int, int] | None:
    """Tells one published file from another: it is swapped in whole, never written in place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header allows gzip; `gzip;q=0` does not."""
    for one in header.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.strip().removeprefix("q=").strip(" 0.") != "" if weight.strip() else True
    return False


def has_tag(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names the tag; weak and strong tags compare alike there (RFC 9110, 13.1.2)."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in header.split(","))


def wanted_range(header: str, size: int) -> range | None:
    """
    The bytes of a body that a Range header asks for: None is the whole, an empty range that the body has none of them.

    One range of bytes is known. Anything else, several ranges too, may be answered with the whole (RFC 9110, 14.2).

    >>> wanted_range("bytes=2-3", 10), wanted_range("bytes=-3", 10), wanted_range("bytes=0-1,5-6", 10)
    (range(2, 4), range(7, 10), None)
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[0] == "bytes=-" or size == 0:
        return None
    first, last = found[1], found[2]
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(min(int(first), size), min(int(last) + 1 if last else size, size))


_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".xml": "application/atom+xml; charset=utf-8",  # feed.xml is the only one
}
SQUEEZED = frozenset(
    {".css", ".html", ".js", ".json", ".md", ".svg", ".txt", ".xml"}
)  # the others are compressed already
WORTH_SQUEEZING = 512  # bytes
TIMEOUT_S = 30.0


class Refused(Exception):
    """A request that is not answered with a file."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@lru_cache(maxsize=256)
def _squeezed(body: bytes) -> bytes:
    """The same bytes for the same body, so that the ETag of the variant stays true."""
    return gzip.compress(body, 6, mtime=0)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def relative_path(target: str) -> str:
    """
    A request target as a path from the root; a folder is its index.html.

    >>> relative_path("/?now=1"), relative_path("/data/macro.json")
    ('index.html', 'data/macro.json')

    Raises:
        Refused: 400 for what is no path or no UTF-8, 404 for names that are never served.
    """
    path = target.split("?", 1)[0].split("#", 1)[0]
    if not path.startswith("/"):
        raise Refused(HTTPStatus.BAD_REQUEST)
    try:
        name = unquote_to_bytes(path).decode("utf-8", "strict")[1:]
    except UnicodeError:
        raise Refused(HTTPStatus.BAD_REQUEST) from None
    if not name.isprintable() or "\\" in name:
        raise Refused(HTTPStatus.BAD_REQUEST)
    name = f"{name}index.html" if not name or name.endswith("/") else name
    if any(not part or part.startswith(".") for part in name.split("/")):
        raise Refused(HTTPStatus.NOT_FOUND)
    return name


def find_file(root: Path, name: str) -> Path:
    """
    The file of that name below the root, links resolved.

    Raises:
        Refused: 404 where it is not there, of no known kind, or out of the root; 503 where there is no root.
    """
    try:
        base = root.resolve(strict=True)
    except OSError:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE) from None
    try:
        path = (base / name).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: a loop of links; ValueError: a NUL
        raise Refused(HTTPStatus.NOT_FOUND) from None
    hidden = path.is_relative_to(base) and any(part.startswith(".") for part in path.relative_to(base).parts)
    if hidden or not path.is_relative_to(base) or path.suffix not in _KINDS or not path.is_file():
        raise Refused(HTTPStatus.NOT_FOUND)
    return path


class StaticServer(ThreadingHTTPServer):
    """
    The folder `root` on an address, one thread for each connection. `cors` is the one other origin that may read it.

    Raises:
        UsageWrong: the address cannot be bound; the message says why.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, root: Path, host: str, port: int, headers: Mapping[str, str], cors: str | None = None) -> None:
        self.root, self.headers, self.cors = root, dict(headers), cors
        self.checks_host = is_loopback(host)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), Handler)
        except (OSError, OverflowError) as error:
            said = getattr(error, "strerror", None) or str(error)
            raise UsageWrong(
                f"cannot serve on {host} port {port}: {said}; choose another with --host and --port"
            ) from None

    def server_bind(self) -> None:
        """Bind without the base class' reverse look-up of the host's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers reset connections that they kept alive: that is no news. Anything else is a bug and shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: StaticServer
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_S
    # Head and body leave together: sent apart, the second waits 40 ms for the first one's delayed acknowledgement.
    wbufsize = 65536
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Any:
        """Every method that is not GET or HEAD, known or not, is answered 405."""
        if name.startswith("do_"):
            return self._refuse_method
        raise AttributeError(name)

    def version_string(self) -> str:
        """No version of Python for those who look for old ones."""
        return "mfo"

    def do_GET(self) -> None:
        """A file with its body."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """The same headers, no body."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the reader of a terminal wants to know that it serves, not each request."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A refusal in one plain line that repeats nothing of the request."""
        status = HTTPStatus(code)
        self.close_connection = True  # a body that was not read would be taken for the next request
        extra = {"Allow": "GET, HEAD"} if status is HTTPStatus.METHOD_NOT_ALLOWED else {}
        body = f"{status.value} {status.phrase}\n".encode()
        more = {"Content-Type": _KINDS[".txt"], "Cache-Control": "no-store", "Connection": "close", **extra}
        self._send(status, more, body, with_body=self.command != "HEAD")

    def _refuse_method(self) -> None:
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    def _answer(self, with_body: bool) -> None:
        try:
            self._check_request()
            path = find_file(self.server.root, relative_path(self.path))
            body = path.read_bytes()
        except Refused as refused:
            return self.send_error(refused.status)
        except OSError:  # gone or unreadable since it was found
            return self.send_error(HTTPStatus.NOT_FOUND)
        return self._send_file(path.suffix, body, with_body)

    def _check_request(self) -> None:
        hosts = self.headers.get_all("Host") or []
        if len(hosts) > 1 or (not hosts and self.request_version == "HTTP/1.1"):
            raise Refused(HTTPStatus.BAD_REQUEST)
        if self.headers.get("Content-Length", "0").strip() != "0" or "Transfer-Encoding" in self.headers:
            raise Refused(HTTPStatus.BAD_REQUEST)
        name = (hosts[0] if hosts else "").strip().lower()
        bare = name.rpartition(":")[0] if name.rpartition(":")[2].isdecimal() and not name.endswith("]") else name
        if self.server.checks_host and not is_loopback(bare.removeprefix("[").removesuffix("]")):
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST)

    def _send_file(self, suffix: str, body: bytes, with_body: bool) -> None:
        tag = hashlib.sha256(body).hexdigest()[:32]
        headers = {"Cache-Control": "no-cache", "Content-Type": _KINDS[suffix]}
        part = self._part(body, tag)
        if suffix in SQUEEZED:
            headers["Vary"] = "Accept-Encoding"
            takes = accepts_gzip(self.headers.get("Accept-Encoding", "")) and part is None
            if len(body) >= WORTH_SQUEEZING and takes:
                body, tag = _squeezed(body), f"{tag}-gz"
                headers["Content-Encoding"] = "gzip"
        headers["ETag"] = f'"{tag}"'
        if has_tag(self.headers.get("If-None-Match", ""), headers["ETag"]):
            kept = {name: said for name, said in headers.items() if name in ("Cache-Control", "ETag", "Vary")}
            return self._send(HTTPStatus.NOT_MODIFIED, kept, b"", with_body=False)
        if part is None:
            return self._send(HTTPStatus.OK, {"Accept-Ranges": "bytes", **headers}, body, with_body)
        if not part:
            headers = {"Content-Type": _KINDS[".txt"], "Content-Range": f"bytes */{len(body)}"}
            return self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers, b"", with_body)
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(body)}"
        return self._send(HTTPStatus.PARTIAL_CONTENT, headers, body[part.start : part.stop], with_body)

    def _part(self, body: bytes, tag: str) -> range | None:
        """What is asked for of the body as it is; the whole where `If-Range` names another content."""
        held = self.headers.get("If-Range")
        if self.command != "GET" or (held is not None and held.strip() != f'"{tag}"'):
            return None
        return wanted_range(self.headers.get("Range", ""), len(body))

    def _send(self, status: HTTPStatus, headers: Mapping[str, str], body: bytes, with_body: bool) -> None:
        self.send_response(status)
        every = {**self.server.headers, **headers}
        if self.server.cors:
            every["Vary"] = ", ".join(filter(None, [every.get("Vary"), "Origin"]))
            asked = getattr(self, "headers", None)  # absent where the request line itself was refused
            if asked and asked.get("Origin") == self.server.cors:
                every["Access-Control-Allow-Origin"] = self.server.cors
        if status is not HTTPStatus.NOT_MODIFIED:
            every["Content-Length"] = str(len(body))
        for name, value in sorted(every.items()):
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)
