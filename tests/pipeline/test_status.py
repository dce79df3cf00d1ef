"""status: the last runs, each source's health, the quota; before the first publication too."""

import json
import os
import re
from datetime import date, timedelta

import pytest

from etl.extract import reference_tables
from etl.pipeline import status
from tests.warehouse.publications import NOW, Publications

HOUR = timedelta(hours=1)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with one session of SPY."""
    monkeypatch.chdir(tmp_path)
    folder = Publications(tmp_path)
    folder.bar(date(2025, 10, 31), 100.0, NOW - 2 * HOUR)
    yield folder
    folder.close()


def looked(data):
    """What the command finds."""
    con = data.warehouse.read() if data.warehouse.exists() else None
    found = status.read_status(con, data.journal, data.ledger, reference_tables.limits_of(data.settings))
    if con is not None:
        con.close()
    return found


def test_before_the_first_publication_it_says_what_does_it(data):
    """And still shows runs and quotas."""
    data.journal.begin_run("run-daily", os.getpid())
    found = looked(data)
    assert found["publication"] is None
    assert found["sources"] == []
    said = status.lines(found)
    assert said[0] == "published   nothing yet; `mfo run-daily` does it"
    assert any(f"run-daily  running (pid {os.getpid()})" in line for line in said)


def test_the_publication_and_its_sources_are_shown(data):
    """Each source once, with its state, why, and how new its newest row is."""
    data.publish(NOW, "run-1")
    found = looked(data)
    assert found["publication"] == {"as_of": "2025-11-01T03:43:00Z", "run_id": "run-1"}
    states = {source["source"]: source for source in found["sources"]}
    assert states["alpha_vantage"]["status"] in ("ok", "late", "failed")
    assert states["alpha_vantage"]["last_good_at"] == "2025-11-01T01:43:00Z"
    assert set(states) >= set(reference_tables.limits_of(data.settings))
    assert all(source["status"] in ("ok", "late", "failed", "skipped", "unused") for source in states.values())
    said = status.lines(found)
    assert said[0] == "published   as of 2025-11-01T03:43:00Z, run run-1"
    assert any(re.match(r"source      alpha_vantage +(ok|late|failed)", line) for line in said)


def test_the_quota_is_what_the_ledger_counted(data):
    """Also what was asked since the publication: of providers with a daily limit."""
    data.publish(NOW, "run-1")
    for _ in range(3):
        data.ask(NOW + HOUR)
    found = looked(data)
    quota = {row["provider"]: row for row in found["quota"]}
    assert set(quota) == {"alpha_vantage", "twelve_data", "fmp"}
    # midnight in New York came at 04:00 UTC, so that the one of before is of another day
    assert (quota["alpha_vantage"]["used"], quota["alpha_vantage"]["left"]) == (3, 22)
    assert any(re.search(r"quota +alpha_vantage +3 of 25 used, 22 left today", line) for line in status.lines(found))


def test_it_is_json_for_programs(data):
    """Strict, and without a key."""
    data.publish(NOW, "run-1")
    found = looked(data)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_partial_run_says_what_it_left_undone(data):
    """A model that did not write, a request that failed: the first lines of each run, and how many more."""
    undone = [f"dataset {number}" for number in range(9)]
    details = {"extract": {"line": "x", "undone": undone}, "analyze": {"line": "y", "undone": ["note by m: down"]}}
    data.journal.end_run(data.journal.begin_run("analyze", 4711), "partial", {"analyze": details["analyze"]})
    data.journal.end_run(data.journal.begin_run("run-daily", 4711), "partial", details)
    data.journal.end_run(data.journal.begin_run("export", 4711), "failure", {"error": "no"})
    found = looked(data)
    assert [run["undone"] for run in found["runs"]] == [[], ["note by m: down", *undone], ["note by m: down"]]
    said = "\n".join(status.lines(found))
    assert said.count("not done: note by m: down") == 2
    assert "not done: 6 more; `mfo status --json` lists them" in said
