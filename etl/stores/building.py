"""
The making of the models: those that a change touches, each as a whole.

`built.models` in the file notes of each relation what it was made of: its SQL, and the contents of what it read, each
as a number. Where all that is as it was, the relation is left alone; where it is made anew with the rows that it had,
its readers stay too. A view has no rows of its own: those that it shows are counted where its readers need to know.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from etl.stores.model_files import LAYERS, Model
from etl.stores.statements import run

if TYPE_CHECKING:
    import duckdb

VIEWS = "select schema_name || '.' || view_name from duckdb_views() where not internal"
RELATIONS = f"select schema_name || '.' || table_name from duckdb_tables() union all {VIEWS}"
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
        views = {row[0] for row in self._con.execute(VIEWS).fetchall()}
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
