"""What a comparison has read, joined and left out, and how many pairs agree: the same words for terminal and page."""

from __future__ import annotations

from collections.abc import Iterator

from shadow_ops.judge.agreement import share_text
from shadow_ops.judge.opinion import plain
from shadow_ops.responses.counted import SIDES
from shadow_ops.responses.result import Read, Result

_MOST = 5
_KEYS = {
    "inferenceId": "InferenceId",
    "eventId": "eventId",
    "request": "the request itself, where it came once an hour",
}
_UNITS = ("B", "kB", "MB", "GB", "TB")


def hours(read: Read) -> str:
    """Which hours were read, and of how many they are a sample."""
    sampled = ""
    if read.hours < read.hours_found:
        sampled = f", a sample of {read.hours_found} ({share_text(read.hours / read.hours_found * 100)} %)"
    return f"{read.first}h to {read.last}h UTC: {read.hours} hours{sampled}, {read.files} files, {size(read.bytes)}"


def agreement(result: Result) -> str:
    """How many pairs agree, in what, and how sure that is; or that there are none."""
    found, how = result.agreement, result.how
    if found.percent is None:
        return "no pair of captured answers could be joined"
    by = "within the tolerance" if how.classes is None else f"in their class ({how.classes})"
    if how.top is not None:
        by = f"in {plain(how.min_overlap * 100)} % of the first {how.top}"
    return (
        f"{share_text(found.percent)} % of {found.compared:,} pairs agree {by}, {result.confidence_percent:g} % sure: "
        f"{share_text(found.low_percent)}…{share_text(found.high_percent)} %"
    )


def notes(result: Result) -> Iterator[str]:
    """By what was joined and how much, and what wasn't read or compared."""
    tally = result.tally
    if tally.key and tally.joined:
        joined = "" if result.joined_percent is None else f": {share_text(result.joined_percent)} % of the smaller side"
        yield f"joined by {_KEYS[tally.key]}{joined}"
    if tally.unchecked:
        yield f"{tally.unchecked:,} pairs without a captured request: nobody knows that they were asked the same"
    if absent := tally.losses[SIDES[0]]["nothing to compare"]:
        yield f"{absent:,} pairs have {_nothing(result)} on either side, so nothing of them was compared"
    for count, what in ((tally.cut_off, "packed files are cut off"), (tally.gone, "files were deleted meanwhile")):
        if count:
            yield f"{count} {what}"
    if any(tally.older.values()):
        older = " and ".join(f"{tally.older[side]:,} of {side}" for side in SIDES)
        yield f"older than the time that was asked for, so not read: {older}"
    if result.read.one_sided:
        named = ", ".join(f"{hour}h ({side})" for hour, side in result.read.one_sided[:_MOST])
        more = len(result.read.one_sided) - _MOST
        yield f"hours without files of one side: {named}{f' and {more} more' if more > 0 else ''}"


def _nothing(result: Result) -> str:
    how = result.how
    lacking = [] if how.answer is None else [f"no {how.answer}"]
    lacking += [] if how.classes is None else [f"no class by {how.classes}"]
    lacking += ["nothing but what may differ"] if how.ignore else []
    return " or ".join(lacking)


def size(count: float) -> str:
    """A number of bytes for people."""
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} {_UNITS[-1]}"
