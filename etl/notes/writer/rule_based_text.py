"""The rules' sentences: which figures are told, in which words. All of them pass the verifier (a test says so)."""

from collections.abc import Sequence
from datetime import date

from etl.notes.documents.fact import Fact, plain

MOST_SENTENCES = 4
SPARE = (
    "The other figures stand in the tables.",
    "No more can be said from what is there.",
    "Nothing else is claimed.",
)


def number(fact: Fact, decimals: int = 2) -> str:
    """A fact's value for a sentence, unsigned: two decimals, two digits below 0.1, none from 10,000 on."""
    value = abs(fact.value)
    if value and value < 0.1:
        return plain(float(f"{value:.2g}"))
    return f"{value:,.{decimals if value < 10_000 else 0}f}"


def signed(fact: Fact) -> str:
    """The same with its minus."""
    return f"{'-' if fact.value < 0 else ''}{number(fact)}"


def moved(fact: Fact) -> str:
    """`up 0.33 percent` or `down ...`."""
    return f"{'up' if fact.value >= 0 else 'down'} {number(fact)} percent"


def day_of(facts: Sequence[Fact]) -> str:
    """The day of a note, as its facts tell it: none of them is of a later date, only of a later instant."""
    return max((fact.as_of for fact in facts if len(fact.as_of) == len("2025-10-31")), default="")


def dates(day: str, *facts: Fact | None, word: str = "on") -> list[str]:
    """
    What a sentence says of the date of each of its facts: ` on DATE`, or nothing where all are of the note's day.

    A sentence that names a date has to name those of all its figures.
    """
    named = [fact.as_of[:10] if fact else "" for fact in facts]
    is_any_older = any(name and name < day for name in named)
    return [f" {word} {name}" if name and is_any_older else "" for name in named]


def summary(facts: Sequence[Fact]) -> tuple[str, tuple[str, ...]]:
    """The note's 3 to 4 sentences, and the ids of the facts in them."""
    by_id, day = {fact.id: fact for fact in facts}, day_of(facts)
    parts = (_prices(facts, by_id), _breadth(by_id, day), _pressure(facts), _rates(by_id, day))
    told = [s for s in parts if s is not None]
    sentences = [text for text, _ in told][:MOST_SENTENCES]
    for spare in SPARE:
        if len(sentences) < 3:
            sentences.append(spare)
    used = tuple(dict.fromkeys(fact.id for _, used in told for fact in used))
    return " ".join(sentences), used or tuple(f.id for f in facts[:1])


def momentum_and_pressure(
    symbol: str, day: str, close: Fact | None, mean: Fact | None, month: Fact | None, pressure: Fact | None
) -> str:
    """What price, return and pressure of a symbol say, as one clause."""
    on, _, _ = dates(day, close, month, pressure)
    _, month_to, pressure_to = dates(day, close, month, pressure, word="to")
    parts = []
    if close and mean:
        side = "above" if close.value > mean.value else "below" if close.value < mean.value else "at"
        parts.append(f"it closed at {number(close)}{on}, {side} its 30-day mean of {number(mean)}")
    if month:
        parts.append(f"{'gained' if month.value >= 0 else 'lost'} {number(month)} percent over the month{month_to}")
    if pressure:
        parts.append(f"had an estimated buying pressure of {signed(pressure)} over the month{pressure_to}")
    if not parts:
        return f"nothing is known of {symbol}"
    text = parts[0] if close and mean else f"it {parts[0]}"
    return ", and ".join([text, *parts[1:]]) if len(parts) < 3 else f"{text}, {parts[1]} and {parts[2]}"


def against(symbol: str, day: str, up: bool, rsi: Fact | None) -> str:
    """What speaks against a call in the direction of the trend."""
    (on,) = dates(day, rsi)
    if rsi and up and rsi.value >= 60:
        return f"The RSI of {symbol} is {number(rsi)} already{on}, so the move may be late."
    if rsi and not up and rsi.value <= 40:
        return f"The RSI of {symbol} is {number(rsi)} already{on}, so the fall may be over."
    return f"A close {'below' if up else 'above'} the 30-day mean would speak against it."


def _prices(facts: Sequence[Fact], by_id: dict[str, Fact]) -> tuple[str, list[Fact]] | None:
    pairs = [
        (fact, by_id[f"{fact.symbol}.1D.return_pct"])
        for fact in facts
        if fact.metric == "close" and f"{fact.symbol}.1D.return_pct" in by_id
    ]
    if not pairs:
        return None
    close, change = pairs[0]
    text = f"{close.symbol} closed at {number(close)} on {close.as_of[:10]}, {moved(change)} on the day"
    used = [close, change]
    beside = by_id.get("QQQ.1D.return_pct")
    if beside and beside is not change and beside.as_of == change.as_of:
        word = "gained" if beside.value >= 0 else "lost"
        text += f", while QQQ {word} {number(beside)} percent"
        used.append(beside)
    return f"{text}.", used


def _breadth(by_id: dict[str, Fact], day: str) -> tuple[str, list[Fact]] | None:
    breadth, up, down = (by_id.get(f"market.{m}") for m in ("breadth", "advancers", "decliners"))
    vix, percentile = by_id.get("VIXCLS.value"), by_id.get("VIXCLS.percentile")
    breadth_on, vix_on = dates(day, breadth, vix)
    used = []
    text = ""
    if breadth and up and down:
        used += [breadth, up, down]
        counts = f"{up.value:.0f} symbols advancing and {down.value:.0f} declining"
        text = f"Breadth was {signed(breadth)}{breadth_on}, with {counts}"
    if vix:
        used.append(vix)
        text += f"{', and the' if text else 'The'} VIX stood at {number(vix)}{vix_on}"
        if percentile:
            used.append(percentile)
            text += f", percentile {number(percentile, 0)} of its last 252 values"
    return (f"{text}.", used) if text else None


def _pressure(facts: Sequence[Fact]) -> tuple[str, list[Fact]] | None:
    """Highest and lowest pressure of the month; odd and even days begin with the other end, so as not to read alike."""
    found = [f for f in facts if f.metric == "pressure_pct" and f.window == "1M"]
    if len(found) < 2:
        return None
    high, low = max(found, key=lambda f: (f.value, f.id)), min(found, key=lambda f: (f.value, f.id))
    ends = [("highest", high), ("lowest", low)]
    if date.fromisoformat(high.as_of[:10]).toordinal() % 2:
        ends.reverse()
    told = [f"{word} in {fact.symbol} at {signed(fact)}" for word, fact in ends]
    return f"Over the month estimated buying pressure was {told[0]}, and the pressure was {told[1]}.", [high, low]


def _rates(by_id: dict[str, Fact], day: str) -> tuple[str, list[Fact]] | None:
    ten, change, liquidity = (by_id.get(id_) for id_ in ("DGS10.value", "DGS10.change", "net_liquidity.value"))
    ten_on, liquidity_on = dates(day, ten, liquidity)
    parts, used = [], []
    if ten:
        used.append(ten)
        text = f"the ten-year Treasury yield was {signed(ten)} percent{ten_on}"
        if change and change.value:
            used.append(change)
            text += f", {'up' if change.value > 0 else 'down'} {number(change)} percentage points"
        parts.append(text)
    if liquidity and liquidity.value > 0:
        used.append(liquidity)
        parts.append(f"net liquidity stood at {number(liquidity, 0)} billion dollars{liquidity_on}")
    if not parts:
        return None
    text = ", and ".join(parts)
    return f"{text[0].upper()}{text[1:]}.", used
