"""The server on a real socket: what it serves, what it refuses, and that nothing beyond the folder gets out."""

import gzip
import json
import os
import socket
import threading
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from etl.errors import UsageWrong
from etl.site.feeds.hosting import SECURITY_HEADERS
from etl.site.publish import server
from etl.site.publish.folder import SiteFolder
from etl.site.publish.server import Handler, StaticServer
from tests.site.static_serving import serving

LONG = json.dumps({"rows": list(range(500))}).encode()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site folder with what must be served and what must not, and a secret outside."""
    site = tmp_path / "site"
    (site / "data" / ".hidden").mkdir(parents=True)
    (site / "index.html").write_text("<!doctype html>")
    (site / "data" / "long.json").write_bytes(LONG)
    (site / "data" / "short.json").write_text("{}")
    (site / "data" / "x.parquet").write_bytes(b"PAR1" * 500)
    for name in (".nojekyll", "_headers", ".env", "notes.rst", "app.py", "data/.hidden/x.json", "data/.secret.json"):
        (site / name).write_text("secret")
    (tmp_path / "outside.json").write_text('"secret"')
    (tmp_path / "site-too.json").write_text('"secret"')
    (site / "out.json").symlink_to(tmp_path / "outside.json")
    (site / "env.json").symlink_to(site / ".env")
    (site / "loop.json").symlink_to(site / "loop.json")
    (site / "up").symlink_to(tmp_path)
    (site / "inside.json").symlink_to(site / "data" / "short.json")
    (site / "folder.json").mkdir()
    os.mkfifo(site / "pipe.json")
    return site


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    """One request on a connection of its own; the path goes out as it is."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def raw(port: int, request: bytes) -> bytes:
    """Bytes out, bytes in, until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(request)
        wire.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def test_files_are_served_with_their_kind_and_every_security_header(root: Path) -> None:
    """The page, data, and a link that stays inside; the query string belongs to the page."""
    with serving(root) as port:
        kinds = {
            "/": "text/html; charset=utf-8",
            "/data/long.json": "application/json",
            "/?now=1": "text/html; charset=utf-8",
        }
        for path, kind in kinds.items():
            answer, _ = ask(port, path)
            assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
            assert answer.headers["Cache-Control"] == "no-cache"
            for name, value in SECURITY_HEADERS.items():
                assert answer.headers[name] == value
            assert answer.headers["Server"] == "mfo"
            assert answer.headers["Access-Control-Allow-Origin"] is None
        assert ask(port, "/data/long.json")[1] == LONG
        assert ask(port, "/inside.json")[1] == b"{}"


@pytest.mark.parametrize(
    "path",
    [
        "/.env", "/.nojekyll", "/_headers", "/notes.rst", "/app.py", "/data/.hidden/x.json", "/data/.secret.json",
        "/out.json", "/env.json", "/loop.json", "/up/outside.json", "/folder.json", "/pipe.json", "/data", "/data/",
        "/../outside.json", "/data/../../outside.json", "/%2e%2e/outside.json", "/..%2foutside.json",
        "/%2e%2e%2foutside.json", "/%252e%252e/outside.json", "/../site-too.json", "//etc/passwd", "/%2fetc/passwd",
        "/data//long.json", "/./index.html", "/missing.json", "/" + "a" * 5000 + ".json", "/index.html/", "/index.HTML",
    ],
)  # fmt: skip
def test_what_is_not_a_file_of_the_site_is_not_found(root: Path, path: str) -> None:
    """Dot files, other kinds, links out, folders, pipes, traversal in every spelling: one plain 404."""
    with serving(root) as port:
        answer, body = ask(port, path)
    assert answer.status == 404
    assert body == b"404 Not Found\n"
    assert answer.headers["Content-Security-Policy"] == SECURITY_HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/%00.json", "/a%00/../index.html", "/%c0%ae%c0%ae/outside.json", "/%ff.json", "/..\\outside.json",
             "/..%5coutside.json", "/a%0d%0aX-Injected:%201.json", "http://127.0.0.1/index.html", "*"],
)  # fmt: skip
def test_what_is_no_path_is_a_bad_request(root: Path, path: str) -> None:
    """NUL, control characters, broken UTF-8, backslashes, absolute targets; nothing of it is repeated."""
    with serving(root) as port:
        answer, body = ask(port, path)
    assert (answer.status, body) == (400, b"400 Bad Request\n")
    assert answer.headers["X-Injected"] is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "get"])
def test_only_get_and_head_are_answered(root: Path, method: str) -> None:
    """Any other method, known or not, is 405 with Allow, and the connection is closed."""
    with serving(root) as port:
        answer, body = ask(port, "/index.html", method)
    assert (answer.status, answer.headers["Allow"], answer.headers["Connection"]) == (405, "GET, HEAD", "close")
    assert body == b"405 Method Not Allowed\n"


def test_head_has_the_headers_of_get_and_no_body(root: Path) -> None:
    """Also for what is not found."""
    with serving(root) as port:
        for path in ("/data/long.json", "/missing.json"):
            get, body = ask(port, path, Accept_Encoding="gzip")
            head, nothing = ask(port, path, "HEAD", Accept_Encoding="gzip")
            kept = [{k: v for k, v in one.headers.items() if k != "Date"} for one in (get, head)]
            assert (head.status, nothing, kept[1]) == (get.status, b"", kept[0])
            assert int(head.headers["Content-Length"]) == len(body)


def test_the_body_of_a_refused_request_is_not_taken_for_the_next_one(root: Path) -> None:
    """A smuggled second request gets no answer: the connection is closed after the first."""
    smuggled = b"GET /data/short.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with serving(root) as port:
        for method in (b"POST", b"GET"):
            head = method + b" / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(smuggled)
            answer = raw(port, head + smuggled)
            assert answer.count(b"HTTP/1.1 ") == 1
            assert answer.startswith((b"HTTP/1.1 405", b"HTTP/1.1 400"))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("LOCALHOST:8000", 200), ("127.0.0.1:1", 200), ("[::1]:8000", 200), ("[::1]", 200),
        ("evil.example", 421), ("localhost.evil.example", 421), ("127.0.0.1.nip.io", 421), ("192.168.1.5", 421),
        ("", 421), ("localhost@evil.example", 421),
    ],
)  # fmt: skip
def test_on_loopback_only_loopback_names_are_answered(root: Path, host: str, status: int) -> None:
    """A page of another origin that had its name rebound to 127.0.0.1 still sends its own Host."""
    with serving(root) as port:
        assert ask(port, "/index.html", Host=host)[0].status == status


def test_a_request_needs_exactly_one_host(root: Path) -> None:
    """HTTP/1.1 without one, or with two, is broken."""
    with serving(root) as port:
        assert raw(port, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400")
        assert raw(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n").startswith(b"HTTP/1.1 400")
        assert raw(port, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 421")
        assert b"414" in raw(port, b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n").splitlines()[0]


def test_gzip_is_a_variant_with_a_tag_of_its_own(root: Path) -> None:
    """Same content, another tag, Vary on both; small files and Parquet are sent as they are."""
    with serving(root) as port:
        plain, body = ask(port, "/data/long.json")
        squeezed, small = ask(port, "/data/long.json", Accept_Encoding="br, gzip;q=0.5")
        assert gzip.decompress(small) == body == LONG
        assert len(small) < len(body)
        assert squeezed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gz"'
        assert (plain.headers["Vary"], squeezed.headers["Vary"]) == ("Accept-Encoding", "Accept-Encoding")
        for path in ("/data/short.json", "/data/x.parquet"):
            assert ask(port, path, Accept_Encoding="gzip")[0].headers["Content-Encoding"] is None
        assert ask(port, "/data/x.parquet")[0].headers["Vary"] is None


def test_an_unchanged_file_is_not_sent_again_and_a_changed_one_is(root: Path) -> None:
    """The tag is of the content: the same after a touch, another after a change, and not that of the other variant."""
    with serving(root) as port:
        tag = ask(port, "/data/long.json")[0].headers["ETag"]
        os.utime(root / "data" / "long.json", (1, 1))
        for asked in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer, body = ask(port, "/data/long.json", If_None_Match=asked)
            assert (answer.status, body, answer.headers["ETag"]) == (304, b"", tag)
            assert answer.headers["Content-Length"] is None
            assert answer.headers["Vary"] == "Accept-Encoding"
        assert ask(port, "/data/long.json", If_None_Match=tag, Accept_Encoding="gzip")[0].status == 200
        (root / "data" / "long.json").write_bytes(LONG + b" ")
        assert ask(port, "/data/long.json", If_None_Match=tag)[0].status == 200


def test_a_part_of_a_file_is_sent_to_who_asks_for_it(root: Path) -> None:
    """As it is, never of the squeezed variant; another content is sent whole; beyond the end is 416."""
    with serving(root) as port:
        whole, _ = ask(port, "/data/long.json", Accept_Encoding="gzip")
        assert whole.headers["Accept-Ranges"] == "bytes"
        part, body = ask(port, "/data/long.json", Range="bytes=2-5", Accept_Encoding="gzip")
        assert (part.status, body) == (206, LONG[2:6])
        assert part.headers["Content-Range"] == f"bytes 2-5/{len(LONG)}"
        assert part.headers["Content-Encoding"] is None
        tag = part.headers["ETag"]
        assert ask(port, "/data/long.json", Range="bytes=-4", If_Range=tag)[1] == LONG[-4:]
        assert ask(port, "/data/long.json", Range="bytes=-4", If_Range='"other"')[1] == LONG
        beyond, nothing = ask(port, "/data/long.json", Range=f"bytes={len(LONG)}-")
        assert (beyond.status, beyond.headers["Content-Range"], nothing) == (416, f"bytes */{len(LONG)}", b"")
        assert ask(port, "/data/x.parquet", Range="bytes=0-3")[1] == b"PAR1"
        assert ask(port, "/data/long.json", "HEAD", Range="bytes=2-5")[0].status == 200


def test_another_origin_may_read_only_where_it_is_the_one_that_was_named(root: Path) -> None:
    """The named origin gets its header, others and requests without origin do not; caches keep them apart."""
    with serving(root, cors="https://desk.example") as port:
        named, _ = ask(port, "/data/long.json", Origin="https://desk.example")
        other, _ = ask(port, "/data/long.json", Origin="https://evil.example")
        none, _ = ask(port, "/data/long.json")
        assert named.headers["Access-Control-Allow-Origin"] == "https://desk.example"
        assert other.headers["Access-Control-Allow-Origin"] is None
        assert none.headers["Access-Control-Allow-Origin"] is None
        assert {one.headers["Vary"] for one in (named, other, none)} == {"Accept-Encoding, Origin"}
    with serving(root) as port:
        assert ask(port, "/", Origin="https://desk.example")[0].headers["Access-Control-Allow-Origin"] is None


def test_the_folder_may_be_exchanged_while_it_is_served(tmp_path: Path) -> None:
    """Every request during a hundred exchanges is answered from the old or the new site."""
    folder = SiteFolder(tmp_path / "site")
    manifest = {"data/manifest.json": b'{"artifacts": [{"path": "index.html"}]}'}
    folder.publish({"index.html": b"0", **manifest})
    statuses: list[int] = []
    stop = threading.Event()
    with serving(folder.root) as port:

        def read() -> None:
            while not stop.is_set():
                statuses.append(ask(port, "/")[0].status)

        reader = threading.Thread(target=read)
        reader.start()
        for i in range(100):
            folder.publish({"index.html": str(i).encode(), **manifest})
        stop.set()
        reader.join()
        assert ask(port, "/")[1] == b"99"
    assert set(statuses) == {200}


def test_a_folder_that_is_gone_is_a_503_and_comes_back(root: Path) -> None:
    """Served again as soon as it is there; the server itself goes on."""
    with serving(root) as port:
        root.rename(root.with_name("away"))
        assert ask(port, "/index.html")[0].status == 503
        root.with_name("away").rename(root)
        assert ask(port, "/index.html")[0].status == 200


def test_a_browser_that_hangs_up_is_no_news(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A reset connection prints nothing and the next request is answered."""
    (root / "data" / "big.json").write_bytes(b"1" * 8_000_000)
    with serving(root) as port:
        wire = socket.create_connection(("127.0.0.1", port))
        wire.sendall(b"GET /data/big.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        wire.close()
        assert ask(port, "/index.html")[0].status == 200
    assert capfd.readouterr().err == ""


def test_a_connection_that_says_nothing_is_closed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 30 seconds (here a fifth of one), so that idle connections do not pile up."""
    assert server.TIMEOUT_S == Handler.timeout == 30.0
    monkeypatch.setattr(Handler, "timeout", 0.2)
    with serving(root) as port, socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        wire.sendall(b"GET / HT")
        assert wire.recv(100) == b""


def test_a_port_that_is_taken_is_said_in_one_line(root: Path) -> None:
    """And a host that does not exist, and a port that cannot."""
    with serving(root) as taken, pytest.raises(UsageWrong, match=f"port {taken}: Address already in use"):
        StaticServer(root, "127.0.0.1", taken, {})
    for host, port in (("198.51.100.1", 0), ("127.0.0.1", 99999)):
        with pytest.raises(UsageWrong, match=f"cannot serve on {host} port {port}: .*--port"):
            StaticServer(root, host, port, {})
