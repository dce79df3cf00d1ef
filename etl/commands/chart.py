"""The command that draws: a symbol as a picture, without a browser."""

from pathlib import Path
from typing import Annotated

import typer

from etl.commands.options import AsOf, Config, Demo, instant, say, settings


def chart(
    symbol: Annotated[str, typer.Argument(help="One symbol of the universe.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="FILE.png or FILE.svg; default: SYMBOL.png.")] = None,
    interval: Annotated[str, typer.Option("--interval", help="1d, or 1h for crypto.")] = "1d",
    span: Annotated[str, typer.Option("--range", help="1W, 1M, 3M, 6M, 1Y or All.")] = "6M",
    as_of: AsOf = None,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """A picture of one symbol: candles with Bollinger bands, volume, buying pressure, RSI and MACD."""
    from etl.config.settings import data_folder
    from etl.site.publish import symbol_chart as stage
    from etl.warehouse.time_travel import PastInstant, reading

    known = settings(config, demo)
    at = instant(as_of, "--as-of")
    with reading(known, PastInstant(at) if at else None) as con:
        done = stage.run(
            con,
            symbol,
            out,
            interval=interval,
            span=span,
            timezone=known.timezone,
            specs=data_folder("dashboard") / "specs",
        )
    say(done.line)
