"""
The making of the models' tables: only what a change touches, with the result of a build from nothing.

`built.models` in the file notes of each table what it was made of: its SQL, and the contents of what it read, each as
a number. A model of which all that is as it was is left alone. Of one with a line `-- incremental:` only the rows from
the first changed bar of a series on are made (etl/stores/tails.py), unless its SQL or something that no digest of the
bars tells of has changed. Every other model is made anew; where that gives the rows that it had, its readers stay too.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from etl.stores.model_files import BARS, DIGESTS, LAYERS, Model, header
from etl.stores.parts import in_order, sorted_by_key
from etl.stores.statements import run, run_side_by_side
from etl.stores.tails import Tails

if TYPE_CHECKING:
    import duckdb

VIEWS = "select schema_name || '.' || view_name from duckdb_views() where not internal"
RELATIONS = f"select schema_name || '.' || table_name from duckdb_tables() union all {VIEWS}"
KEPT = "create table if not exists built.models (name varchar, sql varchar, inputs json, content varchar, bars varchar)"


@dataclass(frozen=True, slots=True)
class Made:
    """
    What a table was made of: `sql` (with macros and DuckDB's version), the contents of what it read, and of itself.

    `bars` is the content of the digests at which its rows are up to date, "" for what is not made by them.
    """

    sql: str
    inputs: Mapping[str, str]
    content: str
    bars: str = ""


class Building:
    """One pass over models; what is noted of the file is cleared until `remember`, so that a failure leaves no lie."""

    def __init__(self, con: "duckdb.DuckDBPyConnection", chosen: Iterable[Model]) -> None:
        self._con = con
        self._made: dict[str, Made] = {}
        self._whole: set[str] = set()
        self._by_tails: set[str] = set()
        self._contents: dict[str, str] = {}
        self._chosen = {model.name: model for model in chosen}
        for schema in (*LAYERS[1:], "built"):
            con.execute(f"create schema if not exists {schema}")
        self._macros = _make_macros(con, self._chosen.values())
        con.execute(KEPT)
        tables = con.execute(RELATIONS).fetchall()
        rows = con.execute("select name, sql, inputs, content, bars from built.models").fetchall()
        self._before = {row[0]: Made(row[1], json.loads(row[2]), *row[3:]) for row in rows if (row[0],) in tables}
        con.execute("delete from built.models")
        self._tails = Tails(con)

    def bring_up_to_date(self, model: Model) -> None:
        """
        Make the model's table, or the rows of it that a change touches, or nothing.

        Raises:
            DataWrong: its SQL fails; names the model.
        """
        inputs = {name: self._content(name) for name in sorted(model.reads)}
        sql = _number(self._macros, model.sql)
        before = self._before.get(model.name)
        if before is not None and before.sql == sql and before.inputs == inputs:
            content = before.content
            if model.name == DIGESTS:
                self._tails.start(content, touched=False)
        elif before is not None and before.sql == sql and self._is_tail_enough(model, before, inputs):
            touched = self._tails.rebuild(model, self._chosen)
            self._by_tails |= {model.name} if touched else set()
            content = _number(*inputs.values()) if touched else before.content
        else:
            content = self._make_whole(model, inputs)
        self._made[model.name] = Made(sql, inputs, content, self._bars_of(model, before))

    def drop_all_others(self) -> None:
        """Drop what models made that are no more: their rows would stand there for good and never move."""
        views = {row[0] for row in self._con.execute(VIEWS).fetchall()}
        for name in sorted(self._before.keys() - self._chosen.keys()):
            self._con.execute(f"drop {'view' if name in views else 'table'} {name}")
            del self._before[name]

    @property
    def touched(self) -> int:
        """How many models were made, whole or from their tails."""
        return len(self._whole | self._by_tails)

    def remember(self) -> None:
        """Note what the tables are made of now."""
        rows = [
            (name, made.sql, json.dumps(made.inputs), made.content, made.bars)
            for name, made in ({**self._before, **self._made}).items()
        ]
        marks = ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
        if rows:
            self._con.execute(f"insert into built.models values {marks}", [value for row in rows for value in row])

    def _bars_of(self, model: Model, before: Made | None) -> str:
        """The digests at which a model's rows are up to date now."""
        if model.tail is None:
            return ""
        if DIGESTS in self._made:
            return self._made[DIGESTS].content
        return "" if before is None or model.name in self._whole else before.bars

    def _is_tail_enough(self, model: Model, before: Made, inputs: Mapping[str, str]) -> bool:
        """Whether all that changed since is told of by the digests."""
        if not model.tail or not self._tails.lead_from(before.bars):
            return False
        told = {name for name, kept in self._chosen.items() if kept.tail} - self._whole
        told |= set(header(self._chosen[DIGESTS].sql, "covers").replace(",", " ").split())
        return all(before.inputs.get(name) == content or name in told for name, content in inputs.items())

    def _make_whole(self, model: Model, inputs: Mapping[str, str]) -> str:
        if model.name == DIGESTS and DIGESTS in self._before:
            self._tails.start(self._before[DIGESTS].content, touched=True)
        self._whole.add(model.name)
        self._create(model)
        if model.tail:
            return _number(*inputs.values(), model.sql)
        content = self._read_content(model.name)
        if model.name == DIGESTS and DIGESTS in self._before:
            self._tails.compare()
        return content

    def _create(self, model: Model) -> None:
        made = f"create or replace {'view' if model.is_view else 'table'} {model.name} as\n"
        selects = [model.sql]
        if model.name == BARS:
            selects = sorted_by_key(self._con, model)
        elif model.needs_order:
            selects = in_order(self._con, model)
        if len(selects) == 1:
            run(self._con, made + selects[0], model.name)
            return
        run(self._con, f"{made}select * from (\n{selects[0]}\n) limit 0", model.name)
        inserts = [f"insert into {model.name}\n{select}" for select in selects]
        if model.needs_order:
            run_side_by_side(self._con, inserts, model.name)
            return
        for insert in inserts:
            run(self._con, insert, model.name)

    def _content(self, name: str) -> str:
        if name in self._made:
            return self._made[name].content
        if name not in self._contents:
            before = self._before.get(name)
            self._contents[name] = before.content if before else self._read_content(name)
        return self._contents[name]

    def _read_content(self, name: str) -> str:
        (row,) = self._con.execute(f"select count(*), bit_xor(hash(rows_of)) from {name} as rows_of").fetchall()
        return _number(*row)


def _make_macros(con: "duckdb.DuckDBPyConnection", models: Iterable[Model]) -> str:
    """Make the shared formulas; returns a number for them and for DuckDB's version."""
    import duckdb

    roots = sorted({_root_of(model) for model in models})
    texts = [path.read_text() for root in roots for path in sorted((root / "macros").glob("*.sql"))]
    for text in texts:
        con.execute(text)
    return _number(duckdb.__version__, *texts)


def _root_of(model: Model) -> Path:
    """The `sql` folder; a composed relation's path is the folder `sql/indicators` itself."""
    return model.path.parent if model.path.is_dir() else model.path.parent.parent


def _number(*parts: object) -> str:
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()
