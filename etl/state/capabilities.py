"""
Which parameters of a request a model takes: learned from what its server refused, remembered in `state.db`.

A request starts with what its server is known to take. A refusal names one parameter, which goes by its other name or
is left out from then on, for that server and model. There are five, so learning ends.
"""

from collections.abc import Collection

from etl.state.database import StateDatabase

RESPONSE_FORMAT = "response_format"
START = ("max_tokens", "temperature", RESPONSE_FORMAT)
STARTS = {"api.openai.com": ("max_completion_tokens", "reasoning_effort", "temperature", RESPONSE_FORMAT)}
OTHER_NAMES = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
REASONING = 4  # times the tokens of the text: room for what a model thinks before it writes
CODES = ("unsupported_parameter", "unsupported_value")
_STATUSES = (400, 404, 422, 500, 501)  # of refusals; 500 where a schema cannot be made a grammar (llama.cpp)


def parameters(host: str, refused: Collection[str]) -> frozenset[str]:
    """
    The parameters that are sent to a server's model.

    >>> sorted(parameters("api.openai.com", ["temperature"]))
    ['max_completion_tokens', 'reasoning_effort', 'response_format']
    >>> sorted(parameters("localhost", ["max_tokens", "response_format"]))
    ['max_completion_tokens', 'temperature']
    """
    wanted = STARTS.get(host, START)
    named = (OTHER_NAMES.get(name, name) if name in refused else name for name in wanted)
    return frozenset(name for name in named if name not in refused)


def most_tokens(sent: Collection[str], of_text: int) -> int:
    """What a reply may take whose text takes so many: `max_completion_tokens` counts the thoughts before it too."""
    thinks = "max_completion_tokens" in sent and "reasoning_effort" not in sent
    return of_text * REASONING if thinks else of_text


def refused_parameter(status: int, param: str, code: str, sent: Collection[str]) -> str | None:
    """
    The parameter of those sent that a server refuses, by its `error.param` and `error.code`; None where it is none.

    Many servers that take no `response_format` name nothing at all: a refusal without a name is tried as that one.
    """
    if status not in _STATUSES or code == "model_not_found":
        return None
    name = param.partition(".")[0] or RESPONSE_FORMAT
    is_told = code in CODES or name == RESPONSE_FORMAT
    return name if is_told and name in sent else None


class RefusedParameters:
    """What each server refused of a request to each of its models, in `state.db`."""

    def __init__(self, state: StateDatabase) -> None:
        self._state = state

    def of(self, server: str, model: str) -> frozenset[str]:
        """The parameters that a model is not sent any more."""
        sql = "select parameter from refused_parameters where server = ? and model = ?"
        return frozenset(row[0] for row in self._state.rows(sql, server, model))

    def note(self, server: str, model: str, names: Collection[str]) -> None:
        """A model did without these."""
        with self._state.write() as db:
            rows = [(server, model, name) for name in sorted(names)]
            db.executemany("insert or ignore into refused_parameters values (?, ?, ?)", rows)
