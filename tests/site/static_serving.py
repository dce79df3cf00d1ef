"""A static server in a thread, on a real socket."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from etl.site.feeds.hosting import SECURITY_HEADERS
from etl.site.publish.server import StaticServer


@contextmanager
def serving(root: Path, cors: str | None = None) -> Iterator[int]:
    """A server in a thread; its port."""
    server = StaticServer(root, "127.0.0.1", 0, SECURITY_HEADERS, cors)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
