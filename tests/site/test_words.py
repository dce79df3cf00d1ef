"""Numbers and dates in words: the rules of the page, in Python."""

import pytest

from etl.site.schema import format


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (format.number(-1234.5), "\u22121,234.50"), (format.number(-0.001), "0.00"), (format.number(None), "\u2013"),
        (format.number(2, 0, signed=True), "+2"), (format.percent(1.5, signed=True), "+1.50\u202f%"),
        (format.percent(None), "\u2013"), (format.usd(-1323566940.0, signed=True), "\u2212$1.32 bn"),
        (format.usd(999_600_000), "$1.00 bn"), (format.usd(12.3), "$12"), (format.usd(0), "$0.00"),
        (format.usd(None), "\u2013"), (format.price(743.671), "743.67"), (format.price(0.01234), "0.01234"),
        (format.price(0), "0.00"), (format.day("2026-11-20"), "20 Nov 2026"), (format.day(None), "\u2013"),
        (format.instant("2026-11-20T11:32:00Z", "Asia/Kolkata"), "20 Nov 2026, 17:02 IST"),
        (format.instant(None, "UTC"), "\u2013"), (format.capital("BULLISH"), "Bullish"),
        (format.capital(None), "\u2013"), (format.plain("a\n\u202eb\x00 \u2067c"), "a b c"), (format.plain(None), ""),
    ],
)  # fmt: skip
def test_figures_are_told_as_the_page_tells_them(told: str, wanted: str) -> None:
    """A real minus, no sign on a zero, a dash for what is not known, a scale before it would read 1,000."""
    assert told == wanted
