"""
The rules over the past: 250 sessions replayed as of 11:30 UTC of the day after each, settled, and judged.

    .venv/bin/python -m tests.bench.replay [SESSIONS]

Real prices of the stand-in, fetched once; each day is shown with `--basis published`, so with what was out by then.
Every 25th day is also shown over a lake in which all that was published later is another value: the note must be the
same, fact by fact, or something looked ahead.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from etl.config.settings import data_folder
from etl.domain import Request, Response
from etl.models.registry import Model, build, load_models
from etl.notes.documents.note import query_on
from etl.notes.scoring import score
from etl.notes.scoring.track_record import track_record
from etl.notes.writer import analyze
from etl.notes.writer.prompt import NoteSettings
from etl.warehouse.file import NextFile
from tests.bench.upstream import mfo, stand_in

SESSIONS, PROBED_EACH = 250, 25
OWN_SETTINGS = "[extract]\ncrypto_minutes_days = 0.05\ncrypto_daily_from = 2024-07-27\n"
READ = tuple(f"marts.{name}" for name in (
    "daily_prices", "daily_metrics", "money_flow_daily", "region_nodes", "asset_nodes",
    "market_internals", "macro_daily", "net_liquidity", "symbol_stats_24h", "sessions_anchor", "data_quality",
    "daily_recommendations",
))  # fmt: skip
SCORED = ("aggregates.scoring__outcomes", "marts.recommendation_scores", "marts.sessions_anchor")
SHORTENED = {"bars": "opened_at", "observations": "date"}
POISON = (
    "update lake.bars set open = open * 3, high = high * 3, low = low * 3, close = close * 3, "
    "adj_close = adj_close * 3, volume = volume * 7 where least(published_at, fetched_at) > ?",
    "update lake.observations set value = value * 3 where least(published_at, fetched_at) > ?",
)


class Keeper:
    """Keeps documents in memory."""

    def __init__(self) -> None:
        self.now, self.kept = datetime.now(UTC), 0

    def __call__(self, kind: str, subject: str, body: bytes) -> Response:
        """Keep one, numbered behind all others."""
        self.kept += 1
        return Response(
            Request("mfo", kind, subject, f"/{kind}"), 200, {}, body, self.now, self.now, 10**6 + self.kept, "replay"
        )


def main() -> None:
    """Print the track record, and what the probes of the future changed."""
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS
    with stand_in() as upstream, tempfile.TemporaryDirectory() as folder:
        said = mfo(Path(folder), upstream, "run-daily", "--no-llm", only=OWN_SETTINGS)
        print_line(f"fetched and loaded in {said.wall_s:.0f} s")
        replay(in_memory(Path(folder) / "data" / "warehouse.duckdb"), sessions)


def in_memory(published: Path) -> NextFile:
    """The lake of a published file in memory: hundreds of builds would write gigabytes otherwise."""
    con = duckdb.connect()
    con.execute((data_folder("sql") / "lake.sql").read_text())
    con.execute(f"attach '{published}' as published (read_only)")
    for (name,) in con.execute("select table_name from duckdb_tables() where database_name = 'memory'").fetchall():
        con.execute(f"insert into lake.{name} by name select * from published.lake.{name}")
    con.execute("detach published")
    return NextFile(con, published, published)


def replay(file: NextFile, sessions: int) -> None:
    """Write, probe, settle, judge."""
    file.con.execute("delete from lake.notes")
    models = load_models(data_folder("sql"))
    wanted, scored = upstream_of(models, READ), upstream_of(models, SCORED)
    days = file.con.execute(
        "select trade_date from lake.sessions, lake.publication where closed_at + interval 1 hour <= as_of - interval "
        "11 hour order by trade_date desc limit ?", [sessions],
    ).fetchall()  # fmt: skip
    shorten(file, days[-1][0])
    keeper, began, changed, probed, confidences = Keeper(), time.monotonic(), 0, 0, []
    for n, (day,) in enumerate(reversed(days)):
        instant = datetime(day.year, day.month, day.day, 11, 30, tzinfo=UTC) + timedelta(days=1)
        note = written(file, models, wanted, instant, keeper)
        confidences.append(note["data_confidence"])
        if note["for_date"] != day:
            raise SystemExit(f"as of {instant} the note is of {note['for_date']}, not of {day}")
        if n % PROBED_EACH == 0:
            probed += 1
            changed += hash_in_poisoned(file, models, wanted, instant) != note["facts_hash"]
            print_line(f"{day}: {n + 1} of {len(days)} notes, {time.monotonic() - began:.0f} s")
    print_line(f"{len(days)} notes in {time.monotonic() - began:.0f} s; data confidence {min(confidences):g} to "
               f"{max(confidences):g}; look-ahead: {changed} of {probed} notes changed with the future")  # fmt: skip
    settle(file, models, scored, keeper)
    if changed:
        raise SystemExit("replay: a note changed with what was published after it")


def shorten(file: NextFile, first: date) -> None:
    """
    Leave three years before the first day: no figure of a note looks back further, and seeds of averages have faded.

    Settling has the whole history back, for its base rates.
    """
    for name, column in SHORTENED.items():
        file.con.execute(f"create table whole_{name} as from lake.{name}")
        file.con.execute(f"delete from lake.{name} where {column} < ?", [first - timedelta(days=3 * 365)])


def written(
    file: NextFile, models: Sequence[Model], wanted: set[str], instant: datetime, keeper: Keeper
) -> dict[str, Any]:
    """The rules' note as of an instant, added to `lake.notes`."""
    show(file, models, wanted, instant)
    keeper.now = instant
    analyze.run(
        file.con, llm=None, keep=keeper, now=instant, run_id="replay", prompts_root=data_folder("prompts"),
        settings=NoteSettings(),
    )  # fmt: skip
    (note,) = query_on(file.con)(
        "select for_date, document ->> 'facts_hash' as facts_hash, "
        "cast(document -> 'sanity' ->> 'confidence' as double) as data_confidence "
        "from lake.notes order by for_date desc limit 1", (),
    )  # fmt: skip
    return note


def hash_in_poisoned(file: NextFile, models: Sequence[Model], wanted: set[str], instant: datetime) -> str:
    """The hash of the facts as of an instant, over a lake whose later values are others; it is undone."""
    at = instant.replace(tzinfo=None)
    file.con.execute("begin transaction")
    for statement in POISON:
        file.con.execute(statement, [at])
    file.con.execute("delete from lake.notes where published_at >= ?", [at])
    note = written(file, models, wanted, instant, Keeper())
    file.con.execute("rollback")
    return str(note["facts_hash"])


def settle(file: NextFile, models: Sequence[Model], scored: set[str], keeper: Keeper) -> None:
    """Settle what fell due by the last instant, and print the record of it."""
    end = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
    for name in SHORTENED:
        file.con.execute(f"delete from lake.{name}")
        file.con.execute(f"insert into lake.{name} from whole_{name}")
    show(file, models, scored, end)
    keeper.now = end
    print_line(score.run(file.con, keep=keeper, now=end, run_id="replay").line)
    show(file, models, scored, end)
    rows = query_on(file.con)("select * from marts.recommendation_scores", ())
    early = [r for r in rows if r["status"] == "settled" and str(r["entry_date"]) <= str(r["for_date"])]
    print_line(f"calls that enter on or before their own day: {len(early)}")
    if early:
        raise SystemExit("replay: a call entered before its note")
    head = (
        "stance",
        "horizon",
        "n",
        "n_eff",
        "hits",
        "hit rate",
        "95 % interval",
        "base",
        "mean excess %",
        "Brier skill",
    )
    print_line(" | ".join(head))
    for record in track_record(rows):
        print_line(" | ".join(cells(record)))


def cells(record: dict[str, Any]) -> list[str]:
    """One row of the record."""

    def shown(value: float | None, digits: int = 3) -> str:
        return "-" if value is None else f"{value:.{digits}f}"

    span = f"{shown(record['interval_low'])} to {shown(record['interval_high'])}"
    excess = f"{shown(record['mean_excess_pct'])} ({shown(record['excess_low'])} to {shown(record['excess_high'])})"
    return [
        str(record["stance"]), str(record["horizon"]), str(record["n"]), str(record["n_eff"]), str(record["hits"]),
        shown(record["hit_rate"]), span, shown(record["base_rate"]), excess, shown(record["brier_skill"]),
        str(record["words"]),
    ]  # fmt: skip


def show(file: NextFile, models: Sequence[Model], wanted: set[str], instant: datetime) -> None:
    """Build what is wanted as it was published by an instant."""
    file.see_as_of(instant.replace(tzinfo=None), "published", "replay", demo=False, version="replay")
    build(file.con, models, lambda model: model.name in wanted)


def upstream_of(models: Sequence[Model], names: Sequence[str]) -> set[str]:
    """These models and all that they read."""
    by_name = {model.name: model for model in models}
    wanted = list(names)
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in by_name and name not in found:
            found.add(name)
            wanted += by_name[name].reads
    return found


def print_line(text: str) -> None:
    """At once, as it takes long."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
