"""check: failing rows are shown and stop the route; what is shown of them stands in the warehouse."""

from datetime import date, timedelta

import pytest

from etl.errors import ChecksFailed
from etl.models import registry
from etl.models.registry import Failure
from tests.warehouse.publications import NOW, Publications, rows

HOUR = timedelta(hours=1)
THURSDAY = date(2025, 10, 30)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with one session of SPY, published."""
    monkeypatch.chdir(tmp_path)
    folder = Publications(tmp_path)
    folder.bar(THURSDAY, 100.0, NOW - 20 * HOUR)
    folder.publish(NOW, "run-1")
    yield folder
    folder.close()


def test_results_are_kept_with_their_run_passes_included(data):
    """`data_quality` shows what was tested, not only what failed."""
    con = data.warehouse.read()
    results = rows(con, "select check_name, severity, failed_rows, run_id from lake.check_results")
    shown = {row[0] for row in rows(con, "select check_name from marts.data_quality")}
    con.close()
    names = {name for name, *_ in results}
    assert "daily_prices__one_row_for_each_symbol_trade_date" in names
    assert "daily_prices__high_is_highest" in names
    assert {run_id for *_, run_id in results} == {"run-1"}
    assert {failed for _, severity, failed, _ in results if severity == "blocking"} == {0}
    assert names <= shown


def test_a_blocking_check_stops_the_route_and_shows_its_rows(data):
    """A high that is not the highest: 65, with the check's name and the first of its rows; what stands, stands."""
    before = data.warehouse.path.read_bytes()
    data.bar(date(2025, 10, 31), 101.0, NOW + HOUR, high=50.0)
    with pytest.raises(ChecksFailed) as caught:
        data.publish(NOW + 2 * HOUR, "run-2")
    said = str(caught.value)
    assert "checks failed, nothing was published:" in said
    assert "daily_prices__high_is_highest: 1 rows, for example {" in said
    assert '"symbol":"SPY"' in said
    assert caught.value.exit_code == 65
    assert data.warehouse.path.read_bytes() == before


def test_a_row_that_is_there_twice_breaks_its_grain(data):
    """Every model's grain is a check."""
    with data.loaded(NOW + HOUR, "run-2") as file:
        file.con.execute("insert into marts.etl_runs select * from marts.etl_runs where run_id = 'run-2'")
        with pytest.raises(ChecksFailed, match="etl_runs__one_row_for_each_run_id: 1 rows"):
            data.check(file, NOW + HOUR, "run-2")


def test_a_warning_is_said_and_does_not_stop_the_route(data, monkeypatch):
    """With its claim, how many rows, and which check."""
    found = [Failure("x__is_fine", "X is fine.", "warning", 3, "{}"), Failure("y__is_fine", "Y.", "blocking", 0, "")]
    monkeypatch.setattr(registry, "run_checks", lambda *_: found)
    with data.loaded(NOW + HOUR, "run-2") as file:
        outcome = data.check(file, NOW + HOUR, "run-2")
        shown = rows(file.con, "select check_name, failed_rows from marts.data_quality where check_name = 'x__is_fine'")
    assert outcome.line == "2 checks passed, 1 with warnings"
    assert outcome.notes == ("warning: X is fine.: 3 rows (x__is_fine)",)
    assert shown == [("x__is_fine", 3)]


def test_a_run_that_checks_twice_has_its_results_once(data):
    """The later ones."""
    with data.loaded(NOW + HOUR, "run-2") as file:
        first = data.check(file, NOW + HOUR, "run-2")
        data.check(file, NOW + HOUR, "run-2")
        counts = dict(rows(file.con, "select run_id, count(*) from lake.check_results group by run_id"))
    assert counts["run-1"] == counts["run-2"]
    assert first.line.startswith(f"{counts['run-2']} checks passed")
