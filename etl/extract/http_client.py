"""
The wire: the one module that opens sockets for market data. It adds the key, sends, and redacts what comes back.

Errors of httpx carry the full URL, key included: they are translated here, `from None`, into our own. A redirect is
never followed, so that a key cannot reach another host. A body above 50 MB is cut off and refused. A packed body that
ends too early is a broken answer: httpx gives what there is of it as if it were all, and half a CSV reads well.
"""

import logging
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from etl.domain import Provider, Request
from etl.errors import KeyRefused, ProviderDown, ResponseUnreadable
from etl.runtime.clock import Clock

LARGEST_BODY = 50_000_000
UNPACKED_AT_ONCE = 1_000_000
WHOLE_ANSWER = 4  # time-outs that a whole answer may take: each read has one, and a body that drips never ends
REDACTED = b"[redacted]"
KEPT_HEADERS = ("date", "content-type", "retry-after", "last-modified", "etag")
USER_AGENT = "Mozilla/5.0 (compatible; mfo)"

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # their INFO lines print the URL with its key


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What the wire gave back: status, the headers that matter (lower case), the decoded body with keys redacted."""

    status: int
    headers: dict[str, str]
    body: bytes
    latency_ms: float


class HttpClient:
    """
    Sends one request at a time for each calling thread.

    `base_urls` is by variable name (settings), `keys` by variable name, `on_sent(provider)` is called as
    bytes leave and again when an answer begins.
    """

    def __init__(
        self,
        clock: Clock,
        keys: Mapping[str, SecretStr],
        base_urls: Mapping[str, str],
        *,
        transport: httpx.BaseTransport | None = None,
        on_sent: Callable[[str], None] = lambda provider: None,
    ) -> None:
        self._clock, self._keys, self._base_urls, self._on_sent = clock, keys, base_urls, on_sent
        self._any_key = _spellings(keys.values())
        self._keys_of: dict[str, re.Pattern[bytes] | None] = {}
        self._client = httpx.Client(transport=transport, follow_redirects=False, trust_env=transport is None)

    def has_key(self, provider: Provider) -> bool:
        """Whether a provider can be asked at all: its key is set, or it needs none."""
        credential = provider.credential
        return credential is None or all(part.env in self._keys for part in credential.parts if part.required)

    def redact(self, data: bytes) -> bytes:
        """Replace every spelling of every key."""
        return self._any_key.sub(REDACTED, data) if self._any_key else data

    def _redact_of(self, provider: Provider, body: bytes) -> bytes:
        """Only the key that was sent can come back; the words of other keys are data."""
        if provider.credential is None:
            return body
        if provider.name not in self._keys_of:
            sent = [self._keys[part.env] for part in provider.credential.parts if part.env in self._keys]
            self._keys_of[provider.name] = _spellings(sent)
        own = self._keys_of[provider.name]
        return own.sub(REDACTED, body) if own else body

    def send(self, provider: Provider, request: Request, timeout_s: float) -> HttpReply:
        """
        Send one GET with its key.

        Raises:
            ProviderDown: no answer, or one that broke off or could not be decoded.
            ResponseUnreadable: the body is larger than any of this provider's.
            KeyRefused: the provider's key is not set.
        """
        url, params, headers = self._address(provider, request)
        started = self._clock.monotonic()
        try:
            with self._client.stream(
                "GET",
                url,
                params=params,
                headers=headers,
                timeout=httpx.Timeout(timeout_s, connect=min(10.0, timeout_s)),
                extensions={"trace": self._trace(provider.name)},
            ) as response:
                body = self._redact_of(provider, self._read(provider.name, response, started, timeout_s))
                latency_ms = (self._clock.monotonic() - started) * 1000
                return HttpReply(response.status_code, _headers(response.headers), body, latency_ms)
        except httpx.TimeoutException:
            raise ProviderDown(f"{provider.name}: no answer within {timeout_s:g} s") from None
        except httpx.DecodingError:
            raise ProviderDown(f"{provider.name}: the answer could not be decompressed") from None
        except httpx.ConnectError:
            raise ProviderDown(f"{provider.name}: no connection to {httpx.URL(url).host}") from None
        except httpx.HTTPError as error:
            raise ProviderDown(f"{provider.name}: the connection broke ({type(error).__name__})") from None

    def _address(self, provider: Provider, request: Request) -> tuple[str, dict[str, str], dict[str, str]]:
        params = dict(request.params)
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
        parts = provider.credential.parts if provider.credential else ()
        missing = [part.env for part in parts if part.required and part.env not in self._keys]
        if missing:
            raise KeyRefused(f"{provider.name}: no key; set {' and '.join(missing)}")
        for part in parts:
            if part.env in self._keys:
                (params if part.where == "query" else headers)[part.name] = self._keys[part.env].get_secret_value()
        return self._base_urls.get(provider.base_url_env, provider.base_url) + request.path, params, headers

    def _trace(self, provider: str) -> Callable[[str, Mapping[str, Any]], None]:
        def on_event(name: str, _info: Mapping[str, Any]) -> None:
            # When the headers of the answer are here, the server has had the request: spacing that counts from then
            # holds at the server too, however long the way there took.
            if name.endswith(("send_request_headers.started", "receive_response_headers.complete")):
                self._on_sent(provider)

        return on_event

    def _read(self, provider: str, response: httpx.Response, started: float, timeout_s: float) -> bytes:
        parts, size = [], 0
        for part in _unpacked(response):
            size += len(part)
            if self._clock.monotonic() - started > WHOLE_ANSWER * timeout_s:
                raise ProviderDown(f"{provider}: no whole answer within {WHOLE_ANSWER * timeout_s:g} s")
            if size > LARGEST_BODY:
                raise ResponseUnreadable(f"{provider}: the answer is larger than {LARGEST_BODY // 1_000_000} MB")
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """
    The body in parts of bounded size.

    Raises:
        httpx.DecodingError: it is not what its encoding says, or ends before its end.
    """
    if response.is_stream_consumed or response.headers.get("content-encoding", "").lower() != "gzip":
        yield from response.iter_bytes()  # not packed, or a made-up transport's, which is there at once
        return
    unpacking = zlib.decompressobj(wbits=31)
    try:
        for part in response.iter_raw():
            while part and not unpacking.eof:
                yield unpacking.decompress(part, UNPACKED_AT_ONCE)
                part = unpacking.unconsumed_tail
        while rest := unpacking.decompress(unpacking.unconsumed_tail, UNPACKED_AT_ONCE):
            yield rest
    except zlib.error:
        raise httpx.DecodingError("not gzip") from None
    if not unpacking.eof:
        raise httpx.DecodingError("gzip that ends too early")


def made_up_transport(reply: Callable[[str], tuple[int, dict[str, str], bytes]]) -> httpx.BaseTransport:
    """A transport without a network: `reply(url)` gives status, headers and body (the demo's upstream, tests)."""

    def handle(request: httpx.Request) -> httpx.Response:
        status, headers, body = reply(str(request.url))
        return httpx.Response(status, headers=headers, content=body)

    return httpx.MockTransport(handle)


def _headers(headers: httpx.Headers) -> dict[str, str]:
    return {k: v for k, v in headers.items() if k in KEPT_HEADERS or k.startswith("x-mbx-used-weight")}


def _spellings(keys: Iterable[SecretStr]) -> re.Pattern[bytes] | None:
    """Each key as it is and as a URL or JSON spells it, the longest first, so that no part of one stays."""
    texts = sorted((key.get_secret_value().encode() for key in keys), key=lambda text: (-len(text), text))
    found = [b"".join(_spelt(text[i : i + 1]) for i in range(len(text))) for text in texts if text]
    return re.compile(b"|".join(found)) if found else None


def _spelt(byte: bytes) -> bytes:
    """A pattern for one byte of a key: itself, its percent code in either case, a plus, an escape."""
    ways = [re.escape(byte), b"(?i:%" + byte.hex().encode() + b")"]
    ways += [rb"\+"] if byte == b" " else [rb"\\" + re.escape(byte)] if byte in b'/"\\' else []
    return b"(?:" + b"|".join(ways) + b")"
