"""The prompt of `mfo query`, on a terminal of its own as a user has one."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MFO, Demo, Mfo

FOREVER = "select count(*) from range(1000000000000) as t(i) where i % 7 = 3;"


class Terminal:
    """A process on a pseudo-terminal."""

    def __init__(self, mfo: Mfo, *arguments: str) -> None:
        self._screen, inner = pty.openpty()
        self.process = subprocess.Popen(
            [str(MFO), *arguments],
            env={**mfo.env, "TERM": "dumb", "COLUMNS": "100"},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inner)
        self.text = ""

    def until(self, words: str, seconds: float = 60) -> str:
        """What was shown up to these words; read on from there."""
        ends_at = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < ends_at, f"{words!r} never came: {self.text!r}"
            if select.select([self._screen], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self._screen, 65536).decode()
                except OSError:  # the process has ended
                    break
        shown, found, self.text = self.text.partition(words)
        assert found, f"{words!r} never came: {shown!r}"
        return shown

    def type(self, text: str) -> None:
        """As from the keyboard."""
        os.write(self._screen, text.encode())

    def ended(self) -> int:
        """Its exit code."""
        ends_at = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < ends_at:
            if select.select([self._screen], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self._screen, 65536).decode()
                except OSError:
                    break
        return self.process.wait(30)

    def close(self) -> None:
        """Let go of it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)
        os.close(self._screen)


@pytest.fixture
def terminal(demo: Demo) -> Iterator[Terminal]:
    """`mfo query --demo` with its first prompt."""
    opened = Terminal(demo.mfo, "query", "--demo")
    opened.until("mfo> ")
    yield opened
    opened.close()


def test_a_statement_goes_over_lines_up_to_its_semicolon(terminal: Terminal) -> None:
    """One inside a string is none; the answer says what it is as of, and the next prompt comes."""
    terminal.type("select 'a;b' as text,\n")
    terminal.until("...> ")
    terminal.type("  6 * 7 as answer;\n")
    shown = terminal.until("mfo> ")
    assert "a;b" in shown
    assert "42" in shown
    assert "as of 2026-11-19T11:30:00Z, run 20261119T113000Z-1" in shown


def test_words_with_a_dot_help(terminal: Terminal) -> None:
    """.help, .tables, .saved; another word is told which there are; .quit leaves with 0."""
    terminal.type(".help\n")
    assert "Ctrl-D leaves" in terminal.until("mfo> ")
    terminal.type(".tables\n")
    assert "daily_metrics" in terminal.until("mfo> ")
    terminal.type(".saved\n")
    assert "symbol_history" in terminal.until("mfo> ")
    terminal.type(".tabels\n")
    assert "there are .help, .tables, .saved, .quit" in terminal.until("mfo> ")
    terminal.type(".quit\n")
    assert terminal.ended() == 0


def test_an_error_is_one_line_and_the_prompt_goes_on(terminal: Terminal) -> None:
    """Wrong SQL and what is not allowed; the next statement is answered."""
    refused = ("select * from read_csv('/etc/passwd');", "set memory_limit='9GB';", "detach warehouse;")
    for wrong in ("select nothing from nowhere;", *refused):
        terminal.type(wrong + "\n")
        shown = terminal.until("mfo> ")
        assert "mfo: query: " in shown
        assert "Traceback" not in shown
    terminal.type("select 40 + 2 as answer;\n")
    assert "42" in terminal.until("mfo> ")


def test_ctrl_c_stops_the_query_and_ctrl_d_leaves(terminal: Terminal) -> None:
    """A query that would never end, more than once; Ctrl-C at a half statement drops it; the exit code is 0."""
    for _ in range(3):
        terminal.type(FOREVER + "\n")
        terminal.until("3;")
        time.sleep(1.0)
        terminal.type("\x03")
        assert "mfo: query: stopped" in terminal.until("mfo> ")
    terminal.type("select half\n")
    terminal.until("...> ")
    time.sleep(1.0)  # the prompt is shown before readline listens: a Ctrl-C in between waits for the next key
    terminal.type("\x03")
    terminal.until("mfo> ")
    terminal.type("select 40 + 2 as answer;\n")
    assert "42" in terminal.until("mfo> ")
    terminal.type("\x04")
    assert terminal.ended() == 0


def test_the_next_prompt_remembers_what_was_asked(demo: Demo, tmp_path: Path) -> None:
    """In the user's state folder; arrow-up brings the last statement back."""
    mfo = Mfo(demo.mfo.data_dir, {**demo.mfo.env, "XDG_STATE_HOME": str(tmp_path)})
    first = Terminal(mfo, "query", "--demo")
    first.until("mfo> ")
    first.type("select 40 + 2 as remembered;\n")
    first.until("mfo> ")
    first.type(".quit\n")
    assert first.ended() == 0
    first.close()
    assert "select 40 + 2 as remembered;" in (tmp_path / "mfo" / "query_history").read_text()
    second = Terminal(mfo, "query", "--demo")
    second.until("mfo> ")
    second.type("\x1b[A\x1b[A\n")
    assert "42" in second.until("as of")
    second.close()


def test_a_prompt_over_nothing_says_what_to_run(tmp_path: Path) -> None:
    """Before the first prompt: exit 2."""
    terminal = Terminal(Mfo(tmp_path / "data"), "query")
    terminal.until("is not there yet; `mfo run-daily`")
    assert terminal.ended() == 2
    terminal.close()


def test_without_a_terminal_there_is_no_prompt(demo: Demo) -> None:
    """cron and pipes get the line that says what is missing."""
    said = demo.mfo("query", "--demo")
    assert said.code == 2
    assert 'give one of "SELECT ...", -f FILE or --name NAME' in said.err
