"""How a managed test is ended in the API's words, and what must hold before its shadow is promoted."""

from __future__ import annotations

from typing import Any

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.steps import Seen, Wanted

LATE_LOOKS = 12
"""Looks at which what was asked for may not show yet: SageMaker's answers lag behind its word."""


def serving_on(experiment: Experiment, live: LiveEndpoint) -> Instances:
    """What production serves on now: scaling, or somebody, may have changed the count that the test says."""
    said = experiment.production.instances
    found = next((one for one in live.production if one.name == experiment.production.name), None)
    if found is None:
        return said
    return Instances(found.instance_type or said.instance_type, found.current_count or said.count)


def stop_request(experiment: Experiment, wanted: Wanted, on: Instances) -> dict[str, Any]:
    """StopInferenceExperiment's request.

    Args:
        experiment: The test.
        wanted: How it is ended, and why.
        on: What production, or what is promoted, serves on afterwards.
    """
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


def is_retained(experiment: Experiment, live: LiveEndpoint) -> bool:
    """Whether the test is over and its shadow goes on beside production: somebody has retained it.

    What serves was made by the test's end then: not before the test, and not by a later deployment of the same shadow.
    """
    shadow, ended = live.shadow, experiment.completed
    if shadow is None or ended is None or not experiment.created <= live.config.created <= ended:
        return False
    return experiment.over and (shadow.name, shadow.model_name) == (experiment.shadow.name, experiment.shadow.model)


def check_compared(seen: Seen) -> None:
    """Check that what serves is what the shadow was compared with.

    Raises:
        CannotTellError: If it isn't, or nothing was measured yet.
    """
    experiment, live = seen.experiment, seen.live
    if experiment.status == "Created":
        raise CannotTellError(
            f"{experiment.name} begins at {experiment.start:%Y-%m-%d %H:%M} UTC: nothing was measured that could "
            f"promote {experiment.shadow.model}"
        )
    serving = [(one.name, one.model_name) for one in live.production]
    if serving != [(experiment.production.name, experiment.production.model)]:
        names = ", ".join(f"{model} as {name}" for name, model in serving)
        raise CannotTellError(
            f"{live.name} serves {names} now, and {experiment.name} has compared {experiment.shadow.model} with "
            f"{experiment.production.model}: test it beside what serves"
        )
    if experiment.over and live.shadow is not None and not is_retained(experiment, live):
        raise CannotTellError(
            f"{live.name} has the shadow {live.shadow.name}, which isn't that of {experiment.name}: take it out first"
        )
