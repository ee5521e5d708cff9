"""How a managed test is ended in the API's words, and what has come of one that is over."""

from __future__ import annotations

from typing import Any

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.instances import Instances
from shadow_ops.managed.steps import Wanted

_PREFIX = 40
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
        "DesiredState": wanted.state,
    }
    # API member StopInferenceExperimentRequest.Reason takes 1,024 characters of one line.
    return request if wanted.reason is None else {**request, "Reason": " ".join(wanted.reason.split())[:1024]}


def is_retained(experiment: Experiment, live: LiveEndpoint) -> bool:
    """Whether the test is over and its shadow goes on beside production: somebody has retained it.

    What serves was made by the test's end then: not before the test, and not by a later deployment of the same shadow.
    """
    shadow = live.shadow
    if shadow is None or not _made_by(experiment, live):
        return False
    return experiment.over and (shadow.name, shadow.model_name) == (experiment.shadow.name, experiment.shadow.model)


def _made_by(experiment: Experiment, live: LiveEndpoint) -> bool:
    """Whether what serves was made while the test went on, or by its end."""
    ended = experiment.completed
    return ended is not None and experiment.created <= live.config.created <= ended


def promoted_prefix(experiment: Experiment) -> str:
    """How the names of configs begin by which the shadow's model serves after a test that is over."""
    return f"{experiment.name[:_PREFIX].rstrip('-')}-{experiment.created:%y%m%d%H%M}-"


def is_promoted_by_it(experiment: Experiment, live: LiveEndpoint) -> bool:
    """Whether the shadow's model serves as production because of this test, and no stack's deployment.

    By SageMaker's own promotion it has kept its variant's name; by an update after the test the config has its own.
    """
    if not experiment.over or live.shadow is not None:
        return False
    if [one.model_name for one in live.production] != [experiment.shadow.model]:
        return False
    # An older test of the same model and names has promoted nothing of what a later one has.
    named = live.production[0].name == experiment.shadow.name
    return (named and _made_by(experiment, live)) or live.config.name.startswith(promoted_prefix(experiment))


def is_promoted(experiment: Experiment, live: LiveEndpoint, on: Instances | None = None) -> bool:
    """Whether what was tested serves alone, whoever has seen to it: by the model, of a test of hardware by what it is.

    Args:
        experiment: The test.
        live: What its endpoint serves.
        on: What a promotion serves on, where the code says it.
    """
    if is_promoted_by_it(experiment, live):
        return True
    if not experiment.over or live.shadow is not None:
        return False
    if [one.model_name for one in live.production] != [experiment.shadow.model]:
        return False
    tested, before = (on or experiment.shadow.instances).instance_type, experiment.production
    serves = live.production[0].instance_type
    return experiment.shadow.model != before.model or serves == tested != before.instances.instance_type
