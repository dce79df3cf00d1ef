"""
Tails: the rows of a series from its first changed bar on, made anew with no more of the past than they rest on.

The digests of the bars before and after a load say from where on a series changed. Each incremental model's SELECT then
runs as it stands, over views that hold only the tails of what it reads, and its rows replace the tail of its table.

The result is that of a build from nothing to the last bit, because no formula depends on where its rows lie: sums over
the last bars are written out term by term (sql/macros/windows.sql), and averages with a memory go from block to block
of 16 bars, where a tail starts (sql/macros/averages.sql).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from etl.stores.composing import replaced
from etl.stores.model_files import DIGESTS, Model, Tail
from etl.stores.statements import run

if TYPE_CHECKING:
    import duckdb

LAKE_BARS = "lake.bars"  # what the first incremental models read
BLOCK = 16
CHANGED = f"""
    create or replace temp table tails as
    with changed as (
        select symbol, interval, min(from_at) as from_at
        from {DIGESTS} as now
        full join digests_before as before using (symbol, interval, from_at)
        where now.digest is distinct from before.digest
        group by all
    ),
    -- hours are made of minutes too: both start where either does
    shorter as (
        select symbol, unnest(['1m', '1h']) as interval, min(from_at) as from_at
        from changed where interval in ('1m', '1h') group by symbol
    )
    select * from changed where interval not in ('1m', '1h') union all by name select * from shorter
"""
TOUCHED = f"""
    select coalesce(sum(bars) filter (now.from_at >= tails.from_at), 0), coalesce(sum(bars), 0)
    from {DIGESTS} as now left join tails using (symbol, interval)
"""


class Tails:
    """The tails of one pass over models."""

    def __init__(self, con: "duckdb.DuckDBPyConnection") -> None:
        self._con = con
        self._since = ""  # the content of the digests that the tails start from
        self._is_any = False
        self._is_by_date = False
        self._columns: dict[str, set[str]] = {}

    def start(self, since: str, *, touched: bool) -> None:
        """Keep the digests as they are: before they are made anew (`touched`), or because they stay."""
        self._since = since
        if touched:
            self._con.execute(f"create or replace temp table digests_before as select * from {DIGESTS}")

    def compare(self) -> None:
        """Find from where on each series changed. Where that is most of all bars, tails are no help: there are none."""
        self._con.execute(CHANGED)
        ((touched, bars),) = self._con.execute(TOUCHED).fetchall()
        self._is_any = bool(self._fetch("select count(*) from tails"))
        if 2 * touched > bars:
            self._since = ""

    def lead_from(self, content: str) -> bool:
        """Whether rows that are up to date at this content of the digests become so by their tails."""
        return bool(content) and content == self._since

    def rebuild(self, model: Model, models: Mapping[str, Model]) -> bool:
        """Replace the tails of the model's table; returns whether there was anything to replace."""
        if not self._is_any or model.tail is None:
            return False
        self._set_bounds(model, models, model.tail)
        if not self._fetch("select count(*) from bounds"):
            return False
        if model.is_view:
            return True
        sql = model.sql
        for name in sorted(self._restricted(model, models)):
            view = f"tail_{name.replace('.', '_')}"
            rows = f"select seen.* from {name} as seen inner join bounds on {self._since_warm('seen', name, models)}"
            rows += " order by seen.symbol, seen.interval, seen.bar" if model.needs_order else ""
            self._con.execute(f"create or replace temp view {view} as {rows}")
            sql = replaced(sql, {name: f"temp.{view}"})
        if model.tail.start:
            self._go_on(model.name, model.tail)
            sql = replaced(sql, {model.tail.start: "temp.tail_starts"})
        run(self._con, f"create or replace temp table made as\n{sql}", model.name)
        series = self._series("{0}", model.name, models)
        time = self._time(model.name)
        self._con.execute(
            f"delete from {model.name} as old using bounds where {series.format('old')} and old.{time} >= from_at "
            f"and old.{time} >= timestamp '{self._fetch('select min(from_at) from bounds')}'"
        )
        self._con.execute(
            f"insert into {model.name} select made.*{self._going_on(model.tail)} from made "
            f"inner join bounds on {series.format('made')} and made.{time} >= from_at "
            f"left join {model.name} as old on {series.format('old')} and old.{time} = warm_at and warm_at < from_at "
            f"left join made as own on {series.format('own')} and own.{time} = warm_at and warm_at < from_at"
            if model.tail.one_before
            else f"insert into {model.name} select made.* from made "
            f"inner join bounds on {series.format('made')} and made.{time} >= from_at"
        )
        return True

    def _set_bounds(self, model: Model, models: Mapping[str, Model], tail: Tail) -> None:
        """`bounds`: of each series, from where on its rows are replaced, and from where on they must be read."""
        self._con.execute("create or replace temp table bounds as select *, from_at as warm_at from tails")
        self._is_by_date = tail.dates
        if tail.dates:
            self._con.execute(
                "create or replace temp table bounds as select min(from_at) as from_at, min(from_at) as warm_at "
                "from tails where interval = '1d' having count(*) > 0"
            )
        if tail.one_before:
            name, time = model.name, self._time(model.name)
            found = f"max({time})"
            condition = f"{self._series('seen', name, models)} and seen.{time} < from_at"
        elif tail.counter:
            name = next(n for n in sorted(self._restricted(model, models)) if tail.counter in self._columns_of(n))
            time = self._time(name)
            series, counter = self._series("seen", name, models), f"seen.{tail.counter}"
            least = f"(greatest({counter}, {tail.after}) - {tail.after})"  # NULL where nothing is left from there on
            self._con.execute(
                f"create or replace temp table firsts as select bounds.*, min{least} // {BLOCK} * {BLOCK} as first "
                f"from bounds left join {name} as seen on {series} and seen.{time} >= from_at "
                f"and seen.{time} >= timestamp '{self._fetch('select min(from_at) from bounds')}' group by all"
            )
            self._con.execute("create or replace temp table bounds as select * from firsts")
            first = self._fetch("select min(first) from bounds")
            found, condition = f"min({time})", f"{series} and {counter} >= first and {counter} >= {first or 0}"
        else:
            return
        self._con.execute(
            "create or replace temp table warm as select bounds.symbol, bounds.interval, "
            f"{found} as at from bounds inner join {name} as seen on {condition} group by all"
        )
        self._con.execute(
            "update bounds set warm_at = least(from_at, warm.at) from warm "
            "where bounds.symbol = warm.symbol and bounds.interval = warm.interval"
        )

    def _go_on(self, name: str, tail: Tail) -> None:
        """`tail_starts`: a series' own last row before its tail, or what it begins with."""
        joined = "inner join bounds using (symbol, interval)"
        own = f"select own.* from {name} as own {joined} where {tail.counter} + 1 = first"
        new = f"select seen.* from {tail.start} as seen {joined} where first = 0"
        self._con.execute(f"create or replace temp view tail_starts as {own} union all by name {new}")

    def _going_on(self, tail: Tail) -> str:
        """The count and the running maximum, which go on from the row before the tail: `old` it was, `own` it is."""
        count, most = tail.goes_on, tail.grows
        parts = [f"made.{count} + coalesce(old.{count} - own.{count}, 0) as {count}"] if count else []
        parts += [f"greatest(made.{most}, old.{most}) as {most}"] if most else []
        return f" replace ({', '.join(parts)})" if parts else ""

    def _restricted(self, model: Model, models: Mapping[str, Model]) -> set[str]:
        """What it reads of its own rows' series alone; of one that goes from row to row it needs the one before too."""
        tails = {name: models[name].tail for name in model.reads if name in models}
        return {LAKE_BARS} & model.reads | {name for name, tail in tails.items() if tail and not tail.start}

    def _since_warm(self, alias: str, name: str, models: Mapping[str, Model]) -> str:
        earliest = self._fetch("select min(warm_at) from bounds")
        time = f"{alias}.{self._time(name)}"
        return f"{self._series(alias, name, models)} and {time} >= warm_at and {time} >= timestamp '{earliest}'"

    def _series(self, alias: str, name: str, models: Mapping[str, Model]) -> str:
        """That a row of a relation is of a series of `bounds`; where these are dates, every row is."""
        if self._is_by_date:
            return "true"
        own = "" if name == LAKE_BARS else (models[name].tail or Tail()).interval
        return f"{alias}.symbol = bounds.symbol and bounds.interval = " + (f"'{own}'" if own else f"{alias}.interval")

    def _time(self, name: str) -> str:
        return "opened_at" if "opened_at" in self._columns_of(name) else "trade_date"

    def _columns_of(self, name: str) -> set[str]:
        if name not in self._columns:
            self._columns[name] = {row[0] for row in self._con.execute(f"describe {name}").fetchall()}
        return self._columns[name]

    def _fetch(self, sql: str) -> Any:
        row = self._con.execute(sql).fetchone()
        return row[0] if row else None
