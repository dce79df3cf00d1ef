"""The wire: the key goes out and never comes back, redirects are not followed, faults become our own errors."""

import gzip
import logging
import socket
import struct
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import httpx
import pytest
from pydantic import SecretStr

from etl.domain import Request
from etl.errors import KeyRefused, ProviderDown, ResponseError, ResponseUnreadable
from etl.extract.http_client import LARGEST_BODY, HttpClient, made_up_transport
from etl.providers import PROVIDERS
from etl.runtime.clock import Clock

KEY = "CANARY7f3a9QX/+ 1b"  # a slash, a plus and a space: spelt otherwise in a URL
KEYS = {"ALPHA_VANTAGE_API_KEY": SecretStr(KEY), "FRED_API_KEY": SecretStr("f" * 32)}
AV, BINANCE = PROVIDERS["alpha_vantage"], PROVIDERS["binance"]
SPY = Request("alpha_vantage", "equity_daily", "SPY", "/query", (("function", "TIME_SERIES_DAILY"), ("symbol", "SPY")))
BOOK = Request("binance", "order_book", "BTCUSDT", "/api/v3/depth", (("symbol", "BTCUSDT"),))


class Upstream(ThreadingHTTPServer):
    """A server on loopback; `serve(handler)` writes each answer, `paths` are the request lines that came."""

    daemon_threads, request_queue_size = True, 64

    def __init__(self, serve):
        self.serve, self.paths = serve, []
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that went away is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    """Hands each GET to its server's `serve`."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Note the path and answer."""
        self.server.paths.append(self.path)
        self.server.serve(self)

    def log_message(self, *_):
        """Say nothing."""

    def reply(self, body, status=200, **headers):
        """A whole answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def upstream():
    """Starts servers, and stops them at the end."""
    started = []

    def start(serve):
        started.append(Upstream(serve))
        return started[-1]

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def opened():
    """Makes wires, and closes them at the end."""
    made = []

    def make(base_url=None, reply=None, **options):
        urls = {AV.base_url_env: base_url, BINANCE.base_url_env: base_url} if base_url else {}
        transport = made_up_transport(reply) if reply else None
        made.append(
            HttpClient(options.pop("clock", Clock()), options.pop("keys", KEYS), urls, transport=transport, **options)
        )
        return made[-1]

    yield make
    for http in made:
        http.close()


# the key


def test_the_key_is_on_the_wire(upstream, opened):
    """In the query string, as Alpha Vantage wants it, below the base URL of the environment."""
    server = upstream(lambda handler: handler.reply(b"{}"))
    reply = opened(f"{server.root}/alpha_vantage").send(AV, SPY, 5)
    assert (reply.status, reply.body) == (200, b"{}")
    (path,) = server.paths
    assert path.startswith("/alpha_vantage/query?")
    assert httpx.QueryParams(path.split("?")[1])["apikey"] == KEY


def test_a_missing_key_is_refused_before_anything_is_sent(opened):
    """The message names the variable."""
    sent = []
    http = opened(reply=lambda url: sent.append(url) or (200, {}, b"{}"), keys={})
    assert not http.has_key(AV)
    assert http.has_key(BINANCE)
    with pytest.raises(KeyRefused, match="set ALPHA_VANTAGE_API_KEY"):
        http.send(AV, SPY, 5)
    assert sent == []


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(KEY, id="as it is"),
        pytest.param(quote(KEY, safe=""), id="as a URL spells it"),
        pytest.param(quote(KEY, safe="").lower().replace("canary7f3a9qx", "CANARY7f3a9QX"), id="in lower-case hex"),
        pytest.param(KEY.replace(" ", "+"), id="with a plus for the space"),
        pytest.param(KEY.replace("/", "\\/"), id="as FRED's JSON escapes it"),
    ],
)
def test_a_key_that_a_body_echoes_is_redacted_before_it_is_kept(opened, spelling):
    """Alpha Vantage's daily cap names the key: no byte of it may reach the lake or a log."""
    body = f'{{"Information": "We have detected your API key as {spelling} and so on"}}'.encode()
    reply = opened(reply=lambda _: (200, {}, body)).send(AV, SPY, 5)
    assert reply.body == b'{"Information": "We have detected your API key as [redacted] and so on"}'


def test_an_answer_without_a_key_is_kept_byte_for_byte(opened):
    """Binance never saw a key, so that no word of its body is one, whatever a local model's key is."""
    body = b'{"bids":[["1.0","2.0"]],"asks":[]}'
    http = opened(reply=lambda _: (200, {}, body), keys={"OPENAI_API_KEY": SecretStr("bids"), **KEYS})
    assert http.send(BINANCE, BOOK, 5).body == body


def faults(upstream):
    """Everything that goes wrong, each with what it does to a request."""

    def reset(handler):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"half')
        handler.close_connection = True

    return {
        "hangs": lambda handler: time.sleep(2),
        "reset": reset,
        "cut short": cut,
        "bad gzip": lambda handler: handler.reply(b"not packed at all", Content_Encoding="gzip"),
        "not HTTP": lambda handler: handler.wfile.write(b"garbage\r\n\r\n") and setattr(handler, "close_connection", 1),
    }


@pytest.mark.parametrize("fault", ["hangs", "reset", "cut short", "bad gzip", "not HTTP", "nobody listens"])
def test_every_broken_connection_is_a_provider_that_is_down(upstream, opened, caplog, fault):
    """In one line without the URL; the key is in no message, no chained error, no log record."""
    caplog.set_level(logging.DEBUG)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    server = None if fault == "nobody listens" else upstream(faults(upstream)[fault])
    with pytest.raises(ProviderDown) as caught:
        opened(server.root if server else nobody).send(AV, SPY, 0.4)
    said = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(caught.value)
    assert str(caught.value).startswith("alpha_vantage: ")
    assert "CANARY" not in said
    assert "apikey" not in said
    assert caught.value.__suppress_context__


def test_an_answer_that_only_drips_is_given_up(upstream, opened):
    """A byte now and then keeps every read in time: the whole answer has a limit too, and a cron run an end."""

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(ProviderDown, match="no whole answer"):
        opened(upstream(drip).root).send(AV, SPY, 0.5)
    assert time.monotonic() - started < 4


def test_the_key_is_in_no_log_record_of_a_good_request(upstream, opened, caplog):
    """As shipped, httpx logs the URL with its query at INFO."""
    caplog.set_level(logging.DEBUG)
    opened(upstream(lambda handler: handler.reply(b"{}")).root).send(AV, SPY, 5)
    assert "CANARY" not in caplog.text


def test_the_key_is_in_no_repr(opened):
    """Of the wire, what it holds, and what it gives back."""
    http = opened(reply=lambda url: (200, {"location": url, "date": "x"}, url.encode()))
    reply = http.send(AV, SPY, 5)
    assert "CANARY" not in f"{http!r} {reply!r} {http._keys!r} {reply.headers!r}"


# redirects, sizes, encodings


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(upstream, opened, status):
    """The key stays with the host that it is for; what the redirect means is the provider's to say."""
    other = upstream(lambda handler: handler.reply(b"stolen"))
    location = f"{other.root}/elsewhere?apikey=x"
    server = upstream(lambda handler: handler.reply(b"", status, Location=location))
    assert opened(server.root).send(AV, SPY, 5).status == status
    assert other.paths == []


def test_a_body_of_60_mb_is_cut_off(upstream, opened):
    """No answer of ours is larger than 50 MB: one that is must not fill memory and disk."""

    def huge(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "60000000")
        handler.end_headers()
        for _ in range(60):
            handler.wfile.write(b"x" * 1_000_000)

    with pytest.raises(ResponseUnreadable, match="larger than 50 MB"):
        opened(upstream(huge).root).send(AV, SPY, 20)


def test_a_small_body_that_unpacks_to_60_mb_is_cut_off(upstream, opened):
    """What counts is what would be kept."""
    packed = gzip.compress(b"x" * (LARGEST_BODY + 10_000_000))
    server = upstream(lambda handler: handler.reply(packed, Content_Encoding="gzip"))
    with pytest.raises(ResponseUnreadable, match="larger than 50 MB"):
        opened(server.root).send(AV, SPY, 20)


def test_a_packed_body_that_ends_too_early_is_a_broken_answer(upstream, opened):
    """Half of a CSV reads well, so what is left of a packed one must not pass as all of it."""
    packed = gzip.compress(b"".join(b"2025-10-%02d,%d\n" % (n % 31, n * n) for n in range(400)))[:200]
    server = upstream(lambda handler: handler.reply(packed, Content_Encoding="gzip"))
    with pytest.raises(ProviderDown, match="could not be decompressed"):
        opened(server.root).send(AV, SPY, 5)


def test_a_packed_body_is_kept_decoded(upstream, opened):
    """The lake holds what it says, not how it travelled."""
    packed = gzip.compress(b'{"a": 1}')
    reply = opened(upstream(lambda h: h.reply(packed, Content_Encoding="gzip")).root).send(AV, SPY, 5)
    assert reply.body == b'{"a": 1}'


def test_an_error_status_is_an_answer(opened):
    """It is kept, and the provider says what it means."""
    reply = opened(reply=lambda _: (429, {"Retry-After": "7", "Set-Cookie": "a=b"}, b"slow down")).send(AV, SPY, 5)
    assert (reply.status, reply.body, reply.headers) == (429, b"slow down", {"retry-after": "7"})


def test_only_headers_that_matter_are_kept(opened):
    """Among them Binance's own count of the weight."""
    headers = {"X-MBX-USED-WEIGHT-1M": "52", "Date": "Sat, 01 Nov 2025 03:43:00 GMT", "X-Trace": "abc"}
    reply = opened(reply=lambda _: (200, headers, b"{}")).send(BINANCE, BOOK, 5)
    assert reply.headers == {"x-mbx-used-weight-1m": "52", "date": "Sat, 01 Nov 2025 03:43:00 GMT"}


def test_the_ledger_hears_when_the_bytes_leave_and_when_an_answer_begins(upstream, opened):
    """Spacing counts from the later of the two: only then has the server had the request."""
    heard = []
    http = opened(upstream(lambda handler: handler.reply(b"{}")).root, on_sent=heard.append)
    http.send(AV, SPY, 5)
    assert heard == ["alpha_vantage"] * 2


def test_every_error_of_the_wire_is_one_of_ours(opened):
    """A transport's own error never passes through."""

    def fail(_request):
        raise httpx.PoolTimeout("waited too long")

    http = opened()
    http._client.close()
    http._client = httpx.Client(transport=httpx.MockTransport(fail))
    with pytest.raises(ResponseError, match="no answer within 5 s"):
        http.send(AV, SPY, 5)
