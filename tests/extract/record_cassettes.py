"""
Records one cassette for each provider: a whole extract of it, its answers made up by the demo's upstream.

    .venv/bin/python -m tests.extract.record_cassettes [PROVIDER ...]

A small server on loopback answers as the public hosts would, and vcrpy writes down what went over the wire; the hosts
are written as the public ones, so that a replay asks the providers' own addresses. No key is recorded.
"""

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr

from etl.demo import upstream
from etl.domain import (
    CRYPTO_1D,
    CRYPTO_1M,
    CRYPTO_QUOTE,
    EQUITY_DAILY,
    EQUITY_HISTORY,
    EQUITY_QUOTE,
    MACRO,
    ORDER_BOOK,
    SERIES_METADATA,
)
from etl.extract.planner import Task
from etl.providers import PROVIDERS
from tests.extract.stand_in_shapes import SHAPES
from tests.extract.workbench import KEYS, NOW, Bench, Reply, task

CASSETTES = Path(__file__).parent / "cassettes"
KEY_PARAMETERS = ["apikey", "api_key", "token"]
KEY_HEADERS = [
    part.name
    for provider in PROVIDERS.values()
    if provider.credential
    for part in provider.credential.parts
    if part.where == "header"
]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# what a cassette holds: every dataset that the provider gives in the default chains
WANTS: dict[str, list[Task]] = {
    "alpha_vantage": [task(symbol, "alpha_vantage", dataset=EQUITY_DAILY) for symbol in ("SPY", "AAPL")],
    "fred": [
        task("DGS10", "fred", dataset=MACRO, since=NOW - 60 * DAY),
        task("WALCL", "fred", dataset=SERIES_METADATA),
    ],
    "fred_graph": [task("DGS10", "fred_graph", dataset=MACRO, since=NOW - 60 * DAY)],
    "binance": [
        task("BTCUSDT", "binance", dataset=CRYPTO_1D, since=NOW - 20 * DAY),
        task("BTCUSDT", "binance", dataset=CRYPTO_1M, since=NOW - HOUR),
        task("BTCUSDT", "binance", dataset=ORDER_BOOK),
    ],
    "binance_archive": [
        task("BTCUSDT", "binance_archive", dataset=dataset, since=NOW - 1.5 * DAY) for dataset in (CRYPTO_1D, CRYPTO_1M)
    ],
    "yahoo": [
        task("SPY", "yahoo", dataset=EQUITY_DAILY, since=NOW - 92 * DAY),
        task("BIL", "yahoo", dataset=EQUITY_HISTORY, since=datetime(2025, 6, 1, tzinfo=UTC)),
    ],
    "twelve_data": [task("SPY", "twelve_data", dataset=EQUITY_DAILY)],
    "fmp": [task("SPY", "fmp", dataset=EQUITY_DAILY, since=NOW - 60 * DAY)],
    "alpaca": [task("SPY", "alpaca", dataset=EQUITY_HISTORY, since=NOW - 60 * DAY)],
    "finnhub": [task(symbol, "finnhub", dataset=EQUITY_QUOTE) for symbol in ("SPY", "AAPL")],
    "coingecko": [task("BTCUSDT", "coingecko", dataset=CRYPTO_QUOTE)],
}


def without_a_port(request: Any) -> Any:
    """The address of the public host in place of the loopback one: `/<provider>/...` says which."""
    parts = urlsplit(request.uri)
    if parts.hostname == "127.0.0.1":
        _, name, rest = parts.path.split("/", 2)
        request.uri = f"{PROVIDERS[name].base_url}/{rest}" + (f"?{parts.query}" if parts.query else "")
    return request


def player(mode: str) -> vcr.VCR:
    """A recorder ("all") or a player ("none") that leaves keys out."""
    return vcr.VCR(
        record_mode=mode,
        filter_query_parameters=KEY_PARAMETERS,
        filter_headers=["authorization", "host", *KEY_HEADERS],
        before_record_request=without_a_port,
        match_on=["method", "scheme", "host", "path", "query"],
        decode_compressed_response=True,
    )


def answer(url: str) -> Reply:
    """The demo's answer; of a provider that the demo does not serve, its shape from the same made-up days."""
    parts = urlsplit(url)
    shape = SHAPES.get(parts.netloc)
    return shape(url, NOW) if shape else upstream.answer(url, NOW)


class Handler(BaseHTTPRequestHandler):
    """Hands each GET to `answer`, under its public address."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """One answer."""
        _, name, rest = self.path.split("/", 2)
        status, headers, body = answer(f"{PROVIDERS[name].base_url}/{rest}")
        self.send_response_only(status)
        for header, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def loopback() -> Iterator[str]:
    """The server's root."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def record(name: str, root: str) -> None:
    """One provider's cassette."""
    path = CASSETTES / f"{name}.yaml"
    path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), base_urls={PROVIDERS[name].base_url_env: f"{root}/{name}"})
        bench.limits = {name: replace(PROVIDERS[name].limits, parallel=1)}  # the same order each time
        with player("all").use_cassette(path):
            outcome = bench.run(WANTS[name])
        bench.close()
    if outcome.undone or any(key.get_secret_value() in path.read_text() for key in KEYS.values()):
        path.unlink()
        raise SystemExit(f"{name}: not recorded: {outcome.undone or 'a key is in it'}")
    sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    CASSETTES.mkdir(exist_ok=True)
    with loopback() as root:
        for provider in sys.argv[1:] or WANTS:
            record(provider, root)
