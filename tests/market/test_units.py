"""A series whose source serves it in another unit, all the way: nothing is published half in one, half in the other."""

import shutil
from pathlib import Path

import pytest

from tests.changed_demo import ChangedDemo
from tests.conftest import files_of

WEDNESDAY, FRIDAY, MONDAY = (f"2026-11-{day}T11:30:00Z" for day in (18, 20, 23))
CONFIG = """
[universe]
stocks = []
series = ["VIXCLS", "WALCL", "WTREGEN", "RRPONTSYD"]
[universe.regions]
USA = ["SPY"]
[universe.asset_classes]
Stocks = ["SPY"]
Cash = ["BIL"]
"""


@pytest.fixture(scope="module")
def in_millions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder after a day on which the Treasury's account was served in millions."""
    folder = tmp_path_factory.mktemp("units")
    (folder / "mfo.toml").write_text(CONFIG)
    said = ChangedDemo(folder / "data")("run-daily", MFO_NOW=WEDNESDAY)
    assert said.code == 0, said.err
    return folder


@pytest.fixture
def mfo(in_millions: Path, tmp_path: Path) -> ChangedDemo:
    """`mfo` in a copy of it."""
    shutil.copytree(in_millions, tmp_path, dirs_exist_ok=True)
    return ChangedDemo(tmp_path / "data")


def of_treasury(mfo: ChangedDemo) -> list[dict]:
    """The newest values of the Treasury's account, and the sum that rests on it."""
    return mfo.rows(
        "select date, value, net_liquidity_usd from macro_daily left join net_liquidity using (date) "
        "where series_id = 'WTREGEN' order by date desc limit 2"
    )


def test_a_series_that_comes_in_another_unit_keeps_its_last_good_values(mfo: ChangedDemo) -> None:
    """3 with series, unit expected and unit served; nobody stands in, and when the unit is as it was all goes on."""
    before = of_treasury(mfo)
    said = mfo("run-daily", MFO_NOW=FRIDAY, WTREGEN_IN_BILLIONS="1")
    assert said.code == 3
    refused = (
        "FRED gives WTREGEN in 'Billions of U.S. Dollars', and its amounts in dollars rest on million USD (WTREGEN)"
    )
    assert f"not done: {refused}; nobody stands in; the last good value stays" in said.err
    assert mfo.rows("select max(date)::varchar as at from macro_daily where series_id = 'VIXCLS'") == [
        {"at": "2026-11-18"}
    ]
    assert of_treasury(mfo) == before
    said = mfo("run-daily", MFO_NOW=MONDAY)
    assert said.code == 0, said.err
    after = of_treasury(mfo)
    assert after[1:] == before[:1]
    assert after[0]["value"] > 1000
    assert after[0]["net_liquidity_usd"] == pytest.approx(before[0]["net_liquidity_usd"], rel=0.1)


def test_without_a_key_a_change_of_unit_stops_the_publication(mfo: ChangedDemo) -> None:
    """Nobody names the unit there; a value that is a thousandth of the one before it is not published: 65."""
    site = mfo.data_dir.with_name("data-demo") / "site"
    before = files_of(site)
    (mfo.cwd / "mfo.toml").write_text(CONFIG + '[chains]\nmacro = ["fred_graph"]\n')
    said = mfo("run-daily", MFO_NOW=FRIDAY, WTREGEN_IN_BILLIONS="1")
    assert said.code == 65
    assert 'macro_daily__stays_in_one_unit: 1 rows, for example {"series_id":"WTREGEN",' in said.err
    assert files_of(site) == before
    (mfo.cwd / "mfo.toml").write_text(CONFIG.replace('"WTREGEN", ', ""))
    said = mfo("run-daily", MFO_NOW=FRIDAY, WTREGEN_IN_BILLIONS="1")
    assert said.code == 0, said.err
