"""
maintain: every kept answer is still what it was; then what is old moves, and left-overs of killed runs are swept away.

Answers are bundled, and dropped where the settings say so; minutes, order books and the results of passed checks leave
the warehouse, bars and books not Parquet; small Parquet files are merged. No figure changes, and no look at the past.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from etl.config.schema import Retention
from etl.config.settings import data_folder
from etl.domain import Outcome
from etl.errors import DataWrong
from etl.models import lineage, registry
from etl.pipeline.context import RunContext, run
from etl.raw.archiver import BundleReport, bundle_before, drop_before, dropped
from etl.raw.store import RawStore
from etl.runtime.files import sweep
from etl.transform.compaction import Compacted, compact
from etl.transform.parquet import Parquet
from etl.warehouse.as_of import AsOfView, show
from etl.warehouse.file import Warehouse
from etl.warehouse.retention import cut

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Maintainer:
    """The stores that `maintain` looks after, and what the settings say of them."""

    root: Path
    lake: RawStore
    parquet: Parquet
    warehouse: Warehouse
    read: Collection[int]  # the answers that stand in Parquet
    retention: Retention
    now: datetime
    sql_root: Path
    resting: Callable[[Collection[int]], list[str]] = lambda _proven: []  # what is published without a proven answer

    def run(self) -> Outcome:
        """
        Verify every body against its sha256, move what is old, delete left-overs.

        Raises:
            DataWrong: bodies are missing or changed, and nothing is moved; it names the first, how many there are, and
                what rests on them.
            FolderUnusable: the disk is full, or a folder cannot be written.
        """
        swept = sweep(self.root)
        count = self._verify()
        said = [*self._bundle(), *self._compact(), *self._cut()]
        return Outcome(f"{count} kept answers verified, {swept} left-overs of killed runs deleted", notes=tuple(said))

    def _verify(self) -> int:
        """How many bodies are what they were; those that the settings dropped are proven by what was read of them."""
        broken, proven = [], set(dropped(self.lake))
        found = self.lake.sequences()
        for sequence, path in found:
            try:
                self.lake.open(path)
                proven.add(sequence)
            except DataWrong as error:
                broken.append(str(error))
        rests = self.resting(proven)
        if broken or rests:
            said = f"{len(broken)} of {len(found)} kept answers are broken" + (f", first {broken[0]}" if broken else "")
            more = [f"  and {len(rests) - SHOWN} more"] if len(rests) > SHOWN else []
            published = ["published without an answer in the lake:", *(f"  {line}" for line in rests[:SHOWN]), *more]
            raise DataWrong("\n".join([said, *(published if rests else ())]))
        return len(found)

    def _bundle(self) -> Sequence[str]:
        """Days with an answer that `transform` has not read yet keep their bodies."""
        after, dropped_after = self.retention.answers_archived_after_days, self.retention.answers_dropped_after_days
        bundled = bundle_before(self.lake, self._day(after)) if after else BundleReport()
        gone = drop_before(self.lake, self._day(dropped_after), self.read) if dropped_after else BundleReport()
        said = f"{bundled.answers} answers older than {after} days archived in {bundled.bundles} zips"
        dropped = (
            f"the bodies of {gone.answers} answers older than {dropped_after} days deleted, in {gone.bundles} zips"
        )
        return [*([said] if bundled.answers else []), *([dropped] if gone.answers else [])]

    def _day(self, days: int) -> date:
        return (self.now.astimezone(UTC) - timedelta(days=days)).date()

    def _compact(self) -> Sequence[str]:
        if not self.warehouse.exists():
            return []
        done: Compacted = compact(self.parquet, self.warehouse.loaded_files())
        return [f"{done.before} Parquet files merged into {done.after}"] if done.before else []

    def _cut(self) -> Sequence[str]:
        """The next warehouse without what is too old, showing the same instant; nothing where nothing is."""
        if not self.warehouse.exists():
            return []
        with self.warehouse.next_file() as file:
            row = file.con.execute("select as_of, run_id, demo, version, basis from lake.publication").fetchone()
            if row is None:
                return []
            view, built = AsOfView(row[0].replace(tzinfo=UTC), *row[1:]), registry.load_models(self.sql_root)
            gone = cut(file, self.now, self.retention, lambda: show(file, view, built))
            if gone:
                show(file, view, built)
                file.publish()
        said = (
            (gone.minutes, "minute bars", self.retention.minute_bars_days, "Parquet has them"),
            (gone.book_levels, "levels of order books", self.retention.order_books_days, "Parquet has them"),
            (gone.passed_checks, "results of passed checks", self.retention.check_results_days, "failures stay"),
        )
        return [
            f"{count} {what} older than {days} days left the warehouse; {stays}"
            for count, what, days, stays in said
            if count
        ]


def maintain(ctx: RunContext) -> int:
    """Verify and tidy up under the lock, so that nobody's unfinished file is taken; the exit code."""

    def unproven(proven: Collection[int]) -> list[str]:
        if not ctx.warehouse.exists():
            return []
        with closing(ctx.warehouse.read()) as con:
            return lineage.unproven(con, proven)

    with run(ctx, "maintain", waits=True):
        maintainer = Maintainer(
            root=ctx.data_dir.root,
            lake=ctx.raw,
            parquet=ctx.parquet,
            warehouse=ctx.warehouse,
            read=ctx.run_log.read_before().keys(),
            retention=ctx.settings.tables.retention,
            now=ctx.clock.now(),
            sql_root=data_folder("sql"),
            resting=unproven,
        )
        ctx.report.say("maintain", maintainer.run())
    return ctx.report.exit_code
