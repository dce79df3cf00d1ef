"""The prompt of `mfo query`: statements up to a semicolon, a history, and words that begin with a dot."""

import atexit
from collections.abc import Callable
from pathlib import Path

from etl.commands.options import say
from etl.errors import MfoError
from etl.warehouse import user_query as stage

FIRST, FURTHER = "mfo> ", "...> "
HISTORY_LINES = 2000
_TABLES = (
    "select table_name as relation, count(*) as columns, any_value(estimated_size) as rows "
    "from information_schema.columns left join duckdb_tables() as tables using (table_name) "
    "where table_schema = 'marts' and table_catalog = 'warehouse' group by table_name order by table_name"
)
HELP = """\
A SELECT ends with a semicolon and may go over several lines. Ctrl-C stops a query, Ctrl-D leaves.
  .tables   the relations of the schema marts
  .saved    the saved queries (mfo query --name NAME)
  .quit     leave
`describe daily_metrics;` lists the columns of a relation."""

Answer = Callable[[str, dict[str, str]], None]


def run(answer: Answer, sql_root: Path) -> None:
    """Ask until Ctrl-D; an error is said in one line and the prompt goes on."""
    _remember()
    say("mfo query: .help says more, Ctrl-D leaves")
    while (text := _statement()) is not None:
        word = text.rstrip(";").strip()
        if word in (".quit", ".exit"):
            return
        if word == ".help":
            say(HELP)
        elif word == ".saved":
            say("\n".join(stage.listed(sql_root)))
        elif word.startswith(".") and word != ".tables":
            say(f"{word}: no such word; there are .help, .tables, .saved, .quit")
        elif word:
            try:
                answer(_TABLES if word == ".tables" else text, {})
            except MfoError as error:
                say(f"mfo: {error}")


def _statement() -> str | None:
    """What was typed up to a semicolon, or a word with a dot; None at the end."""
    lines: list[str] = []
    while True:
        try:
            lines.append(input(FURTHER if lines else FIRST))
        except KeyboardInterrupt:
            say("")
            lines = []  # what was begun is dropped, as in a shell
            continue
        except EOFError:
            say("")
            return None
        text = "\n".join(lines)
        if not text.strip():
            lines = []
        elif text.lstrip().startswith(".") or stage.is_complete(text):
            return text


def _remember() -> None:
    """The history of earlier prompts, and this one's kept at the end; without readline there is none."""
    try:
        import readline
    except ImportError:
        return
    from platformdirs import user_state_path

    path = user_state_path("mfo") / "query_history"
    readline.set_history_length(HISTORY_LINES)
    if path.is_file():
        readline.read_history_file(path)
    atexit.register(_keep, readline.write_history_file, path)


def _keep(write: Callable[[str], None], path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(str(path))
    except OSError as error:
        say(f"mfo: the history is not kept: {path}: {error.strerror}")
