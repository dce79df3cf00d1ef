"""The command line as a user meets it: one clear line, the right exit code, data on stdout and words on stderr."""

import csv
import fcntl
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from etl.config.settings import KEY_VARIABLES
from tests.conftest import MFO, Demo, Mfo

LATEST = "select trade_date, close from daily_metrics where symbol = 'SPY' order by trade_date desc limit 5"


def last_line(text: str) -> str:
    """What stands at the end of stderr."""
    return text.strip().splitlines()[-1]


def test_help_imports_nothing_heavy() -> None:
    """`mfo --help` is quick because duckdb, pandas, pyarrow, pydantic and httpx stay unloaded."""
    code = (
        "import sys, cli\n"
        "from typer.testing import CliRunner\n"
        "assert CliRunner().invoke(cli.app, ['--help']).exit_code == 0\n"
        "heavy = {'duckdb', 'pandas', 'pyarrow', 'httpx', 'openai', 'pydantic', 'jinja2', 'exchange_calendars'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_query_answers_what_the_readme_promises(demo: Demo) -> None:
    """The five newest days of SPY as strict JSON on stdout; as-of and run id on stderr."""
    said = demo.mfo("query", "--demo", LATEST, "--format", "json")
    assert said.code == 0, said.err
    rows = json.loads(said.out)
    assert [row["trade_date"] for row in rows] == ["2026-11-18", "2026-11-17", "2026-11-16", "2026-11-13", "2026-11-12"]
    assert said.err == "as of 2026-11-19T11:30:00Z, run 20261119T113000Z-1\n"


def test_query_writes_every_format(demo: Demo, tmp_path: Path) -> None:
    """csv, md, table, parquet and xlsx hold the same rows as json."""
    rows = json.loads(demo.mfo("query", "--demo", LATEST, "--format", "json").out)
    text = demo.mfo("query", "--demo", LATEST, "--format", "csv").out
    assert [(r["trade_date"], float(r["close"])) for r in csv.DictReader(io.StringIO(text))] == [
        (r["trade_date"], r["close"]) for r in rows
    ]
    assert demo.mfo("query", "--demo", LATEST, "--format", "md").out.count("\n") == 7
    assert str(rows[0]["close"]) in demo.mfo("query", "--demo", LATEST).out
    for form, magic in (("parquet", b"PAR1"), ("xlsx", b"PK")):
        path = tmp_path / f"answer.{form}"
        with path.open("wb") as handle:
            subprocess.run(
                [str(MFO), "query", "--demo", LATEST, "--format", form],
                env=demo.mfo.env,
                stdout=handle,
                stderr=subprocess.DEVNULL,
                check=True,
            )
        assert path.read_bytes().startswith(magic)
    assert pq.read_table(tmp_path / "answer.parquet").num_rows == 5


def test_a_saved_query_takes_its_parameters(demo: Demo) -> None:
    """--name and --param; a wrong name lists the ones that exist, a missing parameter is named."""
    said = demo.mfo("query", "--demo", "--name", "symbol_history", "--param", "symbol=TLT", "--format", "json")
    assert {row["symbol"] for row in json.loads(said.out)} == {"TLT"}
    wrong = demo.mfo("query", "--demo", "--name", "symbol_histroy")
    assert wrong.code == 2
    assert "symbol_history: The last 30 days of one symbol" in wrong.err
    missing = demo.mfo("query", "--demo", "--name", "symbol_history")
    assert (missing.code, last_line(missing.err)) == (2, "mfo: --param: this query takes symbol=...")


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '/tmp/mfo-must-not-exist.csv'",
        "select * from read_csv('/etc/passwd')",
        "set enable_external_access = true",
        "attach '/tmp/other.duckdb'",
        "install httpfs",
        "create table marts.mine as select 1",
        "delete from lake.bars",
        "use memory; detach warehouse; attach '{file}' as warehouse; drop schema warehouse.marts cascade; select 1",
        "copy (select 1) to '{file}.wal'",
        "from read_blob('{file}')",
        "attach '{file}' as other (read_only)",
    ],
)
@pytest.mark.parametrize("is_file", [False, True], ids=["typed", "with -f"])
def test_user_sql_reaches_nothing_but_the_warehouse(demo: Demo, tmp_path: Path, sql: str, is_file: bool) -> None:
    """No file, network, extension or setting, and nothing is written: one line and exit 2."""
    published, text = demo.folder / "warehouse.duckdb", tmp_path / "query.sql"
    before = hashlib.sha256(published.read_bytes()).hexdigest()
    text.write_text(sql.format(file=published))
    said = demo.mfo("query", "--demo", *(["-f", str(text)] if is_file else [sql.format(file=published)]))
    assert said.code == 2, said.out
    assert said.err.count("\n") == 1
    assert said.err.startswith("mfo: query: ")
    assert not Path("/tmp/mfo-must-not-exist.csv").exists()
    assert hashlib.sha256(published.read_bytes()).hexdigest() == before
    assert not published.with_name("warehouse.duckdb.wal").exists()


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "line"),
    [
        (("query", "select 1"), {}, 2, "warehouse.duckdb is not there yet; `mfo run-daily`"),
        (("query",), {}, 2, 'give one of "SELECT ...", -f FILE or --name NAME'),
        (("query", "select 1", "--format", "yaml"), {}, 2, "allowed: table, csv, json, parquet, xlsx, md"),
        (("query", "select 1", "--as-of", "yesterday"), {}, 2, "--as-of: 'yesterday' is not an instant"),
        (("extract", "--symbol", "SPYY"), {}, 2, "no symbol 'SPYY' in the universe; known: SPY, QQQ"),
        (("extract", "--only", "alphavantage"), {}, 2, "no provider 'alphavantage'; allowed: alpha_vantage"),
        (("export", "--basis", "guessed"), {}, 2, "allowed: known, published"),
        (("status",), {"MFO_NOW": "noon"}, 78, "MFO_NOW: 'noon' is not an instant"),
        (("status",), {"MFO_TIMEZONE": "Mars/Olympus"}, 78, "MFO_TIMEZONE: unknown time zone 'Mars/Olympus'"),
        (("status",), {"YAHOO_BASE_URL": "ftp://x"}, 78, "YAHOO_BASE_URL: must start with http"),
        (("status",), {"MFO_CONFIG": "/nowhere/mfo.toml"}, 78, "MFO_CONFIG: there is no file /nowhere/mfo.toml"),
        (("serve-static",), {}, 2, "run `mfo export` first"),
    ],
)
def test_bad_input_gets_one_line_and_its_exit_code(
    mfo: Mfo, arguments: tuple[str, ...], environment: dict[str, str], code: int, line: str
) -> None:
    """What is wrong, where, and what is allowed; no traceback."""
    said = mfo(*arguments, **environment)
    assert said.code == code, said.err
    assert line in last_line(said.err)
    assert last_line(said.err).startswith("mfo: ")
    assert "Traceback" not in said.err


def test_an_unknown_setting_is_refused_with_what_is_allowed(mfo: Mfo, tmp_path: Path) -> None:
    """The file, the key and the allowed ones; exit 78, also for chains and limits that name no provider."""
    for text, said_line in (
        ("[extract]\nattemps = 3\n", "unknown setting 'extract.attemps'; allowed there: history_from"),
        ('[chains]\nmacro = ["fed"]\n', "chains.macro: 'fed' cannot give it; allowed: "),
        ("[limits.alphavantage]\nper_day = 3\n", "limits.alphavantage: unknown provider; allowed: alpha_vantage"),
    ):
        (tmp_path / "mfo.toml").write_text(text)
        said = mfo("status")
        assert said.code == 78, said.err
        assert said_line in last_line(said.err)
        assert str(tmp_path / "mfo.toml") in last_line(said.err)


def test_a_folder_that_cannot_be_made_is_said_in_one_line(mfo: Mfo, tmp_path: Path) -> None:
    """MFO_DATA_DIR below a file: exit 73 and what to do."""
    (tmp_path / "file").write_text("not a folder")
    said = mfo("run-daily", MFO_DATA_DIR=str(tmp_path / "file" / "data"))
    assert said.code == 73, said.err
    assert "cannot be written" in last_line(said.err)
    assert "MFO_DATA_DIR" in last_line(said.err)


def test_init_writes_settings_that_change_nothing_and_never_overwrites(mfo: Mfo, tmp_path: Path) -> None:
    """Every line of the new mfo.toml is a comment; with all of them uncommented it is still accepted."""
    assert mfo("init").code == 0
    text = (tmp_path / "mfo.toml").read_text()
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == []
    assert {f"#{name}=" for name in KEY_VARIABLES} <= set((tmp_path / ".env.example").read_text().splitlines())
    uncommented = "\n".join(line.removeprefix("#") for line in text.splitlines() if not line.startswith("# "))
    (tmp_path / "mfo.toml").write_text(uncommented)
    assert mfo("status", MFO_DATA_DIR=str(tmp_path / "data")).code == 0
    again = mfo("init")
    assert "is there already and stays as it is" in again.err
    assert (tmp_path / "mfo.toml").read_text() == uncommented


def test_doctor_names_what_is_wrong_with_a_key_and_spends_nothing(mfo: Mfo) -> None:
    """A FRED key of the wrong shape: exit 78; the key itself is not printed."""
    said = mfo("doctor", FRED_API_KEY="NOT-A-FRED-KEY")
    assert said.code == 78
    assert "FRED_API_KEY is not a key: it has to be 32 lower-case letters and digits" in said.out
    assert "NOT-A-FRED-KEY" not in said.out + said.err
    assert mfo("doctor").code == 0


def test_plan_prices_the_first_run_before_anything_is_sent(mfo: Mfo) -> None:
    """Sixteen Alpha Vantage calls of twenty-five, and nothing was asked or reserved."""
    said = mfo("plan", "--json", ALPHA_VANTAGE_API_KEY="anyword", MFO_NOW="2025-11-01T03:43:00Z")
    assert said.code == 0, said.err
    rows = {row["provider"]: row for row in json.loads(said.out)}
    assert (rows["alpha_vantage"]["requests"], rows["alpha_vantage"]["left_today"]) == (16, 25)
    assert rows["fred"]["has_key"] is False
    assert rows["fred_graph"]["requests"] == 19
    assert json.loads(mfo("status", "--json").out)["quota"][0]["used"] == 0


def test_status_is_for_people_and_for_programs(demo: Demo) -> None:
    """Last run, each source with its age, quota left; the same as JSON."""
    found = json.loads(demo.mfo("status", "--demo", "--json").out)
    assert (found["runs"][-1]["command"], found["runs"][-1]["status"]) == ("run-daily", "success")
    assert {s["source"]: s["status"] for s in found["sources"]}["binance"] == "ok"
    assert {q["provider"]: q["left"] for q in found["quota"]}["alpha_vantage"] == 9
    assert "published   as of 2026-11-19T11:30:00Z" in demo.mfo("status", "--demo").out


def test_a_killed_run_is_not_called_running(mfo: Mfo) -> None:
    """kill -9: `mfo status` says at once that it was killed, before another run comes by."""
    nowhere = dict.fromkeys(("YAHOO_BASE_URL", "FRED_GRAPH_BASE_URL", "BINANCE_BASE_URL"), "http://127.0.0.1:1")
    process = mfo.start("run-daily", MFO_NOW="2025-11-01T03:43:00Z", **nowhere)
    deadline = time.monotonic() + 60
    while '"pid"' not in _text(mfo.data_dir / "run.lock") and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    process.kill()
    process.communicate(timeout=60)
    assert json.loads(mfo("status", "--json").out)["runs"][0]["status"] == "killed"


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_ctrl_c_stops_a_run_with_one_line_and_keeps_what_had_come(mfo: Mfo) -> None:
    """SIGINT: exit 130, no traceback, and the next run goes on."""
    process = mfo.start("run-daily", MFO_NOW="2025-11-01T03:43:00Z", YAHOO_BASE_URL="http://127.0.0.1:1",
                        FRED_GRAPH_BASE_URL="http://127.0.0.1:1", BINANCE_BASE_URL="http://127.0.0.1:1")  # fmt: skip
    deadline = time.monotonic() + 60
    while not (mfo.data_dir / "run.lock").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert last_line(err).startswith("mfo: stopped")
    assert json.loads(mfo("status", "--json").out)["runs"][0]["status"] == "failure"


@pytest.mark.parametrize(
    ("command", "waits"), [("run-daily", True), ("maintain", True), ("run-intraday", False), ("load", False)]
)
def test_the_daily_run_and_maintain_wait_for_the_lock(mfo: Mfo, command: str, waits: bool) -> None:
    """`[run] wait_minutes`, said once, then 75 with who holds it; the others say that at once."""
    (mfo.cwd / "mfo.toml").write_text("[run]\nwait_minutes = 3\n")
    folder = mfo.data_dir.with_name("data-demo")  # the demo's clock jumps over waits
    folder.mkdir()
    with (folder / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write('{"pid": 7, "since": "2025-11-01T03:43:00+00:00"}')
        lock.flush()
        said = mfo(command, "--demo")
    assert said.code == 75
    assert said.err.count("waiting for it, at most 3 minutes") == waits
    end = "another run holds {}{}: pid 7, since 2025-11-01T03:43:00+00:00; try again when it has ended"
    assert last_line(said.err) == f"mfo: {end.format(folder / 'run.lock', ' after 3 minutes' if waits else '')}"


def test_a_reader_that_goes_away_is_no_error(demo: Demo) -> None:
    """`mfo query ... | head -1`: no traceback, no message."""
    command = f"{MFO} query --demo 'select * from daily_metrics' --format csv | head -1"
    said = subprocess.run(
        ["bash", "-c", command], env={**os.environ, **demo.mfo.env}, capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("symbol,trade_date,")
    assert "Traceback" not in said.stderr
    assert "BrokenPipe" not in said.stderr


def test_maintain_verifies_every_kept_answer(demo: Demo) -> None:
    """Every body still has the hash that names it."""
    said = demo.mfo("maintain", "--demo")
    assert said.code == 0, said.err
    assert "kept answers verified" in said.err


def test_version_is_said_and_nothing_else() -> None:
    """`mfo --version`."""
    said = subprocess.run([str(MFO), "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == "mfo 0.1.0\n"
