"""Numbers and dates in words: the rules of the page, in Python."""

import pytest

from etl.site import words


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (words.number(-1234.5), "\u22121,234.50"), (words.number(-0.001), "0.00"), (words.number(None), "\u2013"),
        (words.number(2, 0, signed=True), "+2"), (words.percent(1.5, signed=True), "+1.50\u202f%"),
        (words.percent(None), "\u2013"), (words.usd(-1323566940.0, signed=True), "\u2212$1.32 bn"),
        (words.usd(999_600_000), "$1.00 bn"), (words.usd(12.3), "$12"), (words.usd(0), "$0.00"),
        (words.usd(None), "\u2013"), (words.price(743.671), "743.67"), (words.price(0.01234), "0.01234"),
        (words.price(0), "0.00"), (words.day("2026-11-20"), "20 Nov 2026"), (words.day(None), "\u2013"),
        (words.instant("2026-11-20T11:32:00Z", "Asia/Kolkata"), "20 Nov 2026, 17:02 IST"),
        (words.instant(None, "UTC"), "\u2013"), (words.capital("BULLISH"), "Bullish"),
        (words.capital(None), "\u2013"), (words.plain("a\n\u202eb\x00 \u2067c"), "a b c"), (words.plain(None), ""),
    ],
)  # fmt: skip
def test_figures_are_told_as_the_page_tells_them(told: str, wanted: str) -> None:
    """A real minus, no sign on a zero, a dash for what is not known, a scale before it would read 1,000."""
    assert told == wanted
