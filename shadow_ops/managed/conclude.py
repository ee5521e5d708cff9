"""Conclude a managed test: look, do the next step, look again, until nothing is left to do.

Whoever is stopped in between is followed by the next call: what was decided, and how production scaled, is on record.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from shadow_ops.aws import endpoint as endpoints
from shadow_ops.aws.errors import error_code
from shadow_ops.aws.parameters import text_of
from shadow_ops.aws.scaling import Scaling
from shadow_ops.contract.declared import settings_name
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed import experiment as experiments
from shadow_ops.managed import record
from shadow_ops.managed.decide import next_step
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

_POLL_SECONDS = 10.0
# SageMaker gives an update an hour and more where instances are scarce.
_PATIENCE_SECONDS = 3 * 3600.0


class Services(Protocol):
    """Whatever holds boto3 clients of these."""

    @property
    def sagemaker(self) -> Any:  # noqa: ANN401 - a boto3 client
        """Endpoints and managed tests."""

    @property
    def ssm(self) -> Any:  # noqa: ANN401 - a boto3 client
        """The record of a conclusion."""

    @property
    def autoscaling(self) -> Any:  # noqa: ANN401 - a boto3 client
        """Application Auto Scaling."""

    @property
    def cloudwatch(self) -> Any:  # noqa: ANN401 - a boto3 client
        """Metrics, and alarms of step scaling policies."""


@dataclass(frozen=True)
class Helm:
    """Who decides, who is told, and the time.

    Attributes:
        consent: Asked once whether the shadow may be promoted, with what it would serve on; returns what is put on
            record (the gate's word, or a person's reason), and raises where it may not.
        tell: Told of each step in a sentence.
        now: The time.
        sleep: Waits.
        poll_seconds: How often SageMaker is asked while it is at work.
    """

    consent: Callable[[Seen, Instances], str]
    tell: Callable[[str], None]
    now: Callable[[], datetime.datetime] = field(default=lambda: datetime.datetime.now(datetime.UTC))
    sleep: Callable[[float], None] = field(default=lambda seconds: time.sleep(seconds))
    poll_seconds: float = _POLL_SECONDS


def observe(services: Services, experiment: Experiment) -> Seen:
    """See all that a conclusion depends on.

    Raises:
        CannotTellError: If test or endpoint are gone.
        ClientError: If a call is refused.
    """
    found = experiments.describe(services.sagemaker, experiment.name)
    live = endpoints.describe(services.sagemaker, experiment.endpoint)
    if found is None or live is None:
        what = f"the managed test {experiment.name}" if found is None else f"the endpoint {experiment.endpoint}"
        raise CannotTellError(f"{what} is gone")
    names = [one.name for one in (*live.production, *([] if live.shadow is None else [live.shadow]))]
    return Seen(
        experiment=found,
        live=live,
        scaled=Scaling(services, live.name).read(names),
        conclusion=record.read(services.ssm, live.name),
        ours=_is_ours(services.ssm, live.name),
    )


def conclude(services: Services, experiment: Experiment, wanted: Wanted, helm: Helm) -> Done:
    """Conclude a test.

    Returns:
        What stands now.

    Raises:
        CannotTellError: If it can't be done, or SageMaker didn't do it; the sentence says what serves.
        ClientError: If a call is refused.
    """
    asked: list[type[Step]] = []
    began, said = helm.now(), ""
    while True:
        seen = observe(services, experiment)
        step = next_step(seen, wanted)
        if isinstance(step, Done):
            return step
        if isinstance(step, Wait):
            if (helm.now() - began).total_seconds() > _PATIENCE_SECONDS:
                raise CannotTellError(f"{step.said} still; run the same command again, it goes on from there")
            if step.said != said:
                helm.tell(f"{step.said} ...")
                said = step.said
            helm.sleep(helm.poll_seconds)
            continue
        if isinstance(step, Stop | Update) and type(step) in asked:
            why = seen.live.failure_reason or seen.experiment.reason or "SageMaker says no reason"
            raise CannotTellError(
                f"SageMaker didn't do what was asked for: {why}; "
                f"`shadow-test status {seen.live.name}` says what serves, the same command tries again"
            )
        asked.append(type(step))
        _act(services, seen, step, helm)
        if isinstance(step, Delete):
            return Done((f"{experiment.name} was cancelled before it began, and {experiment.endpoint} is as it was",))


def _act(services: Services, seen: Seen, step: Step, helm: Helm) -> None:
    live, experiment = seen.live, seen.experiment
    scaling = Scaling(services, live.name)
    match step:
        case AskGate(instances):
            because = helm.consent(seen, instances)
            scaled = seen.scaled.get(experiment.production.name)
            made = Conclusion(
                experiment.name, experiment.created, experiment.shadow.model, instances, scaled, because, helm.now()
            )
            record.write(services.ssm, live.name, made)
            helm.tell(f"decided: {experiment.shadow.model} on {instances.count} x {instances.instance_type}; {because}")
        case Deregister(variant):
            kept = " while it is replaced; how it scales is on record" if variant == experiment.production.name else ""
            helm.tell(f"{variant} doesn't scale any more{kept}")
            scaling.deregister(variant)
        case Stop(request):
            helm.tell(f"ending {experiment.name}: {_spoken(request['ModelVariantActions'])}")
            _once(services.sagemaker.stop_inference_experiment, **request)
        case Delete(name):
            helm.tell(f"deleting {name}, which hasn't begun")
            services.sagemaker.delete_inference_experiment(Name=name)
        case Update():
            helm.tell(f"updating {live.name}: {step.model} in the place of {live.production[0].model_name}")
            _update(services.sagemaker, seen, step)
        case Restore(wanted, now):
            helm.tell(f"{wanted.variant} scales again from {wanted.minimum} to {wanted.maximum}")
            scaling.put(wanted, now)
        case Forget(failure):
            record.forget(services.ssm, live.name)
            if failure is not None:
                raise CannotTellError(failure)


def _update(sagemaker: Any, seen: Seen, step: Update) -> None:  # noqa: ANN401 - a boto3 client
    """An update by hand: the config that serves, with another model, under the same variant name."""
    served = sagemaker.describe_endpoint_config(EndpointConfigName=seen.live.config.name)
    keep = ("DataCaptureConfig", "KmsKeyId", "ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation", "MetricsConfig")
    variant = {
        **served["ProductionVariants"][0],
        "ModelName": step.model,
        "InstanceType": step.instances.instance_type,
        "InitialInstanceCount": step.instances.count,
    }
    made = {key: served[key] for key in keep if served.get(key) is not None}
    _once(
        sagemaker.create_endpoint_config,
        EndpointConfigName=step.config,
        ProductionVariants=[variant],
        **made,
    )
    sagemaker.update_endpoint(EndpointName=seen.live.name, EndpointConfigName=step.config)


def _once(call: Callable[..., Any], **request: Any) -> None:  # noqa: ANN401 - of any operation
    """Call, and take "it is so already" for an answer: the call before this one may have been heard."""
    try:
        call(**request)
    except Exception as error:
        already = "already existing" in str(error) or error_code(error) == "ConflictException"
        if not already:
            raise


def _spoken(actions: dict[str, str]) -> str:
    return ", ".join(f"{action.lower()} {variant}" for variant, action in actions.items())


def _is_ours(ssm: Any, endpoint: str) -> bool:  # noqa: ANN401 - a boto3 client
    return text_of(ssm, settings_name(endpoint)) is not None
