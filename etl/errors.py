"""
Every error that a user can meet, as one tree, with its exit code.

    MfoError                          1   the run failed; what was published before stands
    ├── SiteDiffers                   1   `export --check`: the folder is not what the warehouse gives
    ├── LimitMet                      1   a query took longer, or more memory, than it was allowed
    ├── PictureFailed                 1   vl-convert could not draw
    ├── UsageWrong                    2   an option, symbol or date that does not exist
    ├── DataWrong                    65   nothing published: what was read cannot be trusted
    │   ├── ChecksFailed                  a check returned rows
    │   └── NeverPublished                an as-of instant before the first publication
    ├── SourcesDown                  69   nothing published: every provider of a needed dataset is down
    ├── FolderUnusable               73   a folder cannot be written, the disk is full
    ├── TryLater                     75   not now
    │   ├── RunLocked                     another run holds the lock
    │   └── LedgerQuotaExhausted          the day's calls to one provider are spent
    ├── SettingsWrong                78   a setting or key, and where it is set
    ├── Stopped                     130   Ctrl-C
    └── ResponseError                 1   one request went wrong; extraction decides what follows
        ├── ProviderDown                  no answer or 5xx: ask again, then ask the next provider
        ├── RateLimited                   too fast: wait, then ask again
        ├── ProviderQuotaExhausted        the provider says that the day's quota is spent: no more today
        ├── KeyRefused                    the provider does not accept the key: no more in this run
        ├── ProviderRefused               this request will never be answered: ask the next provider
        └── ResponseUnreadable            not the shape that was documented: ask the next provider

Exit codes 0 (all done) and 3 (partial) are outcomes, not errors: see `etl.pipeline.context.RunReport.exit_code`.
"""


class MfoError(Exception):
    """An expected failure: one line for the user and an exit code. Never holds a key."""

    exit_code = 1


class SiteDiffers(MfoError):
    """The published folder is not what the warehouse gives; the message lists the differences."""


class LimitMet(MfoError):
    """A query of the user's was stopped at its time or memory limit."""


class PictureFailed(MfoError):
    """vl-convert could not draw a picture; the message is its own."""


class UsageWrong(MfoError):
    """An option, symbol, date or name on the command line that does not exist or does not fit."""

    exit_code = 2


class DataWrong(MfoError):
    """What was read or built cannot be trusted, so nothing was published."""

    exit_code = 65


class ChecksFailed(DataWrong):
    """Blocking checks returned rows; the message names each check and shows its first rows."""


class NeverPublished(DataWrong):
    """There is no publication at or before the instant that was asked for."""


class SourcesDown(MfoError):
    """Every provider of a dataset that the publication needs is down or refused."""

    exit_code = 69


class FolderUnusable(MfoError):
    """A folder of `MFO_DATA_DIR` cannot be created or written, or the disk is full."""

    exit_code = 73


class TryLater(MfoError):
    """Nothing is wrong, but it cannot be done now."""

    exit_code = 75


class RunLocked(TryLater):
    """Another process holds the run lock; the message names its pid and start."""


class LedgerQuotaExhausted(TryLater):
    """The ledger has no call left for this provider today; the message says when the day resets."""


class SettingsWrong(MfoError):
    """A setting or key is missing, unknown or out of range; the message says where it is set."""

    exit_code = 78


class Stopped(MfoError):
    """Ctrl-C; the request in flight was kept, what was published stands."""

    exit_code = 130


class ResponseError(MfoError):
    """One request to one provider went wrong. `is_doubtful`: the provider says so in its own trouble too."""

    is_doubtful = False


class ProviderDown(ResponseError):
    """No answer, a broken one, or a 5xx: worth asking again."""


class RateLimited(ResponseError):
    """Asked too fast. `retry_after_s` is what the provider said, or None where it said nothing."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderQuotaExhausted(ResponseError):
    """The provider itself says that the day's quota is spent."""


class KeyRefused(ResponseError):
    """The provider does not accept the key (or wants one that is not set)."""

    def __init__(self, message: str, *, is_doubtful: bool = False) -> None:
        super().__init__(message)
        self.is_doubtful = is_doubtful


class ProviderRefused(ResponseError):
    """
    The provider will never answer this request: unknown symbol, premium function, bad parameter, another unit.

    Without a `has_stand_in` nobody else is asked: they would serve the same.
    """

    def __init__(self, message: str, *, is_doubtful: bool = False, has_stand_in: bool = True) -> None:
        super().__init__(message)
        self.is_doubtful, self.has_stand_in = is_doubtful, has_stand_in


class ResponseUnreadable(ResponseError):
    """A body that is not data in the documented shape; it is kept and never loaded."""
