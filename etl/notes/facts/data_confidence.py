"""
The sanity check before any call: what is missing, stale, out of line or in dispute, as one confidence from 0 to 100.

100 less: 100 times the share of symbols without a final row of the day; 50 times the share of macro series that are
older than 14 days and three of their own steps; 100 times the share of symbols whose return is more than 8 standard
deviations of the 60 days before; and 5 for each row in which two sources disagree, 20 at most. Below the configured
least no recommendation is published, and no model is paid to write one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from etl.notes.documents.note import NoteQuery

MOST_NAMED = 6
MISSING_COSTS, STALE_COSTS, OUTLIER_COSTS, DISPUTE_COSTS, MOST_FOR_DISPUTES = 100.0, 50.0, 100.0, 5.0, 20.0
AGREEMENT = ("daily_prices__sources_agree", "quotes__agree_with_the_close", "daily_prices__intraday_bars_agree")

_SYMBOLS = """
    with days as (
        select symbol, trade_date, total_return_pct,
            stddev_samp(total_return_pct) over before as usual, count(total_return_pct) over before as held
        from marts.daily_metrics
        where trade_date <= ?
        window before as (partition by symbol order by trade_date rows between 60 preceding and 1 preceding)
    )
    select i.symbol, d.trade_date is not null as is_there,
        coalesce(d.held >= 30 and abs(d.total_return_pct) > 8 * d.usual, false) as is_outlier
    from lake.instruments as i
    left join days as d
        on i.symbol = d.symbol and d.trade_date between ? - case when i.kind = 'crypto' then 1 else 0 end and ?
    where i.kind in ('equity', 'crypto')
    qualify row_number() over (partition by i.symbol order by d.trade_date desc nulls last) = 1
    order by i.position, i.symbol
"""
_SERIES = """
    with dates as (
        select series_id, date, date - lag(date) over (partition by series_id order by date) as step
        from marts.macro_daily where date <= ?
    ),
    newest as (select series_id, max(date) as date, median(step) as step from dates group by series_id)
    select u.series_id as symbol, n.date,
        n.date is null or date_diff('day', n.date, ?) > greatest(14, 3 * coalesce(n.step, 31)) as is_stale
    from lake.universe_series as u left join newest as n on u.series_id = n.series_id
    order by u.position, u.series_id
"""
DISPUTES = "select check_name, claim, failed_rows, example from marts.data_quality where failed_rows > 0"


@dataclass(frozen=True, slots=True)
class Sanity:
    """What the data of a day are worth: `confidence` 0 to 100, and the issues behind it, one line each."""

    is_valid: bool
    confidence: float
    issues: tuple[str, ...]
    reasons: tuple[str, ...]  # the same without a number, for the note's own text

    def document(self) -> dict[str, object]:
        """As it is kept with the note."""
        return {**asdict(self), "issues": list(self.issues), "reasons": list(self.reasons)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Sanity":
        """What was kept with a note."""
        return cls(kept["is_valid"], kept["confidence"], tuple(kept["issues"]), tuple(kept["reasons"]))

    def sentence(self) -> str:
        """What a reader of the note is told in place of recommendations."""
        return f"No recommendation is published, as the data of the day fall short: {', '.join(self.reasons)}."


def examine(query: NoteQuery, for_date: date, least: float, members: Sequence[str] = ()) -> Sanity:
    """The data of `for_date` for a scope of `members`, the whole universe where there are none."""
    issues, reasons, confidence = [], [], 100.0
    rows = [r for r in query(_SYMBOLS, (for_date, for_date, for_date)) if not members or r["symbol"] in members]
    series = query(_SERIES, (for_date, for_date))
    judged = (
        ("have no final row of the day", "rows are missing", MISSING_COSTS, rows, lambda r: not r["is_there"]),
        ("are stale or missing", "series are stale", STALE_COSTS, series, lambda r: r["is_stale"]),
        ("moved out of all proportion", "returns are out of line", OUTLIER_COSTS, rows, lambda r: r["is_outlier"]),
    )
    for what, reason, costs, among, is_bad in judged:
        bad = [str(row["symbol"]) for row in among if is_bad(row)]
        if bad:
            more = f" and {len(bad) - MOST_NAMED} more" if len(bad) > MOST_NAMED else ""
            issues.append(f"{len(bad)} of {len(among)} {what}: {', '.join(bad[:MOST_NAMED])}{more}")
            reasons.append(reason)
            confidence -= costs * len(bad) / len(among)
    disputed = 0.0
    for row in query(DISPUTES, ()):
        if row["check_name"] in AGREEMENT:
            disputed += DISPUTE_COSTS * int(str(row["failed_rows"]))
            issues.append(f"not so: {row['claim']} ({row['failed_rows']} rows)")
            reasons.append("sources disagree")
    confidence = round(max(0.0, confidence - min(disputed, MOST_FOR_DISPUTES)), 1)
    return Sanity(confidence >= least, confidence, tuple(issues), tuple(dict.fromkeys(reasons)))
