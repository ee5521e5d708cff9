"""The share of a managed test: changed in place while it runs, or before; at once, or by a ramp."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Protocol

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import describe as describe_endpoint
from shadow_ops.aws.experiment import Experiment, describe
from shadow_ops.contract.declared import Declared
from shadow_ops.contract.managed import ramp_name
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed import ramp
from shadow_ops.managed.gone import EndpointGoneError
from shadow_ops.managed.named import named
from shadow_ops.managed.ramp import Ramp
from shadow_ops.managed.ramp_words import check_steps, spoken


class Services(Protocol):
    """Whatever holds boto3 clients of these."""

    @property
    def sagemaker(self) -> Client:
        """Managed tests."""

    @property
    def ssm(self) -> Client:
        """Ramps."""


def change(services: Services, endpoint: str, name: str | None, percent: int) -> list[str]:
    """Change the share, and look that SageMaker has taken it. A ramp ends by it.

    Returns:
        A sentence about each thing that holds now.

    Raises:
        CannotTellError: If the test is over or under way between two states, or SageMaker didn't take the share.
        ClientError: If a call is refused.
    """
    experiment = _changeable(services.sagemaker, endpoint, name)
    return [_set(services.sagemaker, experiment, percent), *_stop(services.ssm, experiment)]


def begin(
    services: Services,
    endpoint: str,
    name: str | None,
    steps: tuple[int, ...],
    every: datetime.timedelta,
    *,
    by: Callable[[], str],
    now: datetime.datetime,
) -> list[str]:
    """Copy the first share of a ramp, and put on record that the others follow.

    Args:
        services: The clients.
        endpoint: The endpoint.
        name: The test's name; by default the endpoint's newest.
        steps: The shares, rising.
        every: How long each is looked at.
        by: Says who asks.
        now: The time.

    Returns:
        A sentence about each thing that holds now.

    Raises:
        CannotTellError: If nobody would carry the ramp out, it takes longer than the test, or the share can't be
            changed; nothing was changed.
        ClientError: If a call is refused.
    """
    experiment = _changeable(services.sagemaker, endpoint, name)
    _check_carried(services.ssm, experiment)
    found = _known(services.ssm, endpoint)
    if found is not None and (found[0].experiment, found[0].steps, found[0].every) == (experiment.name, steps, every):
        course, share = found[1], experiment.sampling_percent
        if course.ended is None:
            return [f"the ramp of {experiment.name} is under way already, at {share} %"]
        if course.taken and course.taken[-1][0] == share:
            return [
                f"the ramp of {experiment.name} has ended ({course.ended}), and {share} % are copied as it left "
                f"them; to begin it anew, first: shadow-test sampling {endpoint} {steps[0]}"
            ]
    check_steps(steps, every, experiment, now)
    said = _set(services.sagemaker, experiment, steps[0])
    made = Ramp(id=f"{now:%Y%m%dT%H%M%S%f}", experiment=experiment.name, steps=steps, every=every, by=by(), at=now)
    parameters.write(services.ssm, ramp_name(endpoint), made.to_json())
    return [said, f"the ramp goes on by itself ({spoken(made)}), until the gate says FAIL or the share is changed"]


def _changeable(sagemaker: Client, endpoint: str, name: str | None) -> Experiment:
    experiment = named(sagemaker, endpoint, name)
    if experiment.status not in ("Created", "Running"):
        fix = "" if experiment.over or experiment.status == "Stopping" else "; try again then"
        raise CannotTellError(
            f"{experiment.name} is {experiment.status}: only a test that is Created or Running takes another share{fix}"
        )
    if describe_endpoint(sagemaker, endpoint) is None:
        raise EndpointGoneError(experiment)
    return experiment


def _check_carried(ssm: Client, experiment: Experiment) -> None:
    said = Declared.read(experiment.endpoint, lambda name: parameters.text_of(ssm, name), managed=True)
    if said is None or said.experiment != experiment.name:
        raise CannotTellError(
            f"no ManagedShadowTestStack has made {experiment.name}, so nothing would carry a ramp out; change its "
            f"share by hand: shadow-test sampling {experiment.endpoint} PERCENT"
        )
    if said.watch_off is not None:
        raise CannotTellError(
            f"nobody watches {experiment.endpoint} ({said.watch_off}), and a ramp goes on after a look of the watch: "
            f"take Watch.off out of its code, or shadow-test sampling {experiment.endpoint} PERCENT"
        )


def _known(ssm: Client, endpoint: str) -> tuple[Ramp, ramp.Course] | None:
    try:
        return ramp.read(ssm, endpoint)
    except parameters.DamagedRecordError:
        # Nobody carries that out; it is replaced.
        return None


def _stop(ssm: Client, experiment: Experiment) -> list[str]:
    found = _known(ssm, experiment.endpoint)
    if found is None or found[0].experiment != experiment.name:
        return []
    parameters.remove(ssm, [ramp_name(experiment.endpoint)])
    return [] if found[1].ended is not None else [f"its ramp ({spoken(found[0])}) has ended by this"]


def _set(sagemaker: Client, experiment: Experiment, percent: int) -> str:
    before = experiment.sampling_percent
    if before == percent:
        return f"{experiment.name} copies {percent} % of the requests already"
    sagemaker.update_inference_experiment(Name=experiment.name, ShadowModeConfig=experiment.mode(percent))
    found = describe(sagemaker, experiment.name)
    if found is None or (found.sampling_percent != percent and found.status != "Updating"):
        raise CannotTellError(f"SageMaker didn't take the share of {experiment.name}: it is {before} % as before")
    when = "from its start" if experiment.status == "Created" else "from now on, and is judged from here on"
    return f"{experiment.name} copies {percent} % of the requests {when}, before it was {before} %"
