"""The whole route, as a user starts it: against the stand-in upstream at its true limits, and in the demo."""

import json
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.domain import CHECKED
from tests.conftest import AV_KEY, FRED_KEY, KEYS, OPENAI_KEY, WRITTEN, Demo, Mfo, Said, Upstream, files_of


@dataclass(frozen=True)
class RealRun:
    """One run-daily on real rows at the true limits."""

    mfo: Mfo
    upstream: Upstream
    said: Said
    log: list[dict[str, Any]]


@pytest.fixture(scope="module")
def real_run(start_upstream: Callable[..., Upstream], tmp_path_factory: pytest.TempPathFactory) -> RealRun:
    """The first run of an empty data folder, at the true limits: about 25 seconds."""
    upstream = start_upstream()
    upstream.script(json.dumps(WRITTEN))
    mfo = Mfo(tmp_path_factory.mktemp("real") / "data", {**upstream.env, **KEYS})
    said = mfo("run-daily")
    return RealRun(mfo, upstream, said, upstream.log())


def test_a_first_run_on_real_rows_ends_well(real_run: RealRun) -> None:
    """Exit code 0, and the figures that one can look up are the ones that stand in the warehouse."""
    assert real_run.said.code == 0, real_run.said.err
    rows = real_run.mfo.rows(
        "select source, close, (select min(trade_date) from daily_prices where symbol = 'SPY' and source = 'yahoo') "
        "as first from daily_prices where symbol = 'SPY' and trade_date = '2025-10-31'"
    )
    assert rows == [{"source": "alpha_vantage", "close": 682.06, "first": "2015-01-02"}]
    macro = real_run.mfo.rows("select value from macro_daily where series_id = 'DGS10' and date = '2025-10-30'")
    assert macro == [{"value": 4.11}]
    assert real_run.mfo.rows("select 1 from macro_daily where series_id = 'UNRATE' and date = '2025-10-01'") == []
    liquid = real_run.mfo.rows("select net_liquidity_usd as usd from net_liquidity where date = '2025-10-29'")
    assert liquid[0]["usd"] == pytest.approx(6587034e6 - 957990e6 - 19.504e9)


def test_the_candle_in_progress_is_not_in_the_warehouse(real_run: RealRun) -> None:
    """At 03:43 the 03:42 minute is closed and the 03:43 minute runs; today's day runs too."""
    newest = real_run.mfo.rows(
        "select interval, max(opened_at) as newest from lake.bars where symbol = 'BTCUSDT' group by all order by all"
    )
    assert newest == [
        {"interval": "1d", "newest": "2025-10-31T00:00:00Z"},
        {"interval": "1m", "newest": "2025-11-01T03:42:00Z"},
    ]


def test_no_limit_is_broken_at_the_true_spacing(real_run: RealRun) -> None:
    """The stand-in's own log holds no `limit:` verdict, and every provider with a key was asked."""
    assert [e for e in real_run.log if e["verdict"].startswith("limit:")] == []
    assert {e["provider"] for e in real_run.log} == {"alpha_vantage", "fred", "yahoo", "binance", "openai"}
    times = [e["t"] for e in real_run.log if e["provider"] == "alpha_vantage"]
    assert len(times) == 16
    assert min(b - a for a, b in pairwise(times)) >= 1.0


def test_a_second_run_asks_for_nothing_that_is_fresh(real_run: RealRun) -> None:
    """The same instant again: Alpha Vantage, FRED, Yahoo and the model are not asked, and the pictures stay."""
    before = real_run.mfo.artifact("data/global-flow/1M.json")
    asked = len(real_run.upstream.log())
    said = real_run.mfo("run-daily")
    assert said.code == 0, said.err
    assert [e["provider"] for e in real_run.upstream.log()[asked:]] == []
    after = real_run.mfo.artifact("data/global-flow/1M.json")
    assert {**after, "run_id": ""} == {**before, "run_id": ""}


def test_the_model_writes_the_note_of_the_day(real_run: RealRun) -> None:
    """It is published under its own name, with three recommendations, and every place says what was checked of it."""
    note = real_run.mfo.artifact("data/recommendations/latest.json")
    assert (note["model"], note["verified"], note["for_date"]) == ("gpt-6-luna", True, "2025-10-31")
    assert (note["checked"], note["why"], note["recommended_by"]) == (CHECKED, None, "gpt-6-luna")
    site = real_run.mfo.data_dir / "site"
    assert real_run.mfo.artifact("data/dashboard.json")["note"]["checked"] == CHECKED
    for path in ("feed.xml", "digest.md", "digest.html"):
        assert f"Written by gpt-6-luna; {CHECKED}." in (site / path).read_text().replace("\\", ""), path
    assert CHECKED in real_run.said.err
    assert len(note["recommendations"]) == 3
    assert {f["id"] for f in note["facts"]} >= {i for r in note["recommendations"] for i in r["facts"]}


def test_no_key_stands_in_any_byte_that_a_run_wrote(real_run: RealRun) -> None:
    """Lake, sidecars, Parquet, SQLite, warehouse, site, logs and the terminal: a canary search."""
    files = files_of(real_run.mfo.data_dir)
    assert len(files) > 200
    for key in (AV_KEY, FRED_KEY, OPENAI_KEY):
        assert [name for name, data in files.items() if key.encode() in data] == []
        assert key not in real_run.said.out + real_run.said.err


def test_a_key_that_the_provider_echoes_is_redacted_everywhere(fast: tuple[Mfo, Upstream]) -> None:
    """`key_echo`: the body repeats the key; what is kept says [redacted], Yahoo stands in, and the run is partial."""
    mfo, upstream = fast
    upstream.faults(
        {"provider": "alpha_vantage", "kind": "key_echo", "times": -1},
        {"provider": "fred", "kind": "http_500", "times": 3},
    )
    said = mfo("run-daily")
    assert said.code == 3, said.err
    assert "fault:key_echo" in upstream.verdicts()
    assert "fault:http_500" in upstream.verdicts()
    files = files_of(mfo.data_dir)
    assert [n for n, data in files.items() if AV_KEY.encode() in data or FRED_KEY.encode() in data] == []
    assert any(b"[redacted]" in data for name, data in files.items() if "/bodies/" in name)
    assert AV_KEY not in said.out + said.err
    newest = "select source from daily_prices where symbol = 'SPY' and trade_date = '2025-10-31'"
    assert mfo.rows(newest) == [{"source": "yahoo"}]


def test_without_any_key_the_job_runs_on_real_data(fast: tuple[Mfo, Upstream]) -> None:
    """Yahoo, fredgraph.csv and Binance need none; the note is the rules' and says so; a missing key stays exit 0."""
    mfo, upstream = fast
    for name in KEYS:
        del mfo.env[name]
    del mfo.env["OPENAI_BASE_URL"]
    said = mfo("run-daily")
    assert said.code == 0, said.err
    assert {e["provider"] for e in upstream.log()} == {"yahoo", "fred_graph", "binance"}
    note = mfo.artifact("data/recommendations/latest.json")
    assert (note["model"], note["verified"]) == ("rules", True)
    assert mfo.rows("select status, why from source_status where source = 'alpha_vantage'") == [
        {"status": "skipped", "why": "no key: set ALPHA_VANTAGE_API_KEY"}
    ]


def test_a_run_without_any_network_publishes_nothing(mfo: Mfo) -> None:
    """Every provider is unreachable: exit 69, one line that says so, nothing published."""
    nowhere = "http://127.0.0.1:1"
    hosts = ("YAHOO", "FRED_GRAPH", "BINANCE", "ALPHA_VANTAGE", "FRED", "OPENAI")
    said = mfo("run-daily", **{f"{host}_BASE_URL": nowhere for host in hosts}, MFO_NOW="2025-11-01T03:43:00Z")
    assert said.code == 69, said.err
    assert said.err.strip().splitlines()[-1].startswith("mfo: nothing published: no provider answered")
    assert not (mfo.data_dir / "warehouse.duckdb").exists()


def test_yesterday_seen_from_today_is_what_was_published_then(demo: Demo, tmp_path: Path) -> None:
    """The look-ahead test: `export --as-of` of day D, a day of data later, is byte for byte what day D published."""
    folder = tmp_path / "data-demo"
    shutil.copytree(demo.folder, folder)
    mfo = Mfo(tmp_path / "data", demo.mfo.env | {"MFO_DATA_DIR": str(tmp_path / "data")})
    then = files_of(folder / "site")
    said = mfo("run-daily", "--demo", MFO_NOW="2026-11-20T11:30:00+00:00")
    assert said.code == 0, said.err
    now = files_of(folder / "site")
    assert now["data/metrics/SPY.json"] != then["data/metrics/SPY.json"]
    said = mfo("export", "--demo", "--as-of", "2026-11-19T23:00:00Z", "--out", str(tmp_path / "then"))
    assert said.code == 0, said.err
    again = files_of(tmp_path / "then")
    assert sorted(again) == sorted(then)
    assert [name for name in then if again[name] != then[name]] == []


def test_all_but_the_raw_lake_may_be_deleted(demo: Demo, tmp_path: Path) -> None:
    """Parquet, warehouse, ledger and site gone: `transform` and `load` bring back every figure that was published."""
    folder = tmp_path / "data-demo"
    shutil.copytree(demo.folder / "lake", folder / "lake")
    mfo = Mfo(tmp_path / "data", demo.mfo.env | {"MFO_DATA_DIR": str(tmp_path / "data")})
    for command in ("transform", "load"):
        said = mfo(command, "--demo", MFO_NOW="2026-11-19T12:30:00+00:00")
        assert said.code == 0, said.err
    said = mfo("export", "--demo", "--as-of", "2026-11-19T12:00:00Z", "--out", str(tmp_path / "then"))
    assert said.code == 0, said.err
    then, again = files_of(demo.folder / "site"), files_of(tmp_path / "then")
    of_the_ledger = ("sources", "health", "pipeline", "quality", "manifest")  # what `state.db` alone knew
    figures = [name for name in then if not any(name == f"data/{part}.json" for part in of_the_ledger)]
    assert len(figures) > 100
    assert [name for name in figures if again.get(name) != then[name]] == []


def test_before_the_first_publication_there_is_nothing_to_see(demo: Demo, tmp_path: Path) -> None:
    """`--as-of` before the first publication is refused with 65, and the message says when the first one was."""
    said = demo.mfo("export", "--demo", "--as-of", "2026-11-18", "--out", str(tmp_path / "then"))
    assert said.code == 65
    assert "the first publication is of 2026-11-19T11:30:00Z" in said.err


def test_a_second_export_writes_the_same_bytes(demo: Demo, tmp_path: Path) -> None:
    """The same warehouse and version, in another time zone and locale: byte-identical, and `--check` agrees."""
    said = demo.mfo(
        "export", "--demo", "--out", str(tmp_path / "again"), TZ="Pacific/Auckland", LC_ALL="C", PYTHONHASHSEED="7"
    )
    assert said.code == 0, said.err
    assert files_of(tmp_path / "again") == files_of(demo.folder / "site")
    assert demo.mfo("export", "--demo", "--check").code == 0


def test_the_demo_says_so_everywhere(demo: Demo) -> None:
    """`demo: true` in the manifest and in every artifact; its note is the rules'."""
    manifest = demo.mfo.artifact("data/manifest.json", demo.folder / "site")
    assert manifest["demo"] is True
    artifacts = [
        entry["path"] for entry in manifest["artifacts"] if entry["path"].startswith("data/") and entry["schema"]
    ]
    assert len(artifacts) > 60
    assert [p for p in artifacts if not demo.mfo.artifact(p, demo.folder / "site")["demo"]] == []
    assert demo.mfo.artifact("data/recommendations/latest.json", demo.folder / "site")["model"] == "rules"
    assert not demo.mfo.data_dir.exists()


def test_a_second_run_at_the_same_time_is_told_who_is_first(demo: Demo, tmp_path: Path) -> None:
    """The run lock: exit 75, with the first one's pid and start."""
    folder = tmp_path / "data-demo"
    shutil.copytree(demo.folder, folder)
    mfo = Mfo(tmp_path / "data", demo.mfo.env | {"MFO_DATA_DIR": str(tmp_path / "data")})
    first = mfo.start("run-daily", "--demo")
    deadline = time.monotonic() + 60
    while not (folder / "run.lock").read_text().count(str(first.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    second = mfo("run-daily", "--demo")
    first.communicate(timeout=200)
    assert second.code == 75, second.err
    assert f"pid {first.pid}" in second.err
    assert first.returncode == 0


def test_a_kill_at_any_moment_leaves_what_was_published_and_the_next_run_finishes(demo: Demo, tmp_path: Path) -> None:
    """kill -9 at random moments: the published file and site stay whole and of one run; then a run completes."""
    folder = tmp_path / "data-demo"
    shutil.copytree(demo.folder, folder)
    mfo = Mfo(tmp_path / "data", demo.mfo.env | {"MFO_DATA_DIR": str(tmp_path / "data")})
    chance = random.Random(20261119)
    for kill in range(4):
        process = mfo.start("run-daily", "--demo", "--force", MFO_NOW=f"2026-11-20T1{kill}:30:00+00:00")
        time.sleep(chance.uniform(0.3, 6.0))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as con:
            counted = con.execute("select count(*) from marts.daily_metrics").fetchall()[0][0]
        assert counted > 10_000
        manifest = mfo.artifact("data/manifest.json", folder / "site")
        paths = [
            entry["path"] for entry in manifest["artifacts"] if entry["path"].startswith("data/") and entry["schema"]
        ]
        assert {mfo.artifact(path, folder / "site")["run_id"] for path in paths} == {manifest["run_id"]}
    said = mfo("run-daily", "--demo", MFO_NOW="2026-11-20T16:30:00+00:00")
    assert said.code == 0, said.err
    assert mfo.artifact("data/manifest.json", folder / "site")["as_of"] == "2026-11-20T16:30:00Z"
    assert not list(folder.glob("warehouse.duckdb.next*"))


def test_a_reader_is_never_in_the_way_of_a_run(demo: Demo, tmp_path: Path) -> None:
    """`mfo query` again and again while `run-daily` works: no error, and each answer is of one publication."""
    folder = tmp_path / "data-demo"
    shutil.copytree(demo.folder, folder)
    mfo = Mfo(tmp_path / "data", demo.mfo.env | {"MFO_DATA_DIR": str(tmp_path / "data")})
    run = mfo.start("run-daily", "--demo", "--force", MFO_NOW="2026-11-20T12:00:00+00:00")
    answers = []
    while run.poll() is None:
        answers.append(mfo("query", "--demo", "select count(*) as n from daily_metrics", "--format", "json"))
    out, err = run.communicate()
    assert run.returncode == 0, out + err
    assert len(answers) >= 3
    assert [a.err for a in answers if a.code != 0] == []
