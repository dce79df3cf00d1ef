"""Words on stderr, bars only where somebody watches, and a log in which no key ever stands."""

import io
import json
import os
import pty
import sys
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from etl.domain import Limits
from etl.errors import FolderUnusable
from etl.extract.http_client import HttpClient
from etl.runtime import terminal
from etl.runtime.clock import Clock
from etl.runtime.terminal import Log, Terminal

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
KEY = 'CANARY"7f\\3a/9q'  # with what JSON escapes


@pytest.fixture
def http():
    """A wire, for its `redact`."""
    opened = HttpClient(Clock(), {"OPENAI_API_KEY": SecretStr(KEY)}, {})
    yield opened
    opened.close()


@pytest.fixture
def log(tmp_path, http):
    """A log in a folder of its own."""
    opened = Log(tmp_path / "logs", http.redact, lambda: AT)
    yield opened
    opened.close()


def lines(tmp_path):
    """The log's lines."""
    return [json.loads(line) for line in (tmp_path / "logs" / "mfo.jsonl").read_text().splitlines()]


def test_a_log_line_is_json_with_its_run(log, tmp_path):
    """One line each, newlines and per-cent signs in the text notwithstanding."""
    log.run_id = "run-7"
    log.write("warning", "extract", "100 %s of\nit ü all")
    assert lines(tmp_path) == [
        {
            "at": "2025-11-01T03:43:00+00:00",
            "run_id": "run-7",
            "level": "warning",
            "event": "extract",
            "text": "100 %s of\nit ü all",
        }
    ]


def test_no_key_is_ever_logged(log, tmp_path):
    """Not even one whose letters JSON writes otherwise."""
    log.write("error", "analyze", f"the server said {KEY} and {KEY}")
    assert "CANARY" not in (tmp_path / "logs" / "mfo.jsonl").read_text()
    assert lines(tmp_path)[0]["text"] == "the server said [redacted] and [redacted]"


def test_a_log_is_rotated_before_it_fills_the_disk(tmp_path, monkeypatch):
    """Five old files at most."""
    monkeypatch.setattr(terminal, "LOG_BYTES", 2_000)
    log = Log(tmp_path / "logs", lambda data: data, lambda: AT)
    for number in range(200):
        log.write("info", "step", f"line {number} " + "x" * 100)
    log.close()
    files = list((tmp_path / "logs").iterdir())
    assert len(files) == 6
    assert all(path.stat().st_size <= 2_000 for path in files)


def test_a_log_that_cannot_be_written_is_said(tmp_path):
    """73."""
    (tmp_path / "logs").write_bytes(b"")
    with pytest.raises(FolderUnusable, match="cannot be written"):
        Log(tmp_path / "logs", lambda data: data, lambda: AT)


def read_to_the_end(terminal_end):
    """Everything that was drawn; a terminal whose other end is closed ends in an error."""
    parts = []
    try:
        while part := os.read(terminal_end, 65_536):
            parts.append(part)
    except OSError:
        pass
    finally:
        os.close(terminal_end)
    return b"".join(parts).decode()


def test_words_go_to_stderr_as_plain_lines_where_nobody_watches(log, tmp_path, capsys):
    """Cron and CI: one line for each step, no bar, no colour, and the same line in the log."""
    with Terminal(log) as said:
        said.expect("fred", 3)
        said.advance("fred", "DGS10")
        said.say("  extract  3 of 3 [done]", event="extract")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "  extract  3 of 3 [done]\n")
    assert lines(tmp_path)[0]["text"] == "  extract  3 of 3 [done]"


def test_a_quiet_terminal_writes_to_the_log_only(log, tmp_path, capsys):
    """`--json`, tests."""
    Terminal(log, quiet=True).say("done")
    assert capsys.readouterr() == ("", "")
    assert len(lines(tmp_path)) == 1


def test_a_watched_terminal_shows_a_bar_for_each_provider(monkeypatch):
    """On a real terminal, with words above the bars as they are, brackets and all."""
    master, slave = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with io.TextIOWrapper(io.FileIO(slave, "w", closefd=False), write_through=True) as screen:
        monkeypatch.setattr(sys, "stderr", screen)
        with Terminal(limits={"alpha_vantage": Limits(spacing_s=1.1)}) as said:
            said.expect("alpha_vantage", 2)
            said.expect("fred", 1)
            said.advance("alpha_vantage", "SPY")
            said.say("[bold]as it is")
    os.close(slave)
    shown = read_to_the_end(master)
    assert "alpha_vantage" in shown
    assert "fred" in shown
    assert "1/2" in shown
    assert "1 left, 0:00:0" in shown
    assert "[bold]as it is" in shown


def test_where_nobody_watches_a_line_every_ten_seconds_says_what_is_left_and_when_it_ends(log, tmp_path, capsys):
    """By spacing and by what the day has room for; a lane that is done is not named."""
    now = [100.0]
    limits = {"alpha_vantage": Limits(per_day=25, spacing_s=1.1), "fred": Limits(spacing_s=0.55)}
    with Terminal(log, limits, lambda _, of: 10 if of.per_day else None, lambda: now[0]) as said:
        said.expect("alpha_vantage", 16)
        said.expect("fred", 1)
        now[0] += 1.1
        said.advance("fred", "DGS10")
        now[0] += 9.9
        for name in ("SPY", "QQQ", "IWM"):
            said.advance("alpha_vantage", name)
    assert capsys.readouterr().err == "  progress  alpha_vantage 15 left, 0:01:50, 5 beyond its day\n"
    assert [line["event"] for line in lines(tmp_path)] == ["progress"]


def test_an_advance_of_an_unknown_lane_does_no_harm(capsys):
    """Lanes are known by what is expected of them."""
    with Terminal() as said:
        said.advance("nobody", "SPY")
    assert capsys.readouterr().err == ""
