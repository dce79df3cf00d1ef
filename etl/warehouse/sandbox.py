"""
A user's own SQL on the warehouse: nothing but its tables in reach, within bounds of time and memory, ended by Ctrl-C.

`mfo query` and the conditions of hypotheses run through it. Two rules hold, each without the other: DuckDB's parser
finds one statement that reads, and the connection has no file system, no extension and no setting left to change.
"""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

import duckdb

from etl.errors import DataWrong, LimitMet, Stopped, UsageWrong
from etl.warehouse.duckdb_files import BROKEN

T = TypeVar("T")

READS = "SELECT, WITH, VALUES, FROM, PIVOT, DESCRIBE, SHOW, SUMMARIZE, or EXPLAIN of one of these"
_GAP = r"(?>[\s;]|--[^\n]*|/\*.*?\*/)*+"
_EXPLAIN = re.compile(  # EXPLAIN [ANALYZE] [(ANALYZE, FORMAT ...)], and what it explains comes after
    rf"{_GAP}explain\b{_GAP}(?:analy[sz]e\b{_GAP})?(?:\({_GAP}(?:analy[sz]e|format)\b[^()]*\))?", re.I | re.S
)
# what DuckDB says where a statement that reads would write, or reach beyond the warehouse
_BEYOND = re.compile(
    r"in read-only mode|disabled by configuration|configuration has been locked|exists in the \w+ extension"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a user's SQL may take in seconds (0: as long as it needs), and what it may hold in memory."""

    timeout_s: float
    memory: str


class Sandbox:
    """
    One piece of a user's SQL on a connection, which is locked for good.

    `what` is the command in what it says, `more` what allows more time and more memory.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        bounds: Bounds,
        what: str,
        more: tuple[str, str] = ("[query] timeout_s", "[query] memory"),
    ) -> None:
        self._con, self._bounds, self._what, self._more = con, bounds, what, more
        self._left = bounds.timeout_s
        _lock(con, bounds.memory)

    def execute(self, sql: str, values: dict[str, str] | None = None) -> duckdb.DuckDBPyConnection:
        """
        Run the user's SQL; the rows are fetched `over` this guard too.

        Raises:
            UsageWrong: it is wrong, or anything but one statement that reads.
            LimitMet, DataWrong, Stopped: see `over`.
        """
        return self.over(lambda: self._con.execute(self._reading(sql), values))

    def relation(self, sql: str, values: dict[str, str] | None = None) -> duckdb.DuckDBPyRelation:
        """The same as a relation, which is not run yet."""
        return self.over(lambda: self._con.sql(self._reading(sql), params=values))

    def _reading(self, sql: str) -> str:
        """The SQL itself, which is one statement that reads by DuckDB's own parser."""
        kinds = self._kinds(sql)
        if not kinds:
            raise UsageWrong(f"{self._what}: the SQL gives no rows; write a SELECT")
        refused = f"{len(kinds)} statements are"
        if len(kinds) == 1:
            explained = _EXPLAIN.match(sql)
            query = sql[explained.end() :] if explained else sql
            kinds = self._kinds(query)
            if kinds == ["SELECT"] or (kinds == ["MULTI"] and self._is_query(query)):
                return sql
            kind = " and ".join(kinds).replace("MULTI", "writing a PIVOT")
            refused = f"{'EXPLAIN of ' if explained else ''}{kind} is"
        raise UsageWrong(f"{self._what}: {refused} refused; allowed is one {READS}; nothing was changed")

    def _kinds(self, sql: str) -> list[str]:
        """The kinds of its statements, as DuckDB names them; MULTI is a PIVOT, and whatever it is part of."""
        try:
            return [statement.type.name for statement in self._con.extract_statements(sql)]
        except ValueError:  # CONNECT and others, for which DuckDB's Python package has no name
            return ["a statement without a name"]

    def _is_query(self, sql: str) -> bool:
        """Whether DuckDB's parser takes it where it takes nothing but a query: a PIVOT it does, a COPY of one not."""
        try:
            return bool(self._con.extract_statements(f"create table pivoted as\n{sql}"))
        except duckdb.ParserException:
            return False

    def over(self, work: Callable[[], T]) -> T:
        """
        Work in a thread of its own, so that this one hears Ctrl-C and the clock, whatever DuckDB does.

        Time counts over all calls; what is done between them costs none of it.

        Raises:
            UsageWrong: the SQL is wrong; the message is DuckDB's first line.
            LimitMet: it took longer, or more memory, than the bounds allow.
            DataWrong: the file cannot be read where the SQL reads it.
            Stopped: Ctrl-C.
        """
        try:
            return self._watched(work)
        except duckdb.OutOfMemoryException:
            said = f"needs more than {self._bounds.memory} of memory; {self._more[1]} allows more"
            raise LimitMet(f"{self._what}: {said}") from None
        except duckdb.Error as error:
            line = str(error).splitlines()[0]
            if _BEYOND.search(line):
                allowed = "what the warehouse holds, no file, network, extension or setting"
                raise UsageWrong(f"{self._what}: refused ({line}); allowed is {allowed}; nothing was changed") from None
            if _is_of_the_file(error) and BROKEN.search(line):
                said = f"the warehouse cannot be read ({line}); `mfo load --rebuild` makes it anew from Parquet"
                raise DataWrong(f"{self._what}: {said}") from None
            raise UsageWrong(f"{self._what}: {line}") from None

    def _watched(self, work: Callable[[], T]) -> T:
        with ThreadPoolExecutor(1) as pool:
            began, running = time.monotonic(), pool.submit(work)
            try:
                return running.result(max(self._left, 0.001) if self._bounds.timeout_s else None)
            except BaseException as error:
                is_late = not running.done()
                while not running.done():
                    self._con.interrupt()
                    wait([running], 0.05)
                if isinstance(error, KeyboardInterrupt):
                    raise Stopped(f"{self._what}: stopped") from None
                if is_late:
                    said = f"stopped after {self._bounds.timeout_s:g} s; {self._more[0]} allows more (0: no limit)"
                    raise LimitMet(f"{self._what}: {said}") from None
                raise
            finally:
                self._left -= time.monotonic() - began


def _is_of_the_file(error: duckdb.Error) -> bool:
    """Whether it can be the file's fault: in an error of the SQL's the same words may be the user's own."""
    return type(error) is duckdb.Error or isinstance(error, duckdb.OperationalError | duckdb.InternalError)


def _lock(con: duckdb.DuckDBPyConnection, memory: str) -> None:
    """From here on no file, network, extension or setting; what does not fit into memory goes nowhere else."""
    if con.execute("select current_setting('lock_configuration')").fetchall() == [(True,)]:
        return  # a connection that is used again: a prompt's, or the next hypothesis's
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set memory_limit = '{memory}'")
    con.execute("set temp_directory = ''")
    con.execute("set python_enable_replacements = false")
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = false")
    con.execute("set enable_external_access = false")  # which leaves the paths of files that are open within reach:
    con.execute("set disabled_filesystems = 'LocalFileSystem'")  # they are read on, and nothing is opened any more
    con.execute("set lock_configuration = true")
