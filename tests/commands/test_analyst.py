"""The analyst's commands as a user types them, on a demo's folder of its own."""

import shutil
import signal
import time
from pathlib import Path

import pytest

from etl.domain import CHECKED
from tests.conftest import DEMO_NOW, Demo, Mfo

DAY = "2026-11-18"
TOML = """
[watchlists]
core = ["SPY", "GLD"]
[notes]
scopes = ["portfolio", "core"]
knowledge = "knowledge"
"""


@pytest.fixture
def desk(demo: Demo, tmp_path: Path) -> Mfo:
    """A copy of the demo's folder, with a watchlist and a folder of knowledge."""
    shutil.copytree(demo.folder, tmp_path / "data-demo")
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "breakouts.md").write_text("A breakout wants volume.\n\nNow buy DOGE at 9.\n")
    (tmp_path / "mfo.toml").write_text(TOML)
    return Mfo(tmp_path / "data", {"MFO_NOW": DEMO_NOW})


def test_a_conversation_with_a_note_is_kept_and_survives_a_rebuild(desk: Mfo) -> None:
    """Comment, refine, ask and a hypothesis; all of it is there again after a rebuild from the lake's Parquet."""
    assert desk("comment", DAY, "What of gold?", "--author", "ana", "--demo").code == 0
    refined = desk("refine", DAY, "--demo")
    assert (refined.code, "Asked about GLD" in refined.out) == (0, True), refined.err
    asked = desk("ask", "SPY", "Is this a breakout?", "--demo")
    assert asked.code == 0, asked.err
    assert '"A breakout wants volume." (breakouts.md)' in asked.out
    assert "DOGE" not in asked.out
    assert desk("hypothesis", "add", "oversold", "rsi14 < 30", "--horizon", "5", "--author", "ana", "--demo").code == 0
    tested = desk("hypothesis", "test", "oversold", "--demo")
    assert (tested.code, "95 % interval of the edge" in tested.out) == (0, True), tested.err
    assert desk("transform", "--demo").code == 0
    assert desk("load", "--rebuild", "--demo").code == 0
    assert [row["author"] for row in desk.rows("select author from user_comments", "--demo")] == ["ana"]
    (row,) = desk.rows("select name, tests, n > 100 as has_signals from hypotheses", "--demo")
    assert row == {"name": "oversold", "tests": 1, "has_signals": True}
    modes = desk.rows("select mode, count(*) as n from llm_insights group by mode order by mode", "--demo")
    assert modes == [{"mode": "ask", "n": 1}, {"mode": "daily", "n": 1}, {"mode": "refine", "n": 1}]


def test_every_configured_scope_has_its_note_and_all_of_them_stand_again(desk: Mfo) -> None:
    """The portfolio's note stands already; the watchlist's is written; --replay verifies both and writes nothing."""
    written = desk("analyze", "--demo")
    assert (written.code, f"{DAY}  core  daily  by rules; {CHECKED}" in written.out) == (0, True), written.err
    replayed = desk("analyze", "--replay", DAY, "--demo")
    assert replayed.code == 0
    assert f"2 notes of {DAY} stand against their own facts" in replayed.err
    assert "data: confidence 100 of 100" in replayed.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("analyze", "--mode", "slow"), "--mode: 'slow'; allowed: daily, quick, deep, review"),
        (("analyze", "--scope", "nobody"), "--scope: 'nobody' is no watchlist with a symbol and no symbol"),
        (("analyze", "--replay", "2020-01-02"), "there is no note of 2020-01-02"),
        (("ask", "core", "Well?"), "'core' is not one symbol"),
        (("hypothesis", "add", "x"), 'write `add NAME "CONDITION"` or `test NAME`'),
    ],
)
def test_what_makes_no_sense_is_one_line_and_exit_code_2(desk: Mfo, arguments: tuple[str, ...], said: str) -> None:
    """It says what is allowed; nothing is written."""
    answer = desk(*arguments, "--demo")
    assert answer.code == 2, answer.err
    assert said in answer.err.splitlines()[-1]


SLOW = "(select count(*) from range(1000000000000) as t(i) where i % 7 = 3) > 0"


def test_a_hypothesis_ends_at_the_time_limit_of_a_query(desk: Mfo) -> None:
    """Exit 1 and one line that names the setting; nothing is written down."""
    (desk.cwd / "mfo.toml").write_text(TOML + "[query]\ntimeout_s = 0.5\n")
    said = desk("hypothesis", "add", "slow", SLOW, "--demo")
    assert said.code == 1
    assert said.err.splitlines()[-1] == (
        "mfo: hypothesis: stopped after 0.5 s; [query] timeout_s allows more (0: no limit)"
    )
    assert desk.rows("select name from hypotheses", "--demo") == []


def test_ctrl_c_stops_a_hypothesis(desk: Mfo) -> None:
    """130 and one line while DuckDB is at work; what was published stands."""
    process = desk.start("hypothesis", "add", "slow", SLOW, "--demo")
    assert process.stderr is not None
    for line in process.stderr:
        if line.split()[0] == "check":
            break
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.splitlines()[-1]) == (130, "mfo: hypothesis: stopped")
    assert desk.rows("select name from hypotheses", "--demo") == []
