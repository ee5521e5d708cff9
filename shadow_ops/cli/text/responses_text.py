"""A comparison of captured answers, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from shadow_ops.cli import output
from shadow_ops.judge.agreement import share_text
from shadow_ops.responses import reading_text as reading
from shadow_ops.responses.counted import SIDES, Share
from shadow_ops.responses.numbers import Numbers
from shadow_ops.responses.result import Result
from shadow_ops.responses.tally import LOSSES

_MOST = 5


def as_text(result: Result, judged: tuple[str, str] | None, *, markdown: bool) -> str:
    """The comparison in paragraphs and tables.

    Args:
        result: The comparison.
        judged: Verdict and reason, if it was judged.
        markdown: Whether tables are Markdown's.
    """
    parts = [_prose(_head(result), markdown)]
    if judged is not None:
        verdict = judged[0] if markdown else output.coloured(judged[0])
        parts.append(f"{verdict}: {judged[1]}")
    parts += [_records(result, markdown)]
    if result.tally.all.compared:
        parts += _sections(result, markdown)
    return "\n\n".join(part for part in parts if part)


def _prose(lines: Iterable[str], markdown: bool) -> str:
    return "\n".join(output.prose(line, markdown=markdown) for line in lines)


def _head(result: Result) -> list[str]:
    read = result.read
    if read.first is None:
        return [f"{read.endpoint}: no captured files of that time in {read.source}"]
    return [f"{read.endpoint}: answers of {read.variants[0]} and {read.variants[1]}", reading.hours(read)]


def _records(result: Result, markdown: bool) -> str:
    tally = result.tally
    rows: list[tuple[str, ...]] = [("records", *SIDES)]
    rows.append(("read", *(f"{tally.records[side]:,}" for side in SIDES)))
    rows.append(("in pairs", *(f"{tally.all.compared:,}" for _ in SIDES)))
    for why in LOSSES:
        counts = [tally.losses[side][why] for side in SIDES]
        if any(counts):
            rows.append((why, *(f"{count:,}" for count in counts)))
    return "\n".join((output.table(rows, markdown=markdown, right=(1, 2)), "", *reading.notes(result)))


def _sections(result: Result, markdown: bool) -> Iterator[str]:
    yield _agreement(result)
    if result.symptoms:
        yield _prose(result.symptoms, markdown)
    yield _classes(result, markdown)
    yield _numbers(result, markdown)
    yield _differences(result, markdown)
    hidden = "" if result.shown.inputs else " (hashed; --show-inputs shows them)"
    yield _shares(f"segments{hidden}", result, result.tally.segments, markdown)
    if len(result.tally.hours) > 1:
        yield _shares("hours", result, result.tally.hours, markdown)
    yield _examples(result, markdown)


def _agreement(result: Result) -> str:
    tally, found = result.tally, result.agreement
    said = [
        reading.agreement(result),
        f"exactly equal {_percent(tally.exact, found.compared)}, within the tolerance "
        f"{_percent(tally.within, found.compared)}",
    ]
    if result.noise_percent is not None:
        said.append(
            f"noise: production itself answers {share_text(result.noise_percent)} % of {tally.repeats.compared:,} "
            "repeated requests otherwise"
        )
    count, total, least = tally.overlaps
    if count:
        said.append(
            f"words or elements in common: {share_text(total / count * 100)} % on average, at least "
            f"{share_text(least * 100)} %"
        )
    return "\n".join(said)


def _classes(result: Result, markdown: bool) -> str:
    classes = result.classes
    if not classes:
        return ""
    names = sorted({name for pair in classes for name in pair})
    flips = [(one, pairs) for one, pairs in classes.items() if one[0] != one[1]]
    total = sum(classes.values())
    lines = [f"{one[0]} -> {one[1]}: {pairs:,} ({_percent(pairs, total)})" for one, pairs in flips[:_MOST]]
    said = f"classes\n{_prose(lines or ['none differs'], markdown)}"
    if len(names) > 12:
        return said
    rows = [("production \\ shadow", *names)]
    rows += [(one, *(f"{classes.get((one, other), 0):,}" for other in names)) for one in names]
    return f"{said}\n\n{output.table(rows, markdown=markdown, right=range(1, len(names) + 1))}"


def _numbers(result: Result, markdown: bool) -> str:
    rows: list[tuple[str, ...]] = [
        ("numbers", "pairs", "mean", "difference", "95 % between", "p50", "p99", "max", "correlation")
    ]
    rows += [_number_row(path, one) for path, one in result.numbers[:_MOST]]
    return output.table(rows, markdown=markdown, right=range(1, 9)) if len(rows) > 1 else ""


def _number_row(path: str, one: Numbers) -> tuple[str, ...]:
    low, high = one.limits
    correlation = "" if one.correlation is None else f"{one.correlation:.4f}"
    sizes = (_short(one.quantile(0.5)), _short(one.quantile(0.99)), _short(one.largest))
    between = f"{low:+.3g}…{high:+.3g}"
    return path, f"{one.count:,}", _short(one.production / one.count), f"{one.mean:+.3g}", between, *sizes, correlation


def _differences(result: Result, markdown: bool) -> str:
    parts = [(one, pairs) for one, pairs in result.parts[: 2 * _MOST] if one != ("$", "number")]
    if not parts:
        return ""
    compared = result.tally.all.compared
    rows = [("differs", "how", "pairs", "")]
    rows += [(path, how, f"{pairs:,}", _percent(pairs, compared)) for (path, how), pairs in parts]
    return output.table(rows, markdown=markdown, right=(2, 3))


def _shares(title: str, result: Result, shares: dict[str, Share], markdown: bool) -> str:
    worst = result.worst(shares)[:_MOST]
    if not worst:
        return ""
    rows = [(f"{title} that differ most", "pairs", "agree")]
    rows += [(name, f"{one.compared:,}", _percent(one.agreeing, one.compared)) for name, one in worst]
    return output.table(rows, markdown=markdown, right=(1, 2))


def _examples(result: Result, markdown: bool) -> str:
    if not result.tally.examples:
        return ""
    header: Sequence[str] = ("pairs that differ most", "hour", *SIDES)
    shown = result.shown
    rows = [(*header, "request") if shown.inputs else tuple(header)]
    for one in result.examples:
        cells = (one.key, one.hour, output.short(one.production, 40), output.short(one.shadow, 40))
        rows.append((*cells, output.short(one.request, 60)) if shown.inputs else cells)
    pairs = list(zip(sorted(result.tally.examples, reverse=True), result.examples, strict=True))
    notes = []
    if any(one.key != hashed.key for one, hashed in pairs):
        notes.append("callers' ids are hashed; --show-inputs shows them")
    if any((one.production, one.shadow) != (hashed.production, hashed.shadow) for one, hashed in pairs):
        notes.append("answers that aren't numbers are hashed; --show-answers shows them")
    return "\n".join((output.table(rows, markdown=markdown), *notes))


def _percent(part: int, whole: int) -> str:
    return f"{share_text(part / whole * 100)} %"


def _short(number: float) -> str:
    return f"{number:.4g}"
