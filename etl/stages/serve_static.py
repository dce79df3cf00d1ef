"""Serve-static: the site folder on an address of this machine, until Ctrl-C."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from etl.domain import Outcome
from etl.errors import MfoError, TryLater, UsageWrong
from etl.site.hosting import SECURITY_HEADERS
from etl.stores.static_server import StaticServer, is_loopback

POLL_S = 1.0
_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Watch:
    """What makes the site anew when another warehouse is published in its place."""

    warehouse: Path
    export: Callable[[], object]


def run(
    site_root: Path, host: str, port: int, cors: str | None, say: Callable[[str], None], watch: Watch | None = None
) -> Outcome:
    """
    Serve until the user stops it; `say` gets the address once it answers. With `watch` the site follows the warehouse.

    Raises:
        UsageWrong: no site there yet, an address that cannot be bound, or `cors` is no origin.
    """
    if cors is not None and not _ORIGIN.fullmatch(cors):
        raise UsageWrong(f"--cors {cors}: name one origin, for example https://example.org or http://localhost:3000")
    can_make = watch is not None and watch.warehouse.is_file()
    if not can_make and not (site_root / "index.html").is_file():
        raise UsageWrong(f"there is no site in {site_root} yet: run `mfo export` first")
    server = StaticServer(site_root, host, port, SECURITY_HEADERS, cors)
    shown = f"[{host}]" if ":" in host else host
    say(f"http://{shown}:{server.server_port}/ serves {site_root} (Ctrl-C stops)")
    if not is_loopback(host):
        say(f"{host} can be reached from other machines; it has no password and no encryption")
    stop = Event()
    follower = Thread(target=follow, args=(watch, site_root, say, stop), daemon=True) if watch else None
    try:
        if follower:
            follower.start()
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        stop.set()
        server.server_close()
        if follower:
            follower.join()  # an export that has begun is not cut off
    return Outcome(f"stopped serving {site_root}")


def follow(watch: Watch, site_root: Path, say: Callable[[str], None], stop: Event) -> None:
    """
    Export whenever another warehouse file stands in the place of the last one, until `stop` is set.

    What goes wrong is said, and the site that is there goes on being served. While a run holds the lock nothing is
    said: that run exports at its end, and what it left undone is done then.
    """
    seen = _signature(watch.warehouse) if (site_root / "index.html").is_file() else None
    while True:
        found = _signature(watch.warehouse)
        if found not in (None, seen):
            try:
                watch.export()
                seen = found
            except TryLater:
                pass
            except MfoError as error:
                say(f"mfo: {error}")
                seen = found
        if stop.wait(POLL_S):
            return


def _signature(path: Path) -> tuple[int, int, int] | None:
    """Tells one published file from another: it is swapped in whole, never written in place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
