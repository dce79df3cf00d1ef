"""A small server in place of a model's, for what the stand-in does not do."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Respond = Callable[[dict[str, Any]], tuple[int, bytes]]  # the request's JSON ({} for a GET) -> status and body
GOOD = b'{"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}]}'


class Wire:
    """Answers as `respond` says, and remembers what it was asked; `asked` are the bodies, `paths` all requests."""

    def __init__(self, respond: Respond, content_type: str = "application/json", delay_s: float = 0.0) -> None:
        wire, self.asked, self.paths = self, [], []  # type: Wire, list[dict[str, Any]], list[str]
        self._stop = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wire.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.respond(wire.asked[-1])

            def do_GET(self) -> None:
                self.respond({})

            def respond(self, request: dict[str, Any]) -> None:
                wire.paths.append(f"{self.command} {self.path}")
                wire._stop.wait(delay_s)
                status, body = respond(request)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        """Stop serving."""
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def always(status: int, body: bytes) -> Respond:
    """The same answer to every request."""
    return lambda _: (status, body)
