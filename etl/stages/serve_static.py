"""Serve-static: the site folder on an address of this machine, until Ctrl-C."""

import re
from collections.abc import Callable
from pathlib import Path

from etl.domain import Outcome
from etl.errors import UsageWrong
from etl.site.hosting import SECURITY_HEADERS
from etl.stores.static_server import StaticServer, is_loopback

_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


def run(site_root: Path, host: str, port: int, cors: str | None, say: Callable[[str], None]) -> Outcome:
    """
    Serve until the user stops it; `say` gets the address once it answers.

    Raises:
        UsageWrong: no site there yet, an address that cannot be bound, or `cors` is no origin.
    """
    if cors is not None and not _ORIGIN.fullmatch(cors):
        raise UsageWrong(f"--cors {cors}: name one origin, for example https://example.org or http://localhost:3000")
    if not (site_root / "index.html").is_file():
        raise UsageWrong(f"there is no site in {site_root} yet: run `mfo export` first")
    server = StaticServer(site_root, host, port, SECURITY_HEADERS, cors)
    shown = f"[{host}]" if ":" in host else host
    say(f"http://{shown}:{server.server_port}/ serves {site_root} (Ctrl-C stops)")
    if not is_loopback(host):
        say(f"{host} can be reached from other machines; it has no password and no encryption")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return Outcome(f"stopped serving {site_root}")
