"""`mfo plan --backfill` as a user types it: the price of a history before one call is made."""

import json
import re
import sqlite3
from datetime import UTC, datetime

import pytest

from etl.config.loader import read_settings
from etl.errors import UsageWrong
from etl.extract.missing import wanted
from tests.conftest import Mfo

NOW = {"MFO_NOW": "2025-11-01T03:43:00Z"}
NOWHERE = {"BINANCE_BASE_URL": "http://127.0.0.1:1", "BINANCE_ARCHIVE_BASE_URL": "http://127.0.0.1:1"}


@pytest.fixture
def asked(mfo: Mfo):
    """A function that plans a backfill with nobody to ask, and proves that nobody was."""

    def plan(*arguments: str):
        said = mfo("plan", "--backfill", *arguments, **NOW, **NOWHERE)
        if (mfo.data_dir / "state.db").is_file():
            with sqlite3.connect(mfo.data_dir / "state.db") as db:
                assert db.execute("select count(*) from requests").fetchall() == [(0,)]
        return said

    return plan


def test_a_history_is_priced_in_calls_weight_and_time(asked):
    """21 months and 31 days of minutes, each with its checksum; today is one page of REST."""
    said = asked("BTCUSDT", "--from", "2024-01-01")
    assert (said.code, said.err) == (0, "")
    assert said.out.split("\n") == [
        "binance_archive  104 calls, 0 s by its limits",
        "        binance  1 calls, weight 2, 0 s by its limits",
        "",
    ]


def test_the_price_for_programs_is_the_same(asked):
    """A row for each provider; REST alone is 966 pages, whose weight takes a minute's allowance in part."""
    files, pages = json.loads(asked("BTCUSDT", "--from", "2024-01-01", "--json").out)
    assert (files["provider"], files["calls"], files["left_today"]) == ("binance_archive", 104, None)
    assert (pages["provider"], pages["calls"], pages["weight"]) == ("binance", 1, 2)
    (rest,) = json.loads(asked("BTCUSDT", "--from", "2024-01-01", "--only", "binance", "--json").out)
    minutes = 670 * 1440 + 3 * 60 + 43
    assert (rest["calls"], rest["weight"]) == (-(-minutes // 1000), 2 * -(-minutes // 1000))
    assert rest["seconds"] > 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(("NOPE",), "mfo: no symbol 'NOPE' in the universe; known: SPY, QQQ", id="symbol"),
        pytest.param(
            ("BTCUSDT", "--interval", "5m"), "mfo: --interval: '5m' of BTCUSDT; allowed: 1m, 1d", id="interval"
        ),
    ],
)
def test_what_cannot_be_priced_is_one_line(asked, arguments, line):
    """Exit code 2; what was wrong, where, and what is allowed."""
    said = asked(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(line)
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("BTCUSDT", None, "2024-01-01", None, "yahoo"),
            "--only: 'yahoo' does not give the history of BTCUSDT; allowed",
        ),
        (("BTCUSDT", None, "2025-13-01", None, None), "--from: '2025-13-01' is not an instant"),
        (("BTCUSDT", None, "2026-01-01", None, None), "--from: 2026-01-01 is not before 2025-11-01"),
        (("DGS10", None, "2024-01-01", None, None), "DGS10 is a macro series: `mfo extract --symbol DGS10"),
    ],
    ids=["provider", "date", "span", "series"],
)
def test_every_other_wrong_word_is_refused_by_name(arguments, line, tmp_path, monkeypatch):
    """Before anything is asked: a provider that has no such history, a date that is none, a macro series."""
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"MFO_DATA_DIR": str(tmp_path)})
    with pytest.raises(UsageWrong, match=re.escape(line)):
        wanted(settings, *arguments, datetime(2025, 11, 1, 3, 43, tzinfo=UTC))
