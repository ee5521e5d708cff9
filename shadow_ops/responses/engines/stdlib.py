"""The engine that needs Python alone: it runs in Lambda, and the others are held against it."""

from __future__ import annotations

from collections.abc import Iterable

from shadow_ops.responses.compare import Comparer
from shadow_ops.responses.engines import Task
from shadow_ops.responses.fetch import Window
from shadow_ops.responses.joining import Join
from shadow_ops.responses.local import records
from shadow_ops.responses.repeats import repeats
from shadow_ops.responses.segment import segmenter
from shadow_ops.responses.tally import example


class StdlibEngine:
    """Holds the records of one hour in memory, about a kilobyte each."""

    def run(self, windows: Iterable[Window], task: Task) -> None:
        """Count all pairs of some hours; see `Engine.run`."""
        tally, comparer = task.tally, Comparer(task.how)
        join = Join(task.key, segmenter(task.how, task.show_requests), task.show_requests, tally)
        for window in windows:
            tally.cut_off += window.cut_off
            tally.gone += window.gone
            if not window.follows:
                join.finish()
            production = join.keyed("production", window.hour, records(window.production))
            shadow = join.keyed("shadow", window.hour, records(window.shadow))
            for pair in join.pairs(production, shadow):
                difference = comparer.compare(pair.production, pair.shadow)
                tally.add(pair, difference)
                if task.differing is not None and not difference.agrees:
                    task.differing(example(pair, difference))
            found = repeats(join.answered, comparer)
            tally.repeats.add(found.compared, found.agreeing)
        tally.unmet = frozenset(comparer.unmet)
        join.finish()
