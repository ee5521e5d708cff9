"""A managed test whose endpoint is gone: it can't be promoted, only ended."""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import ClientError

from shadow_ops.aws.boto import Client
from shadow_ops.aws.experiment import Experiment, describe
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.steps import Done, Wanted
from shadow_ops.managed.stopping import stop_request

_LOOKS = 30


class EndpointGoneError(CannotTellError):
    """There is a test, and no endpoint any more.

    Args:
        experiment: The test.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        super().__init__(
            f"the endpoint {experiment.endpoint} is gone, so nothing can be promoted on it; {what_is_left(experiment)}"
        )


def what_is_left(experiment: Experiment) -> str:
    """The test without its endpoint, and what is to do about it."""
    said = f"its managed test {experiment.name} is {experiment.status}"
    if experiment.over:
        return f"{said}, and nothing is left to do"
    return (
        f"{said} all the same, by its schedule until {experiment.end:%Y-%m-%d %H:%M} UTC, and measures nothing; to end "
        f"it: shadow-test conclude {experiment.endpoint} cancel"
    )


def end(sagemaker: Client, gone: EndpointGoneError, wanted: Wanted, sleep: Callable[[], None]) -> Done:
    """End the test all the same. Whether SageMaker does so without the endpoint isn't documented, so it is looked at.

    Raises:
        CannotTellError: If the test is to be promoted or its shadow retained, or SageMaker doesn't end it.
    """
    found: Experiment | None = gone.experiment
    if wanted.action not in ("remove", "cancel") and not gone.experiment.over:
        raise gone
    asked = False
    for _ in range(_LOOKS):
        if found is None:
            return Done((f"{gone.experiment.name} is deleted, and its endpoint {gone.experiment.endpoint} is gone",))
        if found.over:
            return Done((f"{found.name} is {found.status}, and its endpoint {found.endpoint} is gone",))
        if not asked and found.status in ("Created", "Running"):
            _ask(sagemaker, found, wanted)
            asked = True
        sleep()
        found = describe(sagemaker, gone.experiment.name)
    raise CannotTellError(_in_vain(gone.experiment, "it goes on being at work"))


def _ask(sagemaker: Client, found: Experiment, wanted: Wanted) -> None:
    try:
        if found.status == "Created":
            sagemaker.delete_inference_experiment(Name=found.name)
        else:
            sagemaker.stop_inference_experiment(**stop_request(found, wanted, found.production.instances))
    except ClientError as error:
        raise CannotTellError(_in_vain(found, str(error))) from None


def _in_vain(found: Experiment, why: str) -> str:
    return (
        f"SageMaker doesn't end {found.name} without its endpoint {found.endpoint} ({why}); by its schedule it ends at "
        f"{found.end:%Y-%m-%d %H:%M} UTC"
    )
