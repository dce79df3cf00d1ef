"""chart: a symbol as PNG or SVG without a browser; the picture says what it is, when it was known, who gave it."""

import re
import struct
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from etl.domain import Outcome
from etl.errors import FolderUnusable, UsageWrong
from etl.site.publish import symbol_chart
from tests.site.made import ROOT, marts

NOT_WANTED = "NaN|undefined|null"


def drawn(out: Path, symbol: str = "SPY", change: str = "", **more: Any) -> Outcome:
    """A chart of the hand-made marts."""
    con = marts()
    if change:
        con.execute(change)
    return symbol_chart.run(con, symbol, out, timezone="Asia/Kolkata", specs=ROOT / "dashboard" / "specs", **more)


def words(svg: Path) -> str:
    """All text of a drawing, its elements joined by spaces."""
    return " ".join(unescape(one) for one in re.findall(r"<text[^>]*>(.*?)</text>", svg.read_text(), re.DOTALL))


def test_a_picture_says_what_it_shows_when_it_was_known_and_who_gave_it(tmp_path: Path) -> None:
    """Every pane of the page's own spec, the last close, the as-of instant in the display zone, run and source."""
    out = tmp_path / "spy.svg"
    said = drawn(out)
    told = words(out)
    for part in ("SPY, ", "As of 1 Nov 2025, 09:13 IST, run run-7, source alpha_vantage", "Volume",
                 "Buying pressure, est", "RSI 14", "MACD 12, 26, 9", "on 31 Oct 2025"):  # fmt: skip
        assert part in told, part
    assert not re.search(NOT_WANTED, told)
    assert said.line == f"{out}: SPY, 184 bars of 1d, as of 2025-11-01T03:43:00Z"


def test_a_png_is_drawn_at_twice_the_size_and_twice_the_same(tmp_path: Path) -> None:
    """The same warehouse gives the same bytes."""
    for name in ("one.png", "two.PNG"):
        drawn(tmp_path / name)
    body = (tmp_path / "one.png").read_bytes()
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", body[16:24]) > (1700, 1200)
    assert (tmp_path / "two.PNG").read_bytes() == body


def test_hours_have_no_pressure_and_a_range_has_its_bars(tmp_path: Path) -> None:
    """A pane without a figure is left out; a week of hours is 168 of them."""
    out = tmp_path / "btc.svg"
    assert "BTCUSDT, 168 bars of 1h" in drawn(out, "BTCUSDT", interval="1h", span="1W").line
    assert "Buying pressure, est" not in words(out)
    assert "RSI 14" in words(out)


def test_made_up_and_replayed_figures_say_so_in_the_picture(tmp_path: Path) -> None:
    """A picture travels without its page."""
    out = tmp_path / "spy.svg"
    drawn(out, change="update lake.publication set demo = true, basis = 'published'")
    assert "Demo: made-up numbers. Reconstructed. Daily" in words(out)


def test_a_hostile_name_is_shown_as_text(tmp_path: Path) -> None:
    """Markup and marks that turn text around, from the configuration."""
    out = tmp_path / "spy.svg"
    drawn(out, change="update marts.instruments set name = '<script>x</script>\u202eevil' where symbol = 'SPY'")
    assert "<script" not in out.read_text()
    assert "<script>x</script>evil" in words(out)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"symbol": "SPX"}, "chart: 'SPX'; allowed: SPY, QQQ, FXI, BTCUSDT"),
        ({"name": "spy.gif"}, "-o: 'gif'; allowed: png, svg"),
        ({"interval": "5m"}, "--interval: '5m'; allowed: 1d, 1h"),
        ({"span": "2W"}, "--range: '2W'; allowed: 1W, 1M, 3M, 6M, 1Y, All"),
        ({"interval": "1h"}, "chart: SPY has no final bars of 1h in this warehouse"),
    ],
)
def test_what_does_not_exist_is_one_line_with_what_does(tmp_path: Path, given: dict[str, str], said: str) -> None:
    """And no file is left behind."""
    more = {"name": "spy.png", "symbol": "SPY", **given}
    with pytest.raises(UsageWrong, match=re.escape(said)):
        drawn(tmp_path / more.pop("name"), more.pop("symbol"), **more)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """With its name and the reason."""
    with pytest.raises(FolderUnusable, match=r"gone/spy\.svg: No such file"):
        drawn(tmp_path / "gone" / "spy.svg")


def test_nothing_of_the_folder_where_the_user_stands_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder named `etl` there is not taken for mfo's own by the process that draws."""
    (tmp_path / "etl").mkdir()
    (tmp_path / "etl" / "__init__.py").write_text("raise SystemExit('a foreign etl')")
    monkeypatch.chdir(tmp_path)
    drawn(tmp_path / "spy.svg")
    assert "SPY" in words(tmp_path / "spy.svg")
