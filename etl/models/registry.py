"""
The SQL models: files whose path is their table's name, built in the order that the SQL itself implies.

`load_models` reads the files (etl/models/parse.py), `build` makes the tables and views, `run_checks` tests every
grain and runs `sql/checks/*.sql`, which return the rows that break a claim. What no change touches is not made again;
the result is that of a build from nothing (building.py).

Each file of `sql/indicators` is a view of its own. `indicators.metrics` joins them all to the bars, `marts.indicators`
lists them: a new indicator is one new file and nothing else.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from etl.errors import DataWrong
from etl.models.indicator_columns import Column, header, indicator_columns
from etl.models.parse import LAYERS, Model, read_model, sentence_of

if TYPE_CHECKING:
    import duckdb
if TYPE_CHECKING:
    import duckdb
if TYPE_CHECKING:
    import duckdb

_MEMORY = ("512MB", "1GB", "2GB")  # what a statement that ran out of it is given, one after the other
NEXT_STEP = "set variable memory_step = coalesce(getvariable('memory_step'), 0) + 1"


def run(con: "duckdb.DuckDBPyConnection", sql: str, name: str) -> "duckdb.DuckDBPyConnection":
    """
    Execute the SQL of a model or check, again with more memory where it had too little.

    Raises:
        DataWrong: it fails; names the model or check.
        duckdb.IOException, duckdb.TransactionException: the file cannot be read or written.
    """
    import duckdb

    while True:
        try:
            return con.execute(sql)
        except duckdb.OutOfMemoryException as error:
            ((step,),) = con.execute("select coalesce(getvariable('memory_step'), 0)").fetchall()
            if step == len(_MEMORY):
                raise DataWrong(f"{name}: {error}") from error
            con.execute(f"set memory_limit = '{_MEMORY[step]}'")
            con.execute(NEXT_STEP)
        except (duckdb.IOException, duckdb.TransactionException):
            raise  # the file's, not the statement's: the disk is full, most of the time
        except duckdb.Error as error:
            raise DataWrong(f"{name}: {error}") from error


_VIEWS = "select schema_name || '.' || view_name from duckdb_views() where not internal"
RELATIONS = f"select schema_name || '.' || table_name from duckdb_tables() union all {_VIEWS}"
NOTED = """
    create table if not exists built.models (
        name varchar, sql varchar, inputs json, content varchar, is_tested boolean
    )
"""
PUBLICATION = "lake.publication"


@dataclass(frozen=True, slots=True)
class Made:
    """
    What a relation was made of: `sql` (with macros and DuckDB's version), and the contents of what it read.

    `content` is that of its own rows, "" as long as nobody asked; `is_tested` that they were found to have their grain.
    """

    sql: str
    inputs: Mapping[str, str]
    content: str = ""
    is_tested: bool = False


class Building:
    """One pass over models; what is noted of the file is cleared until `remember`, so that a failure leaves no lie."""

    def __init__(self, con: "duckdb.DuckDBPyConnection", chosen: Iterable[Model]) -> None:
        self._con = con
        self._made: dict[str, Made] = {}
        self._lake: dict[str, str] = {}
        self._chosen = {model.name: model for model in chosen}
        for schema in (*LAYERS[1:], "built"):
            con.execute(f"create schema if not exists {schema}")
        self._macros = _make_macros(con, self._chosen.values())
        con.execute(NOTED)
        relations = con.execute(RELATIONS).fetchall()
        rows = con.execute("select * from built.models").fetchall()
        self._before = {row[0]: Made(row[1], json.loads(row[2]), *row[3:]) for row in rows if (row[0],) in relations}
        con.execute("delete from built.models")
        self.touched = 0  # how many models were made

    def bring_up_to_date(self, model: Model) -> None:
        """
        Make the model's table or view where a change touches it.

        Raises:
            DataWrong: its SQL fails; names the model.
        """
        made = Made(_number(self._macros, model.sql), {name: self._content(name) for name in sorted(model.reads)})
        before = self._before.get(model.name)
        if before is not None and (before.sql, before.inputs) == (made.sql, made.inputs):
            self._made[model.name] = before
            return
        kind = "view" if model.is_view else "table"  # a view too: it knows the columns that its tables had
        run(self._con, f"create or replace {kind} {model.name} as\n{model.sql}", model.name)
        self._made[model.name] = made
        self.touched += 1

    def drop_all_others(self) -> None:
        """Drop what models made that are no more: their rows would stand there for good and never move."""
        views = {row[0] for row in self._con.execute(_VIEWS).fetchall()}
        for name in sorted(self._before.keys() - self._chosen.keys()):
            self._con.execute(f"drop {'view' if name in views else 'table'} {name}")
            del self._before[name]

    def remember(self) -> None:
        """Note what the relations are made of now."""
        made = {**self._before, **self._made}
        rows = [(name, one.sql, json.dumps(one.inputs), one.content, one.is_tested) for name, one in made.items()]
        marks = ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
        if rows:
            self._con.execute(f"insert into built.models values {marks}", [value for row in rows for value in row])

    def _content(self, name: str) -> str:
        """A number of the rows of a relation; of a view at whatever instant, of what it is made of."""
        made = self._made.get(name) or self._before.get(name)
        if made is None:
            if name not in self._lake:
                self._lake[name] = self._read_content(name)
            return self._lake[name]
        if not made.content:
            model = self._chosen.get(name)
            is_fixed = model is not None and model.is_view and PUBLICATION not in model.reads
            content = _number(made.sql, *made.inputs.values()) if is_fixed else self._read_content(name)
            made = self._made[name] = replace(made, content=content)
        return made.content

    def _read_content(self, name: str) -> str:
        (row,) = self._con.execute(f"select count(*), bit_xor(hash(rows_of)) from {name} as rows_of").fetchall()
        return _number(*row)


def _make_macros(con: "duckdb.DuckDBPyConnection", models: Iterable[Model]) -> str:
    """Make the shared formulas; returns a number for them and for DuckDB's version."""
    import duckdb

    roots = sorted({model.path.parent.parent for model in models})
    texts = [path.read_text() for root in roots for path in sorted((root / "macros").glob("*.sql"))]
    for text in texts:
        con.execute(text)
    return _number(duckdb.__version__, *texts)


def _number(*parts: object) -> str:
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()


_SHOWN = 5  # failing rows of a check
BARS, METRICS, LIST = "aggregates.bars_final", "indicators.metrics", "marts.indicators"
FILES = "indicators/*.sql"
KEY = ("symbol", "interval", "opened_at")
_OF_BARS = ("trade_date", "close", "return_pct", "total_return_pct", "log_return", "is_suspect", "known_at")

__all__ = ["Failure", "Model", "build", "build_after", "load_models", "run_checks"]


@dataclass(frozen=True, slots=True)
class Failure:
    """How a check ended: `rows` broke the claim (0: it passed), `example` is the first of them as JSON."""

    check: str
    claim: str
    severity: str  # blocking or warning
    rows: int
    example: str
    more: tuple[str, ...] = ()  # the next few of them


def load_models(sql_root: Path) -> tuple[Model, ...]:
    """
    Every model below `sql_root`, in build order.

    Raises:
        DataWrong: a header is missing, a relation is unknown or of a later layer, or models read each other in a ring.
    """
    import duckdb  # `mfo --help` must not wait for it

    paths = [path for layer in LAYERS[1:] for path in sorted((sql_root / layer).glob("*.sql"))]
    with duckdb.connect() as parser:
        read = [read_model(path, parser) for path in paths]
    read += [_joined(sql_root, indicator_columns(sql_root)), _listed(sql_root)]
    models = {model.name: model for model in read}
    for model in read:
        _check_reads(model, {*models, *_lake_tables(sql_root)})
    order = TopologicalSorter({name: sorted(models[name].reads & models.keys()) for name in sorted(models)})
    try:
        return tuple(models[name] for name in order.static_order())
    except CycleError as ring:
        raise DataWrong(f"models read each other in a ring: {' -> '.join(ring.args[1])}") from None


def _joined(sql_root: Path, columns: Sequence[Column]) -> Model:
    """Every bar with the columns of every indicator."""
    files = sorted({column.path.stem for column in columns})
    chosen = [f"bars.{name}" for name in (*KEY, *_OF_BARS)] + [f"{one.path.stem}.{one.name}" for one in columns]
    joins = [f"left join indicators.{name} as {name} using ({', '.join(KEY)})" for name in files]
    sql = "\n".join([f"select\n    {', '.join(chosen)}\nfrom {BARS} as bars", *joins])
    reads = frozenset({BARS, *(f"indicators.{name}" for name in files)})
    return Model(METRICS, sql_root / FILES, "A final bar with every indicator of it.", KEY, sql, reads)


def _listed(sql_root: Path) -> Model:
    """The files of sql/indicators as rows."""
    rows = []
    for path in sorted(sql_root.glob(FILES)):
        sql = path.read_text(encoding="utf-8")
        texts = (path.stem, f"indicators/{path.name}", header(sql, "unit"), header(sql, "definition"))
        rows.append("(" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + ")")
    sql = (
        "select files.*, publication.as_of as known_at\n"
        f"from (values {', '.join(rows)}) as files (name, file, unit, definition)\n"
        "cross join lake.publication as publication\n"
    )
    sentence = "A file of sql/indicators with what it computes."
    return Model(LIST, sql_root / FILES, sentence, ("name",), sql, frozenset({"lake.publication"}))


def _check_reads(model: Model, known: set[str]) -> None:
    unknown = sorted(model.reads - known)
    if unknown:
        raise DataWrong(f"{model.path}: unknown relation {', '.join(unknown)}")
    layer = LAYERS.index(model.name.partition(".")[0])
    later = sorted(name for name in model.reads if LAYERS.index(name.partition(".")[0]) > layer)
    if later:
        raise DataWrong(f"{model.path}: reads {', '.join(later)} of a later layer")


def _lake_tables(sql_root: Path) -> set[str]:
    return set(re.findall(r"create table if not exists (lake\.\w+)", (sql_root / "lake.sql").read_text()))


def build(
    con: "duckdb.DuckDBPyConnection", models: Iterable[Model], only: Callable[[Model], bool] | None = None
) -> int:
    """
    Bring the tables of `models` (all, or those that `only` accepts) up to date in the given order, macros first.
    Where all are built, tables of models that are no more are dropped.

    Returns how many of them something had changed for.

    Raises:
        DataWrong: a model's SQL fails; names the model.
    """
    chosen = [model for model in models if only is None or only(model)]
    building = Building(con, chosen)
    if only is None:
        building.drop_all_others()
    for model in chosen:
        building.bring_up_to_date(model)
    building.remember()
    return building.touched


def build_after(con: "duckdb.DuckDBPyConnection", models: Iterable[Model], changed: Iterable[str]) -> None:
    """
    Make again only what is downstream of `changed` tables, such as {"lake.notes"}.

    Raises:
        DataWrong: a model's SQL fails; names the model.
    """
    stale = set(changed)
    ordered = tuple(models)
    for model in ordered:
        if model.reads & stale:
            stale.add(model.name)
    build(con, ordered, lambda model: model.name in stale)


def run_checks(con: "duckdb.DuckDBPyConnection", sql_root: Path, models: Iterable[Model]) -> list[Failure]:
    """
    Test the grain of every model (not null and unique) and every file of `sql/checks`, passes included.

    A relation that was left alone since its grain was tested passes as it did then.

    Raises:
        DataWrong: a check has no severity line or its SQL fails; names the check.
    """
    # an indicator is joined by its grain: what it has twice, the metrics have twice
    chosen = [model for model in models if model.name == METRICS or not model.name.startswith("indicators.")]
    tested = {row[0] for row in con.execute("select name from built.models where is_tested").fetchall()}
    results = [_check_grain(con, model, is_tested=model.name in tested) for model in chosen]
    passed = [model.name for model, result in zip(chosen, results, strict=True) if not result.rows]
    con.execute("update built.models set is_tested = true where name in (select unnest(?))", [passed])
    for path in sorted((sql_root / "checks").glob("*.sql")):
        sql = path.read_text()
        claim, severity = sentence_of(path, sql), header(sql, "severity")
        if severity not in ("blocking", "warning"):
            raise DataWrong(f"{path.name}: line 2 must be `-- severity: blocking` or `-- severity: warning`")
        results.append(_failure(con, sql, path.stem, claim, severity))
    return results


def _check_grain(con: "duckdb.DuckDBPyConnection", model: Model, *, is_tested: bool) -> Failure:
    """Whether its grain names a row; rows that were tested are not tested again."""
    keys = ", ".join(f'"{column}"' for column in model.grain)
    missing = " or ".join(f'"{column}" is null' for column in model.grain)
    sql = f"select {keys}, count(*) as rows from {model.name} group by {keys} having count(*) > 1 or {missing}"
    name = f"{model.name.removeprefix('marts.')}__one_row_for_each_{'_'.join(model.grain)}"
    claim = f"{model.name} has one row for each {', '.join(model.grain)}."
    return Failure(name, claim, "blocking", 0, "") if is_tested else _failure(con, sql, name, claim, "blocking")


def _failure(con: "duckdb.DuckDBPyConnection", sql: str, name: str, claim: str, severity: str) -> Failure:
    rows = run(con, f"select to_json(failing) from (\n{sql}\n) as failing order by 1", name).fetchall()
    example, *more = [row[0] for row in rows[:_SHOWN]] or [""]
    return Failure(name, claim, severity, len(rows), example, tuple(more))
