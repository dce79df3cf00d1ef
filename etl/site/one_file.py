"""
The page as one HTML file that opens from the disk: styles, modules, charts' library and data inside, no network.

Browsers load no module and fetch no file on file://, so the modules become one script: each is a function that gives
what it exports, in the order in which they need each other. The policy of this file names the hash of every script and
of the style. Data stand in a block that is no script, with every `<` written as an escape.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from posixpath import dirname, join, normpath

from etl.errors import DataWrong

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
