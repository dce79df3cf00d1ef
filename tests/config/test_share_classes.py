"""Symbols with a dot or a dash, all the way from the settings to the page and to what a user asks of them."""

import os
from pathlib import Path

import pytest

from tests.changed_demo import ChangedDemo

AT = {"MFO_NOW": "2026-11-19T11:30:00Z"}
CONFIG = """
[universe]
stocks = ["BRK.B"]
series = ["VIXCLS"]
[universe.regions]
USA = ["SPY"]
Kentucky = ["BF-B"]
Omaha = ["BRK.B"]
[universe.asset_classes]
Stocks = ["SPY"]
Crypto = ["BTCUSDT"]
Cash = ["BIL"]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ChangedDemo:
    """`mfo` in a user's folder, after a run-daily there."""
    folder = tmp_path_factory.mktemp("classes")
    (folder / "mfo.toml").write_text(CONFIG)
    run = ChangedDemo(folder / "data", AT)
    said = run("run-daily")
    assert said.code == 0, said.err
    return run


@pytest.mark.parametrize("symbol", ["BRK.B", "BF-B", "SPY"])
def test_a_symbol_has_its_prices_its_candles_and_its_place_in_the_page(run: ChangedDemo, symbol: str) -> None:
    """Each file is called as the user calls the symbol, and the page finds it by that."""
    site = run.data_dir.with_name("data-demo") / "site"
    days = run.artifact(f"data/metrics/{symbol}.json", site)
    assert (days["symbol"], days["prices"][-1]["trade_date"]) == (symbol, "2026-11-18")
    assert run.artifact(f"data/candles/{symbol}/1d.json", site)["symbol"] == symbol
    assert symbol in [one["symbol"] for one in run.artifact("data/metrics.json", site)["symbols"]]


def test_the_note_may_name_share_classes(run: ChangedDemo) -> None:
    """A part of a name is no stranger: `BRK is not in the universe` ended every run with 65."""
    note = run.artifact("data/recommendations/latest.json", run.data_dir.with_name("data-demo") / "site")
    assert note["model"] == "rules"
    assert "BF-B" in note["summary"]
    facts = {fact["id"] for fact in note["facts"]}
    assert {"BRK.B.close", "BF-B.close", "BRK.B.1M.return_pct", "BF-B.1M.return_pct"} <= facts


@pytest.mark.parametrize(
    "command",
    [
        ("ask", "BF-B", "Is BF-B above its mean?", "--no-llm"),
        ("analyze", "--mode", "deep", "--scope", "BRK.B", "--no-llm"),
        ("query", "--explain-source", "daily_metrics BRK.B 2026-11-18 rsi14"),
        ("chart", "BRK.B"),
        ("plan", "--backfill", "BF-B"),
        ("extract", "--symbol", "brk.b", "--force"),
    ],
    ids=" ".join,
)
def test_each_command_that_takes_a_symbol_takes_a_share_class(run: ChangedDemo, command: tuple[str, ...]) -> None:
    """What can be asked of SPY can be asked of them."""
    said = run(*command)
    assert said.code == 0, said.err


def test_an_index_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """78 in one line: it has no turnover and no place in a sum."""
    (tmp_path / "mfo.toml").write_text(CONFIG.replace('"BRK.B"]\nseries', '"^GSPC"]\nseries'))
    said = ChangedDemo(tmp_path / "data", AT)("run-daily")
    assert said.code == 78
    assert said.err.startswith(f"mfo: {tmp_path / 'mfo.toml'}: universe.stocks: value error, '^GSPC' is not a symbol; ")
    assert said.err.count("\n") == 1
    assert os.listdir(tmp_path) == ["mfo.toml"]
