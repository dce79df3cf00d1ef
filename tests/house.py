"""How the house-rule tests read the house: its files, their functions, imports and comments."""

import ast
import io
import os
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("MFO_SHARED", ROOT.parent / "shared"))
NOT_MODELS = ("sql/lake.sql", "sql/macros/")  # the lake's tables and the shared formulas


def name_of(path: Path) -> str:
    """A path as it is shown in a failure."""
    return path.relative_to(ROOT).as_posix()


@cache
def committed() -> tuple[Path, ...]:
    """Every file that is in git or would be added to it."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, capture_output=True, check=True, text=True).stdout.split("\0")
    return tuple(path for path in sorted({ROOT / name for name in names if name}) if path.is_file())


def python_files(*folders: str) -> list[Path]:
    """Our Python files, or those below some folders."""
    return [path for path in committed() if path.suffix == ".py" and (not folders or name_of(path).startswith(folders))]


def models() -> list[Path]:
    """Every SQL file that is one SELECT."""
    return [
        path
        for path in committed()
        if path.suffix == ".sql" and name_of(path).startswith("sql/") and not name_of(path).startswith(NOT_MODELS)
    ]


def sql_files() -> list[Path]:
    """Every SQL file of the product."""
    return [path for path in committed() if path.suffix == ".sql" and name_of(path).startswith("sql/")]


def windows_of(sql: str) -> Iterator[str]:
    """What stands in the parentheses of each `over (...)` and of each named window."""
    text = re.sub(r"--.*", "", sql)
    for found in re.finditer(r"\bover \(|\b\w+ as \((?=\s*(?:partition|order) by)", text):
        depth, end = 1, found.end()
        while depth:
            depth, end = depth + {"(": 1, ")": -1}.get(text[end], 0), end + 1
        yield " ".join(text[found.end() : end - 1].split())


@cache
def tree_of(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def every_test() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every test function with the place where it stands."""
    for path in python_files("tests/"):
        if path.name.startswith("test_"):
            for function in functions(path):
                if function.name.startswith("test_"):
                    yield f"{name_of(path)}:{function.lineno} {function.name}", function


def assert_none(offenders: list[str]) -> None:
    """Fail with one line for each offender."""
    assert not offenders, "\n" + "\n".join(offenders)


def imported(tree: ast.AST) -> set[str]:
    """The names that are imported anywhere below a node, in full."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imported_at_run_time(path: Path) -> set[str]:
    """The top packages that a file imports when it runs, so without what stands under TYPE_CHECKING."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return {name.split(".")[0] for name in imported(tree)}


def comments(path: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of every comment."""
    source = io.StringIO(path.read_text(encoding="utf-8"))
    for token in tokenize.generate_tokens(source.readline):
        if token.type == tokenize.COMMENT:
            yield f"{name_of(path)}:{token.start[0]}", token.string


def module_of(path: Path) -> str:
    """The dotted name under which a file is imported."""
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def _imports() -> dict[str, frozenset[str]]:
    """The modules of etl that each module imports, or names to import when they are needed."""
    modules = {module_of(path): path for path in python_files("etl/", "cli.py", "mfo.py")}
    found = {}
    for module, path in modules.items():
        texts = {node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant)}
        names = imported(tree_of(path)) | {text for text in texts if isinstance(text, str)}
        found[module] = frozenset((names & modules.keys()) - {module})
    return found


def importers(path: Path) -> set[str]:
    """The modules that import a file."""
    return {module for module, needed in _imports().items() if module_of(path) in needed}
