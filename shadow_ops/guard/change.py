"""What a deployment does to an endpoint, told by what would answer users, not by what it is called. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shadow_ops.aws.endpoint import Config, LiveEndpoint
from shadow_ops.aws.history import COUNT, Entry
from shadow_ops.contract.asked import Asked
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.served import Served, comes_to_tested, is_on, moves_back, sides, variants

_ONLY_COUNT = "only the number of instances, which nobody has to give a reason for"


@dataclass(frozen=True)
class Change:
    """What a deployment does.

    Attributes:
        kind: ``promotion``, ``rollback`` of one, or any other ``change``.
        left: What answers now.
        came: What shall answer; of several, what the kind is about.
        since: For a way back that needs a reason, the promotion that is taken back.
        subject: What a reason on record must be for: the model that is tested, or that promotion's id.
        is_last: Whether it is the last that nobody has taken back; a reason on record is for that one alone.
    """

    kind: str
    left: Served
    came: Served
    since: Entry | None = None
    subject: str | None = None
    is_last: bool = True


def classify(
    asked: Asked,
    live: LiveEndpoint,
    requested: Config,
    history: Sequence[Entry],
    versions: Mapping[str, str],
    contents: Mapping[str, str | None],
    measured: str | None = None,
) -> Change:
    """Say what a deployment does.

    Every production variant counts, whatever it is called and however small its share: whoever names a variant in a
    request reaches it at any weight.

    Args:
        asked: The guard's properties.
        live: The endpoint now.
        requested: The config that shall serve, another than the one that does.
        history: What was promoted and taken back on it.
        versions: What SageMaker's models are called.
        contents: What they are made of.
        measured: The model whose managed test is over, and was concluded with its promotion; None if there is none.

    Raises:
        Refusal: If a promotion is asked for without a test of that very model.
    """
    serving, coming, tests = (
        variants(side, versions, contents)
        for side in (live.config.production, requested.production, live.config.shadow)
    )
    before = serving[_main(live.config, asked.variant)]
    after = coming[_main(requested, asked.variant)]
    if asked.promotion:
        shadow = live.shadow
        if shadow is None and (measured is None or measured != after.model):
            raise Refusal(
                f"no shadow test is running on {asked.endpoint}: it serves {_named(before.model)} alone; "
                f"start the test by deploying its ShadowTestStack, or deploy {asked.version} as production there"
            )
        if shadow is not None and shadow.model_name != after.model:
            raise Refusal(
                f"what would be promoted isn't what is being tested on {asked.endpoint}: the shadow is "
                f"{_named(shadow.model_name)}, the promotion would serve {_named(after.model)}; first deploy the "
                f"ShadowTestStack that tests {asked.version} and let it run"
            )
        _refuse_a_way_back_beside(history, serving, coming, after)
        return Change("promotion", before, after, subject=after.model)
    for tested in tests:
        reached = _reached(serving, tested, coming)
        if reached is not None:
            _refuse_a_way_back_beside(history, serving, coming, reached)
            return Change("promotion", _left(reached, serving, coming, before), reached, subject=tested.model)
    back = _way_back(history, serving, coming, before)
    if back is not None and back.since is not None:
        return back
    last = _last(history)
    for entry in standing(history)[::-1]:
        gone, stays = _taken_out(entry, serving, coming)
        if gone is not None and stays is not None:
            return Change("rollback", gone, stays, entry, entry.id, entry == last)
    return back or Change("change", before, after)


def _last(history: Sequence[Entry]) -> Entry | None:
    return next(reversed(standing(history)), None)


def _way_back(
    history: Sequence[Entry], serving: Sequence[Served], coming: Sequence[Served], before: Served
) -> Change | None:
    """What comes that a promotion has replaced; one that nobody needs a reason for has no `Change.since`."""
    replaced, last, told = replaced_by(history)[::-1], _last(history), None
    for entry in replaced:
        for one in coming if not entry.of_hardware else ():
            if one.may_be(sides(entry)[0], serving):
                return Change("rollback", before, one, entry, entry.id, entry == last)
    for entry in replaced:
        for one in coming if entry.of_hardware else ():
            if moves_back(one, entry, serving):
                back = Change("rollback", _left(one, serving, coming, before), one, entry, entry.id, entry == last)
                if entry.moved != (COUNT,):
                    return back
                # Nobody needs a reason for another number of instances; but it is told.
                told = told or replace(back, since=None, subject=None)
    return told


def _refuse_a_way_back_beside(
    history: Sequence[Entry], serving: Sequence[Served], coming: Sequence[Served], promoted: Served
) -> None:
    """Refuse what is two things at once: neither the gate nor the history would speak of the way back."""
    back = _way_back(history, serving, [one for one in coming if one is not promoted], promoted)
    if back is not None and back.since is not None:
        raise Refusal(
            f"this deployment would promote {promoted.version or promoted.model}, and at the same time bring "
            f"{back.came.version or back.since.from_version} back, which a promotion on "
            f"{back.since.at:%Y-%m-%d %H:%M} UTC replaced; first deploy the promotion alone, then the way back, with a "
            "reason"
        )


def entry_of(
    change: Change, request: Request, config: str, at: datetime.datetime, gate: str | None, reason: str | None
) -> Entry | None:
    """What goes to the history, of what served with a config; None for a change that nobody has to tell of."""
    if change.kind == "change":
        return None
    asked, left, came = request.asked, change.left, change.came
    return Entry(
        id=request.id,
        kind=change.kind,
        at=at,
        by=f"the stack {request.stack_name}",
        stack=request.stack,
        from_version=left.version,
        from_model=left.model,
        from_config=config,
        to_version=came.version or came.model or asked.version,
        to_model=came.model,
        to_config=asked.config,
        from_type=left.on("InstanceType"),
        to_type=came.on("InstanceType"),
        from_content=left.content,
        to_content=came.content,
        from_hardware=left.hardware,
        to_hardware=came.hardware,
        gate=gate,
        reason=(reason or _ONLY_COUNT) if change.kind == "rollback" else None,
    )


def _main(config: Config, variant: str) -> int:
    return next((at for at, one in enumerate(config.production) if one["VariantName"] == variant), 0)


def _left(one: Served, serving: Sequence[Served], coming: Sequence[Served], otherwise: Served) -> Served:
    """What a model's instances replace: the same model's that go, else any of it; else what served."""
    there = [each for each in serving if each.is_same(one)]
    return next((each for each in there if each not in coming), there[0] if there else otherwise)


def _reached(serving: Sequence[Served], tested: Served, coming: Sequence[Served]) -> Served | None:
    """What of what comes is what is only a shadow now: another model, or the same on other instances."""
    there = [one for one in serving if one.model == tested.model]
    if there:
        return next((one for one in coming if one.may_be(tested, ()) and comes_to_tested(one, tested, there)), None)
    if any(one.content == tested.content for one in serving):
        # What both are made of doesn't tell which of them comes.
        tested = replace(tested, content=None)
    return next((one for one in coming if one.may_be(tested, serving)), None)


def _taken_out(
    entry: Entry, serving: Sequence[Served], coming: Sequence[Served]
) -> tuple[Served | None, Served | None]:
    """What was promoted beside what it was to replace and goes again, and what stays."""

    def found(side: Served, among: Sequence[Served]) -> Served | None:
        those = (one for one in among if one.is_same(side))
        return next((one for one in those if not entry.of_hardware or (entry.moved and is_on(one, side, entry))), None)

    left, came = sides(entry)
    gone = found(came, serving) if found(came, coming) is None else None
    return gone, found(left, coming) if found(left, serving) is not None else None


def refuse_other_models(request: Request, left: Config | None, requested: Config | None) -> None:
    """Refuse to have an endpoint of another name serve anything else: of that one nothing is tested or remembered.

    Args:
        request: The request.
        left: The config of the endpoint that is replaced.
        requested: The config of the new one.

    Raises:
        Refusal: If another model would answer, or one on other instances, or one less than before.
    """
    asked, old = request.asked, request.old
    if old is None or left is None or requested is None:
        raise Refusal(
            f"{asked.endpoint} shall replace another endpoint, and what that one serves can't be told; first deploy "
            "this release with the name that it has, then rename it"
        )
    serving, coming = ([_as_served(one) for one in config.production] for config in (left, requested))
    if any(one not in serving for one in coming) or any(one not in coming for one in serving):
        raise Refusal(
            f"{asked.endpoint} shall replace {old.endpoint}, and at the same time serve something else: nothing of "
            f"{asked.version} was tested under the new name, and no way back would be left; rename the endpoint in "
            f"a deployment of its own, then change what it serves, or the other way round"
        )


def _as_served(variant: Mapping[str, Any]) -> dict[str, Any]:
    """What users get of a variant, whatever its name and share and on however many instances."""
    return {name: one for name, one in variant.items() if name not in ("VariantName", "InitialVariantWeight", COUNT)}


def standing(history: Iterable[Entry]) -> list[Entry]:
    """The promotions that nobody has taken back."""
    found: list[Entry] = []
    for entry in history:
        if entry.undone is not None:
            continue
        if entry.kind == "promotion":
            found.append(entry)
        else:
            found = [one for one in found if not _takes_back(entry, one)]
    return found


def _takes_back(entry: Entry, promotion: Entry) -> bool:
    left, came = sides(entry)[0], sides(promotion)[1]
    if entry.of_hardware:
        # The model itself stays.
        return promotion.of_hardware and left.is_same(came) and is_on(left, came, promotion)
    return left.is_same(came)


def replaced_by(history: Iterable[Entry]) -> list[Entry]:
    """The promotions whose replaced side nothing has brought back since."""
    found: list[Entry] = []
    for entry in history:
        if entry.undone is None:
            found = [one for one in found if not _brings_back(entry, one)]
            found += [entry] if entry.kind == "promotion" else []
    return found


def _brings_back(entry: Entry, promotion: Entry) -> bool:
    came, left = sides(entry)[1], sides(promotion)[0]
    if promotion.of_hardware:
        return came.is_same(left) and is_on(came, left, promotion)
    # Of what nobody can tell, a way back that somebody gave a reason for is as good as the one that was asked about.
    return came.is_same(left) or (entry.kind == "rollback" and left.unknown)


def _named(model: str | None) -> str:
    return "a variant without a model" if model is None else f"the model {model}"
