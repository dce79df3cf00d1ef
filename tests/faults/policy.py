"""
What mfo does about each way in which a provider can go wrong: the policy, at a glance.

A line says: the kind of fault (../shared/upstream/faults.py), the providers at which it can occur, how often a request
that meets it every time is asked, what the ledger calls it, and, where the answer is read in spite of it, why a row of
it is refused. What follows from the verdict is the same for all kinds, and stands in VERDICTS.
"""

from dataclasses import dataclass

ALL = ("alpha_vantage", "fred", "fred_graph", "binance", "yahoo", "twelve_data")

# verdict -> exit code where somebody stands in, exit code where nobody does, what it is
VERDICTS = {
    "ok": (0, 0, "the answer is read; a row that cannot be true is refused, the others are kept"),
    "ProviderDown": (3, 69, "asked again with growing waits, then the next provider"),
    "RateLimited": (3, 69, "asked again when the provider says, then the next provider"),
    "ProviderQuotaExhausted": (3, 75, "not asked again before its midnight; the next provider"),
    "KeyRefused": (3, 69, "not asked again in this run; the next provider"),
    "ProviderRefused": (3, 69, "never asked again in this run for this; the next provider"),
    "ResponseUnreadable": (3, 65, "kept and never read as data; the next provider"),
}

POLICY = """
kind               | providers                      | asked | verdict                | a row is refused, because
http_400           | all                            | 1     | ProviderRefused        |
http_401           | alpha_vantage fred twelve_data | 1     | KeyRefused             |
http_401           | fred_graph binance yahoo       | 1     | ProviderRefused        |
http_403_html      | all                            | 1     | ProviderRefused        |
http_404           | all                            | 1     | ProviderRefused        |
http_418           | all                            | 3     | RateLimited            |
http_429           | all                            | 3     | RateLimited            |
http_429_no_header | all                            | 3     | RateLimited            |
http_451           | all                            | 1     | ProviderRefused        |
http_500           | all                            | 3     | ProviderDown           |
http_503_html      | all                            | 3     | ProviderDown           |
http_504           | all                            | 3     | ProviderDown           |
redirect           | all                            | 3     | ProviderDown           |
timeout            | all                            | 3     | ProviderDown           |
reset              | all                            | 3     | ProviderDown           |
truncate           | all                            | 3     | ProviderDown           |
bad_gzip           | all                            | 3     | ProviderDown           |
slow               | all                            | 1     | ok                     |
garbage            | all                            | 1     | ResponseUnreadable     |
html_200           | all                            | 1     | ResponseUnreadable     |
html_csv           | all                            | 1     | ResponseUnreadable     |
html_xlsx          | all                            | 1     | ResponseUnreadable     |
pdf_200            | all                            | 1     | ResponseUnreadable     |
empty_body         | all                            | 1     | ResponseUnreadable     |
empty_object       | all                            | 1     | ResponseUnreadable     |
huge               | all                            | 1     | ResponseUnreadable     |
burst              | alpha_vantage                  | 3     | RateLimited            |
note               | alpha_vantage                  | 3     | RateLimited            |
daily_cap          | alpha_vantage                  | 1     | ProviderQuotaExhausted |
key_echo           | alpha_vantage                  | 1     | ProviderQuotaExhausted |
key_echo           | fred twelve_data               | 1     | ResponseUnreadable     |
premium            | alpha_vantage                  | 1     | ProviderRefused        |
placeholder        | alpha_vantage                  | 1     | ProviderRefused        |
error_message      | alpha_vantage                  | 1     | ProviderRefused        |
wrong_symbol       | alpha_vantage fred_graph       | 1     | ResponseUnreadable     |
wrong_symbol       | yahoo twelve_data              | 1     | ResponseUnreadable     |
nan_values         | alpha_vantage twelve_data      | 1     | ok                     | close is missing or not a number
nan_values         | binance yahoo                  | 1     | ok                     | close is missing or not a number
nan_values         | fred                           | 1     | ok                     | not a value with a date
nan_values         | fred_graph                     | 1     | ok                     | not a line with a day and a value
null_values        | alpha_vantage twelve_data      | 1     | ok                     | close is missing or not a number
null_values        | binance yahoo                  | 1     | ok                     | close is missing or not a number
null_values        | fred                           | 1     | ok                     | not a value with a date
null_values        | fred_graph                     | 1     | ok                     | (none: an empty cell is no value)
negative_price     | alpha_vantage twelve_data      | 1     | ok                     | close is -1
negative_price     | binance yahoo                  | 1     | ok                     | close is -1
negative_price     | fred fred_graph                | 1     | ok                     | SP500 is -1
zero_price         | alpha_vantage twelve_data      | 1     | ok                     | close is 0
zero_price         | binance yahoo                  | 1     | ok                     | close is 0
zero_price         | fred fred_graph                | 1     | ok                     | SP500 is 0
high_below_low     | alpha_vantage twelve_data      | 1     | ok                     | do not hold open
high_below_low     | binance yahoo                  | 1     | ok                     | do not hold open
duplicate_rows     | fred fred_graph binance        | 1     | ok                     |
duplicate_rows     | yahoo twelve_data              | 1     | ok                     |
unsorted_rows      | all                            | 1     | ok                     |
future_row         | alpha_vantage fred fred_graph  | 1     | ok                     | dated in the future
future_row         | yahoo twelve_data              | 1     | ok                     | dated in the future
future_row | binance | 1 | ok | outside the span that was asked for
missing_field      | alpha_vantage twelve_data      | 1     | ok                     | close is missing or not a number
missing_field      | fred                           | 1     | ok                     | not a value with a date
missing_field      | fred_graph                     | 1     | ok                     | not a line with a day and a value
missing_field      | binance                        | 1     | ok                     | not a candle of 11 fields
missing_field      | yahoo                          | 1     | ResponseUnreadable     |
extra_field        | alpha_vantage binance          | 1     | ok                     |
extra_field        | yahoo twelve_data              | 1     | ok                     |
extra_field        | fred_graph                     | 1     | ok                     | not a line with a day and a value
"""

# What a provider says in its own trouble too is asked once more where it contradicts a good answer: to the same
# question at any time, or with the same key in this run. tests/faults/test_doubtful_refusals.py
DOUBTFUL = """
it says                                | provider      | answered before | asked | verdict
Invalid API call. Please retry or      | alpha_vantage | never           | 1     | ProviderRefused
Invalid API call. Please retry or      | alpha_vantage | in another run  | 2     | ProviderRefused
This API function (X) does not exist.  | alpha_vantage | in another run  | 1     | ProviderRefused
variable api_key is not registered.    | fred          | never           | 1     | KeyRefused
variable api_key is not registered.    | fred          | in another run  | 1     | KeyRefused
variable api_key is not registered.    | fred          | in this run     | 2     | KeyRefused
variable api_key is not a 32 character | fred          | in this run     | 1     | KeyRefused
"""

ELSEWHERE = {
    "bad_checksum": "only the archive has checksums: tests/extract/test_extract_against_the_stand_in.py",
    "ignored_params": "of sources that filter: nobody that is asked here is sent a filter",
}
# What a shape cannot show: a JSON object has each day once, FRED's bodies name no series, Binance's no symbol.
CANNOT_OCCUR = {
    ("duplicate_rows", "alpha_vantage"),
    ("high_below_low", "fred"),
    ("high_below_low", "fred_graph"),
    ("extra_field", "fred"),
    ("wrong_symbol", "fred"),
    ("wrong_symbol", "binance"),
}
# Alpha Vantage's own words; from anybody else they are an object that holds no data.
WORDS_OF_ALPHA_VANTAGE = ("burst", "note", "daily_cap", "key_echo", "premium", "placeholder", "error_message")


@dataclass(frozen=True)
class Case:
    """One kind of fault at one provider."""

    kind: str
    provider: str
    asked: int
    verdict: str
    refused: str  # part of the reason; empty where no row is refused

    @property
    def exit_code(self) -> int:
        """Of a run in which somebody stands in."""
        return VERDICTS[self.verdict][0]

    @property
    def exit_code_alone(self) -> int:
        """Of a run in which nothing else was due and nobody stands in."""
        return VERDICTS[self.verdict][1]

    def __str__(self) -> str:
        return f"{self.kind}-{self.provider}"


def doubtful() -> list[tuple[str, str, str, int, str]]:
    """The lines of DOUBTFUL."""
    lines = [[cell.strip() for cell in line.split("|")] for line in DOUBTFUL.strip().splitlines()[1:]]
    return [(said, provider, before, int(asked), verdict) for said, provider, before, asked, verdict in lines]


def cases() -> list[Case]:
    """Every kind at every provider, from the table."""
    found = []
    for line in POLICY.strip().splitlines()[1:]:
        kind, providers, asked, verdict, refused = (cell.strip() for cell in line.split("|"))
        names = ALL if providers == "all" else tuple(providers.split())
        reason = "" if refused.startswith("(none") else refused
        found += [Case(kind, name, int(asked), verdict, reason) for name in names]
    known = {(case.kind, case.provider) for case in found}
    return found + [
        Case(kind, name, 1, "ResponseUnreadable", "")
        for kind in WORDS_OF_ALPHA_VANTAGE
        for name in ALL
        if (kind, name) not in known
    ]
