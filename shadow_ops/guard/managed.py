"""Managed tests (InferenceExperiment) on a guarded endpoint: while one runs nothing is updated, afterwards it counts.

SageMaker serves by configs of its own for such a test and at its end. What serves is therefore told by its content
where the code asks for no other config.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.records import Pending
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.reasons import Reason
from shadow_ops.guard.direction import is_foreign, leaves_alone
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, Unread


def as_asked(request: Request, live: LiveEndpoint, seen: Seen) -> LiveEndpoint:
    """What serves, by the name that the code has for it, where the code leaves the endpoint alone.

    SageMaker ends a managed test with a config of its own, and people update endpoints: CloudFormation sees neither. A
    config that the guard knows is the stack's, which CloudFormation deletes once another one is said to serve.
    """
    asked, record = request.asked.config, seen.pending
    if not leaves_alone(request) or not isinstance(record, Pending):
        return live
    if live.config.name == asked or not is_foreign(live, record) or failed(live, record, asked):
        return live
    return replace(live, config=replace(live.config, name=asked))


def failed(live: LiveEndpoint, record: Pending, asked: str) -> bool:
    """Whether an update to what is asked for has failed, or was never begun, and was left so: it is tried again."""
    return record.target == asked != record.source and (record.source == live.config.name or not record.done)


def refuse_while_tested(request: Request, live: LiveEndpoint, record: Pending | None) -> None:
    """Refuse an update of an endpoint on which somebody tests a shadow that this stack hasn't deployed.

    Raises:
        Refusal: With how it is concluded.
    """
    old, shadow = request.old, live.shadow
    if shadow is None or old is None or old.endpoint != live.name:
        return
    if record is not None and live.config.name == record.target:
        # The stack asked for it, though a rollback was continued past the endpoint.
        return
    if old.shadow_version is None and live.config.name != old.config:
        raise Refusal(
            f"a managed test runs on {live.name}, or its shadow was retained: SageMaker, or somebody, has put "
            f"{shadow.model_name} beside production as {shadow.name}, and {_harm(request, old)}; conclude it first: "
            f"shadow-test conclude {live.name} promote|remove (`shadow-test status {live.name}` says since when)"
        )


def refuse_before_a_test(request: Request, live: LiveEndpoint, test: Experiment | None) -> None:
    """Refuse an update that a managed test undoes, once it begins or ends: it was made for what serves now.

    What leaves the endpoint, its scaling and the candidate's model alone goes on.

    Raises:
        Refusal: With how the test is called off.
    """
    old, asked = request.old, request.asked
    if test is None or test.over or test.config == live.config.name:
        return
    if old is not None and leaves_alone(request) and (old.tested, old.scaling) == (asked.tested, asked.scaling):
        return
    begun = test.status not in ("Creating", "Created")
    when = f"is {test.status}" if begun else f"begins at {test.start:%Y-%m-%d %H:%M} UTC"
    gone = old is not None and old.tested not in (None, asked.tested)
    harm = "this deployment would delete the model that it tests" if gone else "an update would be undone by it"
    raise Refusal(
        f"the managed test {test.name} of {live.name} {when}, with {test.production.model} on "
        f"{test.production.instances.count} x {test.production.instances.instance_type} as production, so {harm}; "
        f"conclude it first: shadow-test conclude {live.name} {'remove' if begun else 'cancel'}, and begin it again "
        "afterwards"
    )


def _harm(request: Request, old: Asked) -> str:
    if leaves_alone(request) and old.tested is not None and old.tested != request.asked.tested:
        return f"this deployment would delete the model {old.tested} that it tests"
    return "an update would end that without a word"


def measured(seen: Seen, live: LiveEndpoint, request: Request) -> str | None:
    """The model that may be promoted without a shadow: its managed test was concluded so, which is on record."""
    if live.shadow is not None or isinstance(seen.reasons, Unread):
        return None
    return _subject(seen.reasons, live, seen, request)


def _subject(reasons: Iterable[Reason], live: LiveEndpoint, seen: Seen, request: Request) -> str | None:
    for one in reasons:
        given = {"purpose": "promotion", "config": live.config.name, "now": seen.now, "request": request.id}
        if one.void_because(**given, subject=one.subject) is None:  # type: ignore[arg-type] # as the names say
            return one.subject
    return None
