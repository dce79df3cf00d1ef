"""
The order of the stages, and what a run publishes.

    extract -> transform -> load -> check -> score -> analyze -> publish -> export

`daily` publishes once, at its end: the next warehouse file is built, checked, scored and analysed, then swapped in,
then exported. A stage that is run alone publishes its own change in the same way. Each function returns the exit
code: 0 all done, 3 partial; any other comes from the error tree.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from etl import showing, steps
from etl.choices import Choice
from etl.notes import telling
from etl.observatory import Observatory, opened, run
from etl.settings import Settings, data_folder
from etl.stores.charts import compiled_specs, vega_bundle
from etl.stores.past import Past
from etl.stores.site import page_files


def only_extract(o: Observatory, choice: Choice) -> int:
    """Ask for what is due and keep every answer; a fetch alone needs no run lock."""
    with run(o, "extract", locked=False):
        steps.extract(o, choice)
    return steps.code(o)


def only_transform(o: Observatory, *, everything: bool) -> int:
    """Kept answers -> Parquet."""
    with run(o, "transform"):
        steps.transform_kept(o, everything=everything)
    return steps.code(o)


def only_load(o: Observatory, *, rebuild: bool) -> int:
    """Parquet -> the next warehouse, checked and swapped in."""
    with run(o, "load"), steps.built(o, rebuild=rebuild) as build:
        steps.publish(o, build)
    return steps.code(o)


def look_back(o: Observatory, at: datetime, basis: str) -> int:
    """A warehouse file beside the published one, as it was known at an instant; nothing is published."""
    steps.load_past(o, Past(at, basis))
    return steps.code(o)


def only_score(o: Observatory) -> int:
    """Settle what fell due."""
    with run(o, "score"), steps.built(o) as build:
        steps.score_due(o, build)
        steps.publish(o, build)
    return steps.code(o)


def only_analyze(o: Observatory, notes: steps.NoteChoice) -> int:
    """Facts -> the day's note, verified; settlement comes before it."""
    with run(o, "analyze"), steps.built(o) as build:
        steps.score_due(o, build)
        shown = steps.analyze_day(o, build, notes)
        steps.publish(o, build)
    o.terminal.show(telling.text_of(shown))
    return steps.code(o)


def only_export(o: Observatory, site: showing.SiteChoice) -> int:
    """The site folder from the published file, or from the lake as it was known at an instant."""
    with run(o, "export"):
        showing.export_site(o, site)
    return steps.code(o)


def export_again(settings: Settings) -> int:
    """The site folder anew, for a process that shows it meanwhile: the data folder is opened for this alone."""
    with opened(settings) as o:
        return only_export(o, showing.SiteChoice())


def daily(o: Observatory, choice: Choice, notes: steps.NoteChoice) -> int:
    """All stages in order: what cron and Railway call."""
    with run(o, "run-daily", waits=True), ThreadPoolExecutor(1) as aside:
        # what needs no answer, or only those that have come, is done while extraction waits for the slow quotas
        prepared = aside.submit(_charts_ready, o)
        steps.set_aside(o)
        steps.extract(o, choice, meanwhile=lambda: steps.transform_kept(o, is_early=True))
        steps.transform_kept(o)
        prepared.result()
        with steps.built(o) as build:
            steps.score_due(o, build)
            steps.analyze_day(o, build, notes)
            steps.publish(o, build)
        showing.export_site(o, showing.SiteChoice())
    return steps.code(o)


def _charts_ready(o: Observatory) -> None:
    vega_bundle(o.folder.cache)
    compiled_specs(page_files(data_folder("dashboard")), o.folder.cache)


def intraday(o: Observatory, choice: Choice) -> int:
    """Crypto bars and order books only, and the artifacts that they feed."""
    with run(o, "run-intraday"):
        steps.set_aside(o)
        steps.extract(o, choice)
        load_kept(o)
    return steps.code(o)


def load_kept(o: Observatory) -> None:
    """What was kept -> Parquet -> the next warehouse, published and shown."""
    steps.transform_kept(o)
    with steps.built(o) as build:
        steps.publish(o, build)
    showing.export_site(o, showing.SiteChoice())


def only_maintain(o: Observatory) -> int:
    """Every kept answer verified, what is old moved; under the lock, so that nobody's unfinished file is taken."""
    with run(o, "maintain", waits=True):
        steps.maintained(o)
    return steps.code(o)
