"""
The published site folder: written whole beside the old one, then exchanged with it in one step.

A reader of `site/` must never meet a missing or half-written folder, and a process that dies (or a machine that
loses power) must leave the old folder or the new one. Three ways were weighed:

- a symlink `site -> site-<hash>` swapped by `os.replace`: atomic everywhere, but then what `--out` names is a link,
  which `rsync`, `tar` and upload actions copy as a link, and the real folders litter the place beside;
- two renames, `site -> old`, `next -> site`: between them there is no site;
- **one exchange of the two names** by the kernel (`renameat2(RENAME_EXCHANGE)` on Linux, `renamex_np(RENAME_SWAP)`
  on macOS): atomic, and the folder stays a folder. This is what is done. Only where the kernel or the file system
  cannot exchange are the two renames used; `recover` puts the old folder back should a process die between them.

Everything is synced to disk before the exchange. What a killed run left beside is removed by the next one.
"""

import base64
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

from etl.errors import DataWrong, FolderUnusable, UsageWrong

MANIFEST = "data/manifest.json"
NOT_OURS_BUT_HARMLESS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})  # file managers leave these
PAGE_SUFFIXES = frozenset({".css", ".html", ".ico", ".js", ".json", ".png", ".svg", ".txt", ".woff2"})
_AT_FDCWD, _EXCHANGE, _SWAP = -100, 2, 2  # linux/fcntl.h RENAME_EXCHANGE, sys/stdio.h RENAME_SWAP
_CANNOT_EXCHANGE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM})


class SiteFolder:
    """
    A site folder at `root`; where that is a link, what it points at is exchanged.

    Raises:
        UsageWrong: `root` is the root of a file system.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not self.root.name:
            raise UsageWrong(f"{root} cannot be a site folder; name another with --out")
        # Hidden and with our name in it: a user's own `site.next` or `public.old` must never be taken for ours.
        self.next = self.root.with_name(f".{self.root.name}.mfo-next")
        self.old = self.root.with_name(f".{self.root.name}.mfo-old")

    def read(self) -> dict[str, bytes]:
        """Every file by its path from the root; {} where there is no folder. Links are not followed."""
        with _translated(self.root):
            return {
                path.relative_to(self.root).as_posix(): path.read_bytes()
                for path in sorted(self.root.rglob("*"))
                if path.is_file() and not path.is_symlink() and path.name not in NOT_OURS_BUT_HARMLESS
            }

    def publish(self, files: Mapping[str, bytes]) -> None:
        """
        Put exactly these files in the folder's place.

        Raises:
            UsageWrong: the place holds what mfo did not write; nothing is touched.
            FolderUnusable: the folder cannot be written or exchanged; the old one stands.
        """
        with _translated(self.root):
            self.root.parent.mkdir(parents=True, exist_ok=True)
            with _held(self.root.parent):
                self.recover()
                self._refuse_foreign()
                _remove(self.next)
                _write(self.next, files)
                self._exchange()
                _sync(self.root.parent)
                _remove(self.next)
                _remove(self.old)

    def recover(self) -> None:
        """Put the old folder back where a process died between two renames."""
        if not self.root.exists() and self.old.is_dir():
            os.rename(self.old, self.root)

    def _refuse_foreign(self) -> None:
        if not self.root.exists():
            return
        if not self.root.is_dir():
            raise UsageWrong(f"{self.root} is not a folder; name another with --out")
        present = {
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if not path.is_dir() or path.is_symlink()
        }
        foreign = sorted(path for path in present - _listed(self.root) if Path(path).name not in NOT_OURS_BUT_HARMLESS)
        if foreign:
            more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
            raise UsageWrong(
                f"{self.root} holds files that mfo did not write ({', '.join(foreign[:3])}{more}); "
                "name an empty or a new folder with --out, or move them away"
            )

    def _exchange(self) -> None:
        if not self.root.exists():
            os.rename(self.next, self.root)
            return
        if _exchange_names(self.next, self.root):
            return
        _remove(self.old)
        os.rename(self.root, self.old)
        os.rename(self.next, self.root)


class SinglePage:
    """
    A page that is one file, at `path`; in `path` where that is a folder.

    Raises:
        UsageWrong: the place holds a file that is no such page.
    """

    def __init__(self, path: Path, mark: str) -> None:
        self.root = path / "money-flow.html" if path.is_dir() else path
        self._mark = mark.encode()

    def read(self) -> dict[str, bytes]:
        """The page by its name; {} where there is none."""
        with _translated(self.root):
            return {self.root.name: self.root.read_bytes()} if self.root.is_file() else {}

    def publish(self, files: Mapping[str, bytes]) -> None:
        """
        Put the page in its place, whole or not at all.

        Raises:
            UsageWrong: another file stands there; nothing is touched.
            FolderUnusable: it cannot be written; the old one stands.
        """
        if any(self._mark not in body[:4096] for body in self.read().values()):
            raise UsageWrong(f"{self.root} is not a page that mfo wrote; name another file with --out")
        with _translated(self.root):
            self.root.parent.mkdir(parents=True, exist_ok=True)
            beside = self.root.with_name(f".{self.root.name}.{os.getpid()}")
            beside.write_bytes(files[self.root.name])
            _sync(beside)
            os.replace(beside, self.root)


def page_files(page_root: Path) -> dict[str, bytes]:
    """
    The page's own sources by path: no dot files, no notes for developers, nothing but what a browser reads.

    Raises:
        FolderUnusable: there is no page.
    """
    if not (page_root / "index.html").is_file():
        raise FolderUnusable(f"{page_root} holds no index.html: this installation of mfo is broken, install it again")
    with _translated(page_root):
        paths = [path for path in sorted(page_root.rglob("*")) if path.is_file() and path.suffix in PAGE_SUFFIXES]
        named = {path.relative_to(page_root): path for path in paths}
        return {
            name.as_posix(): path.read_bytes()
            for name, path in named.items()
            if not any(part.startswith((".", "_")) for part in name.parts)
        }


def _listed(root: Path) -> set[str]:
    """The paths that the folder's manifest lists, itself included; none where there is no manifest of ours."""
    try:
        manifest: Any = json.loads((root / MANIFEST).read_bytes())
        return {MANIFEST, *(str(one["path"]) for one in manifest["artifacts"])}
    except (OSError, ValueError, TypeError, KeyError):
        return set()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    # Synced after all are written: the file system then writes its journal once, not once for each file.
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _exchange_names(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where this system cannot."""
    library = ctypes.CDLL(None, use_errno=True)
    a, b = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        failed = library.renamex_np(a, b, ctypes.c_uint(_SWAP))
    elif hasattr(library, "renameat2"):
        failed = library.renameat2(_AT_FDCWD, a, _AT_FDCWD, b, ctypes.c_uint(_EXCHANGE))
    else:
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Two exports beside each other take turns; the kernel lets go when a process ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = "; it is a mount point: name a folder inside it" if error.errno in (errno.EBUSY, errno.EXDEV) else ""
        raise FolderUnusable(f"{folder}: {error.strerror or error}{hint}") from None


MARK = '<meta name="generator" content="mfo export --single-file">'
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'"
)
# The history of each symbol is in its candles already, and nothing of the page reads these.
_LEFT_OUT = "data/metrics/"
_IMPORT = re.compile(r'^import (?:\* as (?P<all>\w+)|\{(?P<names>[^}]*)\}) from "(?P<path>[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (?P<name>\w+))", re.MULTILINE)
_LISTED = re.compile(r"^export \{(?P<names>[^}]*)\};$", re.MULTILINE)
_STYLE = re.compile(r'<link rel="stylesheet" href="(?P<path>[^"]+)">\n')


def one_file(files: Mapping[str, bytes]) -> bytes:
    """
    The site's files by path as one page.

    Raises:
        DataWrong: the page's sources are not of the form that this knows; a bug of the page.
    """
    text = {path: files[path].decode() for path in files if path.endswith((".css", ".html", ".js"))}
    page = text["index.html"]
    style = "".join(text[path] for path in _STYLE.findall(page))
    blocking, app, vega = text["theme.js"], bundled(text, "app.js"), text["vega.js"]
    for name, code in (("theme.js", blocking), ("app.js", app), ("vega.js", vega)):
        if "</script" in code or "<!--" in code or "\r" in code:
            raise DataWrong(f"{name} cannot stand inside a page: it holds what ends a script")
    icon = f"data:image/svg+xml;base64,{base64.b64encode(files['icon.svg']).decode()}"
    policy = POLICY.format(scripts=" ".join(map(_hash, (blocking, app, vega))), style=_hash(style))
    page = _STYLE.sub("", page)
    for found, instead in (
        (r'<meta http-equiv="Content-Security-Policy" content="[^"]+">', f"{_policy_meta(policy)}\n{MARK}"),
        (r'<script src="theme\.js"></script>', f"<script>{blocking}</script>\n<style>{style}</style>"),
        (r'<link rel="modulepreload" href="app\.js">\n', ""),
        (r'<script type="module" src="app\.js"></script>\n', ""),
        (r'<link rel="alternate"[^>]*>\n', ""),
        (r'(?:<meta property="og:image[^>]*>\n)+<meta name="twitter:card"[^>]*>\n', ""),
        (r'<div class="boot-message" id="opened-from-disk".*?</div>\n', ""),
        (r"<noscript>.*?</noscript>\n", _WITHOUT_SCRIPTS),
        (r"</body>", f'{_data(files)}<script type="module">{app}</script>\n{_module(vega)}</body>'),
    ):
        page = _replaced(page, found, instead)
    page = page.replace('src="icon.svg"', f'src="{icon}"').replace('href="icon.svg"', f'href="{icon}"')
    return page.encode()


_WITHOUT_SCRIPTS = (
    '<noscript><p class="boot-message">This page draws its panels with JavaScript, which is off.</p></noscript>\n'
)


def bundled(text: Mapping[str, str], first: str) -> str:
    """The modules that `first` needs, itself last, as one script; by the path of each from the site's root."""
    parts: dict[str, str] = {}
    _gather(text, first, parts, ())
    return "".join(["const modules = {};\n", *parts.values()])


def _gather(text: Mapping[str, str], path: str, parts: dict[str, str], above: tuple[str, ...]) -> None:
    if path in above:
        raise DataWrong(f"the page's modules need each other in a circle: {' -> '.join((*above, path))}")
    if path in parts:
        return
    if path not in text:
        raise DataWrong(f"the page's module {path} is missing")
    code = text[path]
    for found in _IMPORT.finditer(code):
        _gather(text, _beside(path, found["path"]), parts, (*above, path))
    names = [found["name"] for found in _EXPORT.finditer(code)]
    names += [name.strip() for found in _LISTED.finditer(code) for name in found["names"].split(",")]
    body = _EXPORT.sub("", _LISTED.sub("", _IMPORT.sub(lambda found: _bound(path, found), code)))
    if wrong := re.search(r"^(?:import|export)\b.*", body, re.MULTILINE):
        raise DataWrong(f"{path}: `{wrong[0]}` is of no form that a page in one file knows")
    parts[path] = f"modules[{json.dumps(path)}] = (() => {{\n{body}\nreturn {{ {', '.join(names)} }};\n}})();\n"


def _beside(path: str, named: str) -> str:
    return normpath(join(dirname(path), named))


def _bound(path: str, found: re.Match[str]) -> str:
    module = f"modules[{json.dumps(_beside(path, found['path']))}]"
    names = found["all"] or "{" + found["names"].replace(" as ", ": ") + "}"
    return f"const {names} = {module};"


def _replaced(page: str, found: str, instead: str) -> str:
    page, times = re.subn(found, lambda _: instead, page, flags=re.DOTALL)
    if times != 1:
        raise DataWrong(f"index.html holds {found} {times} times; a page in one file needs it once")
    return page


def _policy_meta(policy: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def _module(code: str) -> str:
    return f'<script type="module">{code}</script>\n'


def _hash(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def _data(files: Mapping[str, bytes]) -> str:
    wanted = sorted(
        path for path in files if path.endswith(".json") and path.startswith(("data/", "schema/", "specs/"))
    )
    kept = {path: json.loads(files[path]) for path in wanted if not path.startswith(_LEFT_OUT)}
    body = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="files">{body}</script>\n'
