"""What is done next to conclude a managed test: a pure function of what was seen, asked again after each step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.contract.scaled import Scaled
from shadow_ops.managed.experiment import Experiment
from shadow_ops.managed.record import Conclusion
from shadow_ops.managed.steps import (
    AskGate,
    Delete,
    Deregister,
    Done,
    Forget,
    Restore,
    Seen,
    Step,
    Stop,
    Update,
    Wait,
    Wanted,
)

_SETTLED = ("InService", "OutOfService")
_LONGEST_NAME = 63


def next_step(seen: Seen, wanted: Wanted) -> Step:
    """What is done next.

    Raises:
        CannotTellError: If what is asked for can't be done; nothing was changed.
    """
    experiment, live, kept = seen.experiment, seen.live, seen.conclusion
    if kept is not None and (kept.experiment, kept.created) != (experiment.name, experiment.created):
        _refuse(
            f"the promotion of {kept.model} by the test {kept.experiment} isn't done yet: first finish it with "
            f"--experiment {kept.experiment}"
        )
    if kept is not None and wanted.action != "promote":
        _refuse(f"{kept.model} is being promoted (decided {kept.at:%Y-%m-%d %H:%M} UTC): finish it with `promote`")
    if experiment.status not in ("Created", "Running", "Completed", "Cancelled"):
        return Wait(f"{experiment.name} is {experiment.status}")
    if live.status not in _SETTLED:
        if live.status in ("Failed", "UpdateRollbackFailed"):
            _refuse(f"the endpoint {live.name} is {live.status}: {live.failure_reason or 'SageMaker says no reason'}")
        return Wait(f"{live.name} is {live.status}")
    if wanted.action == "promote":
        return _promote(seen, wanted)
    if experiment.status == "Created":
        if wanted.action == "cancel":
            return Delete(experiment.name)
        _refuse(f"{experiment.name} begins at {experiment.start:%Y-%m-%d %H:%M} UTC: until then it can be cancelled")
    if experiment.over:
        return _over(seen, wanted)
    if wanted.action != "retain" and experiment.shadow.name in seen.scaled:
        return Deregister(experiment.shadow.name)
    return Stop(_stop(experiment, wanted, serving_on(experiment, live)))


def promoted_config(experiment: Experiment) -> str:
    """Name of the config by which the shadow's model serves after a test that is over: the same for the same test."""
    stamp = f"-promoted-{experiment.created:%Y%m%d%H%M%S}"
    return f"{experiment.name[: _LONGEST_NAME - len(stamp)].rstrip('-')}{stamp}"


def is_promoted(experiment: Experiment, live: LiveEndpoint) -> bool:
    """Whether the shadow's model serves as production because of this test.

    By SageMaker's own promotion it has kept its variant's name; by an update after the test the config has its own.
    """
    if live.shadow is not None or [one.model_name for one in live.production] != [experiment.shadow.model]:
        return False
    return live.production[0].name == experiment.shadow.name or live.config.name == promoted_config(experiment)


def promoted_on(experiment: Experiment, live: LiveEndpoint, wanted: Wanted) -> Instances:
    """What the promoted model shall serve on: as asked for, and of the same type never fewer than serve now."""
    if not isinstance(wanted.hardware, str):
        return wanted.hardware
    serving, on = serving_on(experiment, live), experiment.shadow.instances
    if wanted.hardware == "production":
        return serving
    return replace(on, count=max(on.count, serving.count)) if on.instance_type == serving.instance_type else on


def serving_on(experiment: Experiment, live: LiveEndpoint) -> Instances:
    """What production serves on now: scaling, or somebody, may have changed the count that the test says."""
    said = experiment.production.instances
    found = next((one for one in live.production if one.name == experiment.production.name), None)
    if found is None:
        return said
    return Instances(found.instance_type or said.instance_type, found.current_count or said.count)


def _promote(seen: Seen, wanted: Wanted) -> Step:
    experiment, live, kept = seen.experiment, seen.live, seen.conclusion
    if is_promoted(experiment, live):
        return _promoted(seen)
    if seen.ours:
        _refuse(
            f"{live.name} is deployed by a stack of this library: SageMaker's own promotion would rename production "
            f"and leave the stack behind; `shadow-test conclude {live.name} remove`, then deploy the candidate as the "
            "stack's shadow and promote it with its PromotionStack"
        )
    if experiment.status == "Created":
        _refuse(
            f"{experiment.name} begins at {experiment.start:%Y-%m-%d %H:%M} UTC: nothing was measured that could "
            f"promote {experiment.shadow.model}"
        )
    if len(live.production) != 1 or live.production[0].name != experiment.production.name:
        names = ", ".join(one.name for one in live.production)
        _refuse(f"{live.name} serves by {names} now, not by {experiment.production.name}: somebody has changed it")
    if kept is None:
        return AskGate(promoted_on(experiment, live, wanted))
    if experiment.status == "Cancelled" and experiment.completed is not None and experiment.completed >= kept.at:
        return _given_up(seen, kept)
    name = experiment.production.name
    if experiment.status == "Running":
        # SageMaker removes the variant, and refuses to remove one that scales, or to change its instance type
        # (Developer Guide, endpoint-scaling-update).
        if name in seen.scaled:
            return Deregister(name)
        tested = experiment.shadow
        if tested.name in seen.scaled and kept.instances.instance_type != tested.instances.instance_type:
            return Deregister(tested.name)
        return Stop(_stop(experiment, replace(wanted, reason=wanted.reason or kept.because), kept.instances))
    if name in seen.scaled and kept.instances.instance_type != live.production[0].instance_type:
        return Deregister(name)
    return Update(promoted_config(experiment), experiment.shadow.model, kept.instances)


def _given_up(seen: Seen, kept: Conclusion) -> Step:
    now = seen.scaled.get(seen.experiment.production.name)
    if kept.scaled is not None and now is None:
        return Restore(kept.scaled, None)
    said = seen.experiment.reason or "SageMaker says no reason"
    return Forget(f"SageMaker didn't promote {kept.model}, and {seen.live.name} serves as before: {said}")


def _promoted(seen: Seen) -> Step:
    experiment, live, kept = seen.experiment, seen.live, seen.conclusion
    name = live.production[0].name
    if kept is not None:
        wanted = None if kept.scaled is None else replace(kept.scaled, variant=name)
        now = seen.scaled.get(name)
        if wanted is not None and (now is None or not _covers(now, wanted)):
            return Restore(wanted, now)
        return Forget()
    on = live.production[0]
    said = [f"{experiment.shadow.model} serves {live.name} on {on.current_count} x {on.instance_type}"]
    if name != experiment.production.name:
        said.append(
            f"its variant is named {name} now, before it was {experiment.production.name}: change alarms, dashboards "
            "and guardrails that name the old one"
        )
    said.append(
        "whoever manages this endpoint (CloudFormation, Terraform, a script) doesn't know: put "
        f"{experiment.shadow.model} into its code before its next deployment, which would put "
        f"{experiment.production.model} back"
    )
    return Done(tuple(said))


def _covers(now: Scaled, wanted: Scaled) -> bool:
    same_bounds = (now.minimum, now.maximum) == (wanted.minimum, wanted.maximum)
    return same_bounds and set(wanted.policies) <= set(now.policies) and set(wanted.schedules) <= set(now.schedules)


def _over(seen: Seen, wanted: Wanted) -> Step:
    experiment, live = seen.experiment, seen.live
    shadow = None if live.shadow is None else live.shadow.name
    ended = f"{experiment.name} is {experiment.status}{'' if experiment.reason is None else f': {experiment.reason}'}"
    if is_promoted(experiment, live):
        _refuse(f"{ended}; {experiment.shadow.model} was promoted by it")
    if wanted.action == "retain":
        if shadow == experiment.shadow.name:
            return Done((ended, f"{shadow} goes on beside production"))
        _refuse(f"{ended}; there is no shadow any more that could be retained")
    if shadow is not None:
        _refuse(
            f"{ended}; {live.name} still has the shadow {shadow}, which only an update of the endpoint to a config "
            "without it removes"
        )
    return Done((ended, f"{experiment.production.model} serves {live.name}, without a shadow"))


def _stop(experiment: Experiment, wanted: Wanted, on: Instances) -> dict[str, Any]:
    production, shadow = experiment.production, experiment.shadow
    actions, desired = {
        "promote": (("Remove", "Promote"), [shadow.to_api(on)]),
        "remove": (("Retain", "Remove"), [production.to_api(on)]),
        "retain": (("Retain", "Retain"), [production.to_api(on), shadow.to_api()]),
        "cancel": (("Retain", "Remove"), [production.to_api(on)]),
    }[wanted.action]
    request: dict[str, Any] = {
        "Name": experiment.name,
        "ModelVariantActions": {production.name: actions[0], shadow.name: actions[1]},
        "DesiredModelVariants": desired,
        "DesiredState": "Cancelled" if wanted.action == "cancel" else "Completed",
    }
    # API member StopInferenceExperimentRequest.Reason takes 1,024 characters of one line.
    return request if wanted.reason is None else {**request, "Reason": " ".join(wanted.reason.split())[:1024]}


def _refuse(sentence: str) -> NoReturn:
    raise CannotTellError(sentence)
