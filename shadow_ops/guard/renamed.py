"""Variants that come under other names: SageMaker keeps neither their live counts nor their scaling. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shadow_ops.aws.endpoint import Config, LiveEndpoint, LiveVariant
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.refusal import Refusal

_New = tuple[Mapping[str, Any], ...]


def refuse_lossy_rename(
    asked: Asked,
    old: Asked | None,
    live: LiveEndpoint,
    requested: Config,
    scaled: Mapping[str, Scaled],
    before: Mapping[str, int],
) -> None:
    """Refuse to give variants other names where that would cost instances, or scaling that the code doesn't know.

    One may be renamed, split into several, or merged with others.

    Args:
        asked: The guard's properties.
        old: What they were before; None if that isn't known.
        live: The endpoint.
        requested: The config that shall serve.
        scaled: How the variants scale.
        before: Instances per variant that the code asked for until now.

    Raises:
        Refusal: With the counts, or with what would stop to scale.
    """
    production = list(_moves(live.production, requested.production))
    for gone, new in production:
        _refuse_fewer(live, gone, new, scaled, before)
    shadow = () if live.shadow is None else (live.shadow,)
    for gone, new in (*production, *_moves(shadow, requested.shadow)):
        for one in gone:
            _refuse_forgotten(live, one, new, scaled.get(one.name), asked, old)


def _moves(
    live: Sequence[LiveVariant], requested: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[list[LiveVariant], _New]]:
    """Variants that go, and those under new names that come for them: with the same model, else all that come."""
    names, known = {one["VariantName"] for one in requested}, {one.name for one in live}
    coming = [one for one in requested if one["VariantName"] not in known]
    moves: dict[tuple[str, ...], tuple[list[LiveVariant], _New]] = {}
    for old in live:
        new = tuple(one for one in coming if one.get("ModelName") == old.model_name) or tuple(coming)
        if old.name not in names and new:
            moves.setdefault(tuple(one["VariantName"] for one in new), ([], new))[0].append(old)
    yield from moves.values()


def _refuse_fewer(
    live: LiveEndpoint,
    gone: list[LiveVariant],
    new: _New,
    scaled: Mapping[str, Scaled],
    before: Mapping[str, int],
) -> None:
    start, back = sum(_asked(one) for one in new), sum(before.get(one.name, 0) for one in gone)
    # One that scales may run its most instances at any moment.
    most = {
        one.name: max(one.desired_count or 0, scaled[one.name].maximum if one.name in scaled else 0) for one in gone
    }
    as_in_code = all(most[one.name] <= before.get(one.name, 0) for one in gone)
    # Where nothing scales, and nobody has asked for more than the code, it is the code that asks for less.
    if as_in_code and start >= sum(count for name, count in most.items() if name in scaled):
        return
    old_names, new_names = " and ".join(most), _named(new)
    raise Refusal(
        f"{live.name}'s production variant {old_names} runs up to {sum(most.values())} instances, and under its new "
        f"name {new_names} it would start with {start}, or with {back} on the way back; keep its name, or first "
        f"deploy it as {old_names} with count={'+'.join(map(str, most.values()))}, then rename it with that count"
    )


def _refuse_forgotten(
    live: LiveEndpoint, gone: LiveVariant, new: _New, scaled: Scaled | None, asked: Asked, old: Asked | None
) -> None:
    """What the code declares moves to the new name; what people made by hand does not."""
    if scaled is None:
        return
    declared = None if old is None else old.scaling.get(gone.name)
    rest = scaled.without(declared)
    for one in (asked.scaling[name] for name in (one["VariantName"] for one in new) if name in asked.scaling):
        rest, declared = rest.without(one), one
    lost = (*rest.policies, *rest.schedules)
    if declared is not None and not lost:
        return
    what = f"scales by {', '.join(lost)}" if lost else f"scales from {scaled.minimum} to {scaled.maximum}"
    raise Refusal(
        f"{live.name}'s variant {gone.name} {what}, which the code doesn't declare, and scaling can't follow it to the "
        f"new name {_named(new)}; declare it for the new name (Scaling), remove it, "
        "or keep the name"
    )


def _asked(one: Mapping[str, Any]) -> int:
    return int(one.get("InitialInstanceCount") or 0)


def _named(new: _New) -> str:
    return " and ".join(str(one["VariantName"]) for one in new)
