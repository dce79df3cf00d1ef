"""ADX and VWAP, each one file that is added to sql/indicators and nothing else: queries, JSON and schemas show them."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import talib

from tests.conftest import DEMO_NOW, REPOSITORY, Mfo
from tests.sql import oracles

NEW = Path(__file__).with_name("new_indicators")
COLUMNS = ("plus_di14", "minus_di14", "adx14", "vwap20")


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Mfo:
    """`mfo` of a copy of the program to which the two files were added, after a daily run of the demo."""
    root = tmp_path_factory.mktemp("extended")
    for name in ("etl", "sql", "prompts", "dashboard"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "cli.py", root)
    for path in NEW.glob("*.sql"):
        shutil.copy(path, root / "sql" / "indicators")
    program = root / "mfo"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n\nsys.path.insert(0, {str(root)!r})\nimport cli\n\ncli.main()\n"
    )
    program.chmod(0o755)
    mfo = Mfo(root / "data", {"MFO_NOW": DEMO_NOW}, program)
    said = mfo("run-daily", "--demo")
    assert said.code == 0, said.err
    return mfo


def test_a_new_indicator_is_a_column_of_queries(extended: Mfo) -> None:
    """Its figures are those of TA-Lib and of the definition, over the symbol's own bars."""
    rows = extended.rows(
        f"select high, low, close, volume, {', '.join(COLUMNS)} from daily_prices inner join daily_metrics "
        "using (symbol, trade_date, close) where symbol = 'BTCUSDT' order by trade_date",
        "--demo",
    )
    ours = {name: np.array([row[name] for row in rows], dtype=float) for name in rows[0]}
    high, low, close = (ours[name] for name in ("high", "low", "close"))
    traded = (high + low + close) / 3 * ours["volume"]
    sums = [oracles.rolled(values, 20, lambda window: window.sum(axis=1)) for values in (traded, ours["volume"])]
    theirs = (
        talib.PLUS_DI(high, low, close, 14),
        talib.MINUS_DI(high, low, close, 14),
        talib.ADX(high, low, close, 14),
        sums[0] / sums[1],
    )
    for name, expected in zip(COLUMNS, theirs, strict=True):
        np.testing.assert_allclose(ours[name], expected, rtol=1e-9, err_msg=name)


def test_a_new_indicator_is_listed_with_its_words(extended: Mfo) -> None:
    """In the relation `indicators`, with unit and definition, and by --explain-source with its file."""
    listed = {row["name"]: row for row in extended.rows("select * from indicators", "--demo")}
    assert (listed["adx"]["unit"], listed["vwap"]["file"]) == ("0 to 100", "indicators/vwap.sql")
    said = extended("query", "--demo", "--explain-source", "daily_metrics BTCUSDT 2025-10-30 vwap20")
    assert "20 bars" in said.out + said.err
    assert "sql/indicators/vwap.sql" in said.out + said.err


def test_a_new_indicator_stands_in_json_and_its_schema(extended: Mfo) -> None:
    """With title, unit, range and meaning, which the page shows beside the figure."""
    site = extended.data_dir.with_name("data-demo") / "site"
    newest = json.loads((site / "data" / "metrics" / "SPY.json").read_text())["metrics"][-1]
    assert all(isinstance(newest[name], float) for name in COLUMNS)
    schema = json.loads((site / "schema" / "symbol-metrics.json").read_text())
    field = schema["properties"]["metrics"]["items"]["properties"]["adx14"]
    assert {name: field[name] for name in ("title", "x-unit", "minimum", "maximum")} == {
        "title": "ADX 14",
        "x-unit": "0 to 100",
        "minimum": 0,
        "maximum": 100,
    }
