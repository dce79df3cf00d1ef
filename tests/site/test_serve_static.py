"""serve-static as a user meets it: the address it prints, Ctrl-C, and what it refuses to start with."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest

from etl.errors import DataWrong, MfoError, RunLocked, UsageWrong
from etl.site.publish import server

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from etl.site.publish import server as serve_static
print(serve_static.run(Path(sys.argv[1]), sys.argv[2], 0, None, lambda line: print(line, flush=True)).line)
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of one page."""
    (tmp_path / "index.html").write_text("<!doctype html>")
    return tmp_path


def test_it_says_where_it_serves_and_ends_quietly_with_ctrl_c(site: Path) -> None:
    """A real process: the printed address answers; SIGINT ends it with a line and no traceback."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(site), "127.0.0.1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.readline()
    address, _, rest = said.partition(" ")
    assert rest == f"serves {site} (Ctrl-C stops)\n"
    kept_alive = HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=10)
    kept_alive.request("GET", "/")
    assert kept_alive.getresponse().read() == b"<!doctype html>"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    kept_alive.close()
    assert (process.returncode, out, err) == (0, f"stopped serving {site}\n", "")


def test_an_address_that_others_can_reach_is_said_to_be_one(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0.0.0.0 has no password: the user is told."""
    said: list[str] = []

    def stop(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("etl.site.publish.server.StaticServer.serve_forever", stop)
    server.run(site, "0.0.0.0", 0, None, said.append)
    assert said[1] == "0.0.0.0 can be reached from other machines; it has no password and no encryption"


def test_a_folder_without_a_site_names_the_command_that_makes_one(tmp_path: Path) -> None:
    """Rather than a server that answers 404."""
    with pytest.raises(UsageWrong, match="run `mfo export` first"):
        server.run(tmp_path, "127.0.0.1", 0, None, lambda line: None)


@pytest.mark.parametrize(
    "cors", ["*", "null", "example.org", "https://example.org/", "https://a.example https://b.example", ""]
)
def test_cors_takes_one_origin_and_nothing_wider(site: Path, cors: str) -> None:
    """A star would let every page on the web read the desk's data."""
    with pytest.raises(UsageWrong, match="name one origin"):
        server.run(site, "127.0.0.1", 0, cors, lambda line: None)


def test_a_taken_port_is_one_line(site: Path) -> None:
    """With what to do about it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageWrong, match=f"port {port}: Address already in use; choose another"):
            server.run(site, "127.0.0.1", port, None, lambda line: None)


def publish(warehouse: Path, body: bytes) -> None:
    """Another file in the warehouse's place."""
    beside = warehouse.with_name("next")
    beside.write_bytes(body)
    beside.replace(warehouse)


def wait_until(holds: Callable[[], bool]) -> None:
    """Returns when it holds; fails after ten seconds."""
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    pytest.fail("not within ten seconds")


def test_a_new_warehouse_is_exported_while_its_site_is_served(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each published file once; a run that holds the lock is waited for in silence, an error is said once."""
    monkeypatch.setattr(server, "_POLL_S", 0.01)
    warehouse = tmp_path / "warehouse.duckdb"
    warehouse.write_bytes(b"first")
    answers: list[MfoError | None] = [RunLocked("held"), None, DataWrong("broken"), None]
    exported: list[bytes] = []
    said: list[str] = []

    def export() -> None:
        exported.append(warehouse.read_bytes())
        error = answers.pop(0)
        if error:
            raise error

    stop = threading.Event()
    following = threading.Thread(target=server.follow, args=(server.Watch(warehouse, export), site, said.append, stop))
    following.start()
    try:
        time.sleep(0.1)
        assert exported == []  # what stands there already is shown as it is
        publish(warehouse, b"second")
        wait_until(lambda: exported == [b"second"] * 2)
        publish(warehouse, b"third")
        wait_until(lambda: said == ["mfo: broken"])
        publish(warehouse, b"fourth")
        wait_until(lambda: exported[-1] == b"fourth")
        time.sleep(0.1)
    finally:
        stop.set()
        following.join()
    assert exported == [b"second", b"second", b"third", b"fourth"]
    assert said == ["mfo: broken"]


def test_a_watched_folder_without_a_site_needs_a_warehouse(tmp_path: Path) -> None:
    """There must be something to export."""
    watch = server.Watch(tmp_path / "warehouse.duckdb", lambda: None)
    with pytest.raises(UsageWrong, match="run `mfo export` first"):
        server.run(tmp_path / "site", "127.0.0.1", 0, None, lambda line: None, watch)
