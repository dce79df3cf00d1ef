"""
A user's own SQL on the warehouse: nothing but its tables in reach, within bounds of time and memory, ended by Ctrl-C.

`mfo query` and the conditions of hypotheses run through it.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

import duckdb

from etl.errors import DataWrong, LimitMet, Stopped, UsageWrong
from etl.stores.database_file import BROKEN

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a user's SQL may take in seconds (0: as long as it needs), and what it may hold in memory."""

    timeout_s: float
    memory: str


class Guard:
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
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
