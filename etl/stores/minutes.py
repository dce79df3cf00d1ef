"""
The minute of a provider that counts requests, kept by all processes on one data folder (`state.db`).

`per_minute` is of any 60 seconds. A request that was answered reached the server before its answer came; one in flight
may reach it yet, so that its minute has not begun to run.
"""

import sqlite3

from etl.domain import Limits
from etl.pace import MINUTE_S

IN_FLIGHT_S = 30.0  # how long after its reservation the request of a killed process may have reached the server

SCHEMA = """
create table if not exists turns (
    sequence integer primary key, provider text, boot text, at real, is_open integer
);
"""


def wait_s(db: sqlite3.Connection, boot: str, provider: str, limits: Limits, now: float) -> float:
    """Seconds until fewer than `per_minute` requests can have reached the provider in the minute before."""
    if limits.per_minute is None:
        return 0.0
    turns = db.execute(
        "select at + ? + is_open * ? from turns where provider = ? and boot = ? and at <= ? order by 1",
        (MINUTE_S, IN_FLIGHT_S, provider, boot, now),
    ).fetchall()
    running = [ends for (ends,) in turns if ends > now]
    return running[-limits.per_minute] - now if len(running) >= limits.per_minute else 0.0


def take_off(db: sqlite3.Connection, boot: str, sequence: int, provider: str, limits: Limits, now: float) -> None:
    """A reserved request takes one of the minute's turns."""
    if limits.per_minute is None:
        return
    past = now - MINUTE_S - IN_FLIGHT_S
    db.execute("delete from turns where provider = ? and (boot <> ? or at < ?)", (provider, boot, past))
    db.execute("insert into turns values (?, ?, ?, ?, 1)", (sequence, provider, boot, now))


def land(db: sqlite3.Connection, sequence: int, now: float) -> None:
    """The answer to a request: its minute runs from here."""
    db.execute("update turns set at = ?, is_open = 0 where sequence = ?", (now, sequence))
