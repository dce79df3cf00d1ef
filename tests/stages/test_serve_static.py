"""serve-static as a user meets it: the address it prints, Ctrl-C, and what it refuses to start with."""

import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from etl.errors import UsageWrong
from etl.stages import serve_static

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from etl.stages import serve_static
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

    monkeypatch.setattr("etl.stores.static_server.StaticServer.serve_forever", stop)
    serve_static.run(site, "0.0.0.0", 0, None, said.append)
    assert said[1] == "0.0.0.0 can be reached from other machines; it has no password and no encryption"


def test_a_folder_without_a_site_names_the_command_that_makes_one(tmp_path: Path) -> None:
    """Rather than a server that answers 404."""
    with pytest.raises(UsageWrong, match="run `mfo export` first"):
        serve_static.run(tmp_path, "127.0.0.1", 0, None, lambda line: None)


@pytest.mark.parametrize(
    "cors", ["*", "null", "example.org", "https://example.org/", "https://a.example https://b.example", ""]
)
def test_cors_takes_one_origin_and_nothing_wider(site: Path, cors: str) -> None:
    """A star would let every page on the web read the desk's data."""
    with pytest.raises(UsageWrong, match="name one origin"):
        serve_static.run(site, "127.0.0.1", 0, cors, lambda line: None)


def test_a_taken_port_is_one_line(site: Path) -> None:
    """With what to do about it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageWrong, match=f"port {port}: Address already in use; choose another"):
            serve_static.run(site, "127.0.0.1", port, None, lambda line: None)
