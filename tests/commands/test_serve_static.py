"""`serve-static --watch` as a user starts it: it follows what is published, and Ctrl-C ends it cleanly."""

import json
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

import pytest

from tests.conftest import Demo, Mfo

PATIENCE_S = 120.0


@pytest.fixture
def own(demo: Demo, tmp_path: Path) -> Mfo:
    """A copy of the demo's folder, whose warehouse may be published anew."""
    shutil.copytree(demo.folder, tmp_path / "data-demo")
    return Mfo(tmp_path / "data", demo.mfo.env | {"MFO_DATA_DIR": str(tmp_path / "data")})


@contextmanager
def serving(mfo: Mfo, *options: str) -> Iterator[tuple["subprocess.Popen[str]", str, "Queue[str]"]]:
    """The running command, its address, and what it says on stderr; killed at the end if it still runs."""
    process = mfo.start("serve-static", "--demo", "--port", "0", *options)
    said: Queue[str] = Queue()
    assert process.stderr is not None
    reader = threading.Thread(target=lambda stream: [said.put(line) for line in stream], args=(process.stderr,))
    reader.start()
    try:
        yield process, said.get(timeout=PATIENCE_S).split("/ serves ")[0], said
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        reader.join(10)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def read(address: str, path: str) -> bytes:
    """A file as the server gives it."""
    with urllib.request.urlopen(f"{address}/{path}", timeout=10) as answer:
        return answer.read()  # type: ignore[no-any-return]  # urllib says Any of bytes


def run_shown(address: str) -> str:
    """The run that the served site is of."""
    return str(json.loads(read(address, "data/manifest.json"))["run_id"])


def rest(said: "Queue[str]") -> list[str]:
    """What was said since, without waiting."""
    lines = []
    while True:
        try:
            lines.append(said.get_nowait())
        except Empty:
            return lines


def test_watch_shows_what_is_published_while_it_serves_and_ends_with_ctrl_c(own: Mfo) -> None:
    """A comment publishes another warehouse; the same server shows it without a request in between that fails."""
    with serving(own, "--watch") as (process, address, said):
        before = run_shown(address)
        assert json.loads(read(address, "data/recommendations/latest.json"))["comments"] == []
        # the run is still going on when the watcher looks: it waits for the lock in silence
        commented = own("comment", "2026-11-18", "Too calm.", "--demo", MFO_NOW="2026-11-19T12:30:00+00:00")
        assert commented.code == 0, commented.err
        until = time.monotonic() + PATIENCE_S
        while run_shown(address) == before:
            assert time.monotonic() < until, "the new warehouse was not exported"
            time.sleep(0.1)
        (comment,) = json.loads(read(address, "data/recommendations/latest.json"))["comments"]
        assert comment["text"] == "Too calm."
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0  # Ctrl-C is how a server is ended, so it is no failure
    told = rest(said)
    assert not any("Traceback" in line or line.startswith("mfo: ") for line in told), told
    assert own("export", "--demo", "--check").code == 0


def test_without_watch_the_site_stays_what_it_was(own: Mfo) -> None:
    """Who exports by hand is not surprised; SIGINT ends it the same."""
    with serving(own) as (process, address, said):
        before = run_shown(address)
        assert own("comment", "2026-11-18", "Unseen.", "--demo", MFO_NOW="2026-11-19T12:30:00+00:00").code == 0
        time.sleep(3)
        assert run_shown(address) == before
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0  # Ctrl-C is how a server is ended, so it is no failure
    assert not any("Traceback" in line for line in rest(said))
