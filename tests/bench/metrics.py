"""
All columns of daily_metrics and hourly_metrics, from Parquet to table, beside polars, TA-Lib and pandas-ta-classic.

    .venv/bin/python -m tests.bench.metrics [SHARE]

Made-up walks: 500 symbols x 2,500 days, and 20 symbols x 525,600 bars, as many as a year has minutes, put in as hours,
because mfo has no metrics of minutes. SHARE (1 when not given) makes both that much smaller. The peers live in an
environment of their own below the temporary folder, and stop the clock with a frame in memory; mfo stops it with a
table in a file. A second part times a load: everything anew, then one new day of every symbol, of all models and of
those that make the metrics.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

from etl.models.registry import NOTED, Building, build, load_models
from etl.warehouse.file import WRITER

SQL, PEERS = Path(__file__).parents[2] / "sql", Path(__file__).with_name("metric_peers.py")
NAMES = {"polars": "polars", "talib": "pandas + TA-Lib", "pandas_ta": "pandas-ta-classic"}
MOST_RATIO, LEAST_RATIO, MOST_MB = 2.5, 3, 2000
WALKS = """
    copy (
        select
            printf('S%03d', s) as symbol, cast("at" as date) as trade_date, "at" as opened_at, 'crypto' as kind,
            close * exp(gap) as open, close * exp(abs(wick)) as high, close * exp(-abs(dip)) as low, close,
            close as close_as_traded, cast(null as double) as adj_close, volume, volume * close as quote_volume,
            cast(null as double) as taker_buy_quote_volume, cast(null as bigint) as trades, 'binance' as source,
            'raw' as adjustment, cast(s as bigint) as sequence, 'sha' || s as sha256, true as is_complete,
            timestamp '2025-01-01' as known_at
        from walks order by symbol, opened_at
    ) to '{path}' (format parquet)
"""
METRICS = ("aggregates.dividends_paid", "aggregates.bars_final", "indicators.")
TO_HOURS = """
    create or replace table hours as
    select
        symbol, date_trunc('hour', opened_at) as opened_at, arg_min(open, opened_at) as open, max(high) as high,
        min(low) as low, arg_max(close, opened_at) as close, exact_sum(volume) as volume
    from read_parquet('{path}') group by all
"""
TO_DAYS = (
    TO_HOURS.replace("table hours", "table days").replace("'hour'", "'day'").replace("read_parquet('{path}')", "hours")
)


def main(share: float) -> None:
    """Print the figures, each with what is wanted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = peers(folder)
        shapes = (("daily", int(500 * share), 2500, 86400, 365), ("hourly", 20, int(525_600 * share), 3600, 8760))
        for grain, symbols, bars, seconds, periods in shapes:
            path = folder / f"{grain}.parquet"
            make_walks(path, symbols, bars, seconds)
            ours = in_process("ours", grain, str(path), str(folder / f"{grain}.duckdb"))
            say(grain, "mfo", ours, symbols * bars)
            for peer in NAMES if python else ():
                sample = folder / f"{grain}-{peer}.parquet"
                theirs = run([python, str(PEERS), peer, str(path), str(sample), str(periods)])
                say(grain, NAMES[peer], theirs, symbols * bars, ours[0])
                compare(folder / f"{grain}.duckdb", grain, sample)
        path = folder / "minutes.parquet"
        make_walks(path, 20, int(525_600 * share), 60)
        ours = in_process("aggregation", "", str(path), "")
        say("1m-1d", "mfo", ours, 20 * int(525_600 * share))
        if python:
            theirs = run([python, str(PEERS), "aggregation", str(path), str(folder / "sample.parquet")])
            say("1m-1d", "polars", theirs, 20 * int(525_600 * share), ours[0])
        load(folder, int(500 * share))


def make_walks(path: Path, symbols: int, bars: int, seconds: int) -> None:
    """A Parquet file in the columns of aggregates.bars_daily and bars_hourly."""
    rng, con = np.random.default_rng(5), duckdb.connect()
    con.execute(
        'create table walks (s int, "at" timestamp, close double, gap double, wick double, dip double, volume double)'
    )
    for s in range(symbols):
        walk = {
            "step": rng.normal(0, 0.01, bars),
            "noise": rng.normal(0, 0.005, (3, bars)),
            "volume": rng.integers(1, 10_000, bars),
        }
        close, number, volume = 100 * np.exp(np.cumsum(walk["step"] - 5e-5)), np.arange(bars), walk["volume"]
        gap, wick, dip = walk["noise"]
        columns = {"close": close, "number": number, "gap": gap, "wick": wick, "dip": dip, "volume": volume}
        con.register("one", columns)
        con.execute(
            f"insert into walks select {s}, timestamp '2024-12-31' - to_seconds({seconds} * ({bars} - number)), "
            "close, gap, wick, dip, volume from one"
        )
    con.execute(WALKS.format(path=path))
    con.close()


def compute(grain: str, path: str, file: str) -> None:
    """The metrics of a grain by the models themselves, from Parquet to a table."""
    con = duckdb.connect(file, config={"memory_limit": "1GB"})
    con.execute((SQL / "lake.sql").read_text())
    con.execute("create schema aggregates")
    con.execute("create table aggregates.dividends (symbol varchar, ex_date date, dividend double, known_at timestamp)")
    for name in ("daily", "hourly"):
        which = "" if name == grain else " where false"
        con.execute(f"create view aggregates.bars_{name} as select * from read_parquet('{path}'){which}")
    con.execute("create schema built")
    con.execute(NOTED)  # a load has made these and knows their content: none is read for it
    for name in ("bars_daily", "bars_hourly", "dividends"):
        con.execute(f"insert into built.models values ('aggregates.{name}', '', '{{}}', 'made', false)")
    models = load_models(SQL)
    started = time.monotonic()
    build(con, models, lambda model: model.name.startswith((*METRICS, f"marts.{grain}_metrics")))
    report(started, con.execute(f"select count(*) from marts.{grain}_metrics").fetchall()[0][0])


def aggregate(path: str) -> None:
    """Minutes to hours to days."""
    con = duckdb.connect(config={"memory_limit": "1GB"})
    con.execute((SQL / "macros" / "numbers.sql").read_text())
    started = time.monotonic()
    con.execute(TO_HOURS.format(path=path))
    con.execute(TO_DAYS)
    report(started, con.execute("select count(*) from days").fetchall()[0][0])


def report(started: float, rows: int) -> None:
    """Seconds, the most memory in MB (of this program: getrusage has what its parent held, too), and rows."""
    most_mb = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    sys.stdout.write(json.dumps([time.monotonic() - started, most_mb, rows]) + "\n")


def load(folder: Path, symbols: int) -> None:
    """All models over a lake of daily bars, as mfo load makes them: from nothing, and again with one more day."""
    con = duckdb.connect(str(folder / "load.duckdb"), config=WRITER)
    con.execute((SQL / "lake.sql").read_text())
    con.execute("insert into lake.publication values (timestamp '2024-12-30 05:00', 'known', 'bench', false, '')")
    con.execute("insert into lake.chains values ('crypto_1d', 'binance', 1)")
    bars = f"""
        insert into lake.bars by name
        select * exclude (trade_date, kind, close_as_traded, is_complete, known_at), '1d' as interval,
            timestamp '2024-12-30' + to_days({{day}}) as fetched_at, opened_at + interval 1 day as published_at,
            true as is_final
        from read_parquet('{folder / "daily.parquet"}') where opened_at {{which}} timestamp '2024-12-30'
    """
    con.execute(bars.format(day=0, which="<"))
    con.execute("insert into lake.instruments select distinct symbol, symbol, 'crypto', true, 0 from lake.bars")
    con.execute(
        "insert into lake.nodes values ('asset', 'Crypto', 'S000', 0, true), ('asset', 'Cash', 'S001', 1, true)"
    )
    con.execute(
        "insert into lake.sessions select cast(day as date), day + interval 14 hour, day + interval 21 hour, false "
        "from (select unnest(generate_series(timestamp '2014-01-01', timestamp '2025-04-01', interval 1 day)) as day)"
    )
    wholes = timed(con)
    con.execute(bars.format(day=1, which=">="))
    con.execute("update lake.publication set as_of = as_of + interval 1 day")
    with_one_more = timed(con)
    con.close()
    for part, whole, later in zip(("all models", "daily_metrics"), wholes, with_one_more, strict=True):
        sys.stdout.write(
            f"load     {part} over {symbols} x 2,500 days in {whole:.1f} s, with one more day in {later:.2f} s\n"
        )


def timed(con: duckdb.DuckDBPyConnection) -> tuple[float, float]:
    """Seconds that all models take to come up to date, and of them those of the metrics."""
    models, everything, metrics = load_models(SQL), 0.0, 0.0
    building = Building(con, models)
    for model in models:
        started = time.monotonic()
        building.bring_up_to_date(model)
        taken = time.monotonic() - started
        everything += taken
        metrics += taken if model.name.startswith((*METRICS, "marts.daily_metrics")) else 0
    building.remember()
    return everything, metrics


def peers(folder: Path) -> str:
    """The Python of an environment with the peers; "" with the reason on the way where it cannot be had."""
    python = folder / "peers" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "polars", "pyarrow", "TA-Lib", "pandas-ta-classic"]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder / "peers")], check=True, capture_output=True)
        subprocess.run(install, check=True, capture_output=True, timeout=600)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        sys.stdout.write(f"peers    skipped: they could not be installed ({type(error).__name__})\n")
        return ""
    return str(python)


def in_process(*arguments: str) -> list[float]:
    """A part of this module in a process of its own, so that its memory is its own."""
    return run([sys.executable, "-m", "tests.bench.metrics", *arguments])


def run(command: list[str]) -> list[float]:
    """What a measured process reports: seconds, MB, rows."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command[-4:])} failed:\n{ran.stderr[-2000:]}")
    return list(json.loads(ran.stdout.splitlines()[-1]))


def say(grain: str, who: str, measured: list[float], rows: int, ours: float = 0) -> None:
    """One line: rows a second, memory, and the ratio to mfo's time."""
    seconds, most_mb, _ = measured
    wanted = {
        "polars": f" (wanted at most {MOST_RATIO})",
        "pandas-ta-classic": f" (wanted at most {1 / LEAST_RATIO:.2f})",
    }
    ratio = f"; mfo takes {ours / seconds:.2f} times as long{wanted.get(who, '')}" if ours else ""
    sys.stdout.write(
        f"{grain:8} {who:18} {rows:>10,} rows in {seconds:6.2f} s, {rows / seconds:>10,.0f} a second, "
        f"{most_mb:5.0f} MB{'' if ours else f' (wanted below {MOST_MB})'}{ratio}\n"
    )
    sys.stdout.flush()


def compare(file: Path, grain: str, sample: Path) -> None:
    """
    The sampled symbols of a peer are those of mfo, to 1e-9 of the price, of 100, or of the volume.

    Pandas-ta-classic starts MACD and MFI in another way: of it only what comes after 400 bars is compared. Polars adds
    and takes away along a whole series: of half a million bars its sums are off in the sixth digit, and not compared.
    """
    if sample.stem == "hourly-polars":
        return
    con = duckdb.connect(str(file), read_only=True)
    names = [row[0] for row in con.execute(f"describe select * from read_parquet('{sample}')").fetchall()]
    theirs = (
        f"select *, row_number() over (partition by symbol order by opened_at) as bar from read_parquet('{sample}')"
    )
    for name in names[3:]:
        unit = {"obv": "1e8", "rsi14": "100", "mfi14": "100", "cmf20": "1"}.get(name, "greatest(theirs.close, 100)")
        since = 400 if "pandas_ta" in sample.stem else 0
        wrong = con.execute(
            f"select count(*), any_value(ours.{name}), any_value(theirs.{name}) from marts.{grain}_metrics as ours "
            f"inner join ({theirs}) as theirs using (symbol, opened_at) where theirs.bar > {since} "
            f"and (abs(ours.{name} - theirs.{name}) > 1e-9 * {unit} "
            f"or (ours.{name} is null) != (coalesce(isnan(theirs.{name}), true)))"
        ).fetchall()[0]
        if wrong[0]:
            raise SystemExit(f"{sample.stem}: {name} differs in {wrong[0]} rows, such as {wrong[1:]}")
    con.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        compute(*sys.argv[2:])
    elif sys.argv[1:2] == ["aggregation"]:
        aggregate(sys.argv[3])
    else:
        main(float(sys.argv[1]) if sys.argv[1:] else 1)
