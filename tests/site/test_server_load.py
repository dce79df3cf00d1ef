"""The static server under load: many requests a second, and clients that are slow."""

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench.load import load
from tests.site.static_serving import serving


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site."""
    (tmp_path / "data").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "data" / "long.json").write_text(f'{{"rows": [{"1.5, " * 5000}1]}}')
    (tmp_path / "data" / "short.json").write_text("{}")
    (tmp_path / "data" / "x.parquet").write_bytes(b"PAR1" * 500)
    return tmp_path


def test_five_hundred_requests_a_second_are_answered_without_an_error(site: Path) -> None:
    """Over kept-alive connections, the server beside its readers in one process: every answer is 200, none is late."""
    with serving(site) as port:
        seen = load(port, ["/", "/data/long.json", "/data/short.json", "/data/x.parquet"], per_second=500, seconds=2)
    assert (seen.errors, set(seen.statuses), len(seen.statuses)) == ([], {200}, 1000)
    assert seen.slowest(0.1) < 0.035  # where head and body waited for each other, every answer took 40 ms


def test_slow_clients_do_not_block_the_others(site: Path) -> None:
    """Forty who stop in the middle of a request or read nothing of a large answer, and one who is served at once."""
    (site / "data" / "big.json").write_bytes(b"1" * 20_000_000)
    with serving(site) as port, ExitStack() as stack:
        for asked in (b"GET / HT", b"GET /data/big.json HTTP/1.1\r\nHost: localhost\r\n\r\n") * 20:
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            wire.sendall(asked)
        seen = load(port, ["/data/short.json"], per_second=50, seconds=1, readers=2)
    assert (seen.errors, set(seen.statuses), len(seen.statuses)) == ([], {200}, 50)
    assert seen.slowest(1) < 5
