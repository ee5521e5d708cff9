"""Ways back that lead beyond the deployment on record, which came after others that failed and were left so. Pure.

CloudFormation goes back to what was before the first of them, and says so by what it asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from shadow_ops.aws.records import Earlier, Pending
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.direction import fingerprint
from shadow_ops.guard.request import Request

_DEPLOYMENTS_KEPT = 5
# Names in a record have an end: beyond it what one of several failures declared, and the next one didn't, is people's.
_LONGEST = 1500


def earlier(before: Pending | None, request: Request, counts: Mapping[str, int]) -> dict[str, Earlier]:
    """What was before each of the last few deployments, the one that begins now included."""
    was, old = fingerprint(request.old), {} if request.old is None else request.old.scaling
    others = {} if before is None else {one: there for one, there in before.earlier.items() if one != was}
    here = Earlier(counts, tuple(_short(_changed(old, request.asked.scaling))))
    return dict([*others.items(), (was, here)][-_DEPLOYMENTS_KEPT:])


def is_beyond(record: Pending | None, request: Request) -> bool:
    """Whether a way back leads beyond the deployment on record: it came after others that failed and were left so."""
    return record is not None and record.was not in ("", fingerprint(request.asked))


def gone_back_to(record: Pending | None, request: Request) -> Pending | None:
    """The record with the counts that a way back leads to, also beyond several failures that were left so."""
    there = None if record is None else record.earlier.get(fingerprint(request.asked))
    return record if record is None or there is None else replace(record, counts=there.counts)


def declared_since(record: Pending | None, request: Request) -> dict[str, Scaled]:
    """What the code declares that is taken back, and what those declared that came before and were left, by names."""
    old = {} if request.old is None else dict(request.old.scaling)
    if record is None or not is_beyond(record, request):
        return old
    kept, here = tuple(record.earlier), fingerprint(request.asked)
    since = kept[kept.index(here) :] if here in kept else ()
    for name in (one for was in since for one in record.earlier[was].changed):
        variant, _, policy = name.partition("/policies/")
        variant, _, schedule = variant.partition("/schedules/")
        ours = old.get(variant) or Scaled(variant, 0, 0)
        # No code has such a bound: it has been changed, whatever the last one says.
        old[variant] = replace(
            ours,
            minimum=-1,
            policies={**ours.policies, **({policy: {}} if policy else {})},
            schedules={**ours.schedules, **({schedule: {}} if schedule else {})},
        )
    return old


def _changed(old: Mapping[str, Scaled], new: Mapping[str, Scaled]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        yield name
        left = None if before is None else before.without(after)
        yield from (f"{name}/policies/{one}" for one in (left.policies if left else ()))
        yield from (f"{name}/schedules/{one}" for one in (left.schedules if left else ()))


def _short(names: Iterator[str]) -> Iterator[str]:
    length = 0
    for name in names:
        length += len(name)
        if length <= _LONGEST:
            yield name
