"""The share of a managed test: changed in place while it runs, or before."""

from __future__ import annotations

from typing import Any

from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.experiment import describe, named


def change(sagemaker: Any, endpoint: str, name: str | None, percent: int) -> str:  # noqa: ANN401 - a boto3 client
    """Change the share, and look that SageMaker has taken it.

    Returns:
        A sentence about what holds now.

    Raises:
        CannotTellError: If the test is over or under way between two states, or SageMaker didn't take the share.
        ClientError: If a call is refused.
    """
    experiment = named(sagemaker, endpoint, name)
    if experiment.status not in ("Created", "Running"):
        raise CannotTellError(
            f"{experiment.name} is {experiment.status}: only a test that is created or running takes another share"
        )
    before = experiment.sampling_percent
    if before == percent:
        return f"{experiment.name} copies {percent} % of the requests already"
    sagemaker.update_inference_experiment(Name=experiment.name, ShadowModeConfig=experiment.mode(percent))
    found = describe(sagemaker, experiment.name)
    if found is None or (found.sampling_percent != percent and found.status != "Updating"):
        raise CannotTellError(f"SageMaker didn't take the share of {experiment.name}: it is {before} % as before")
    when = "from its start" if experiment.status == "Created" else "from now on, and is judged from here on"
    return f"{experiment.name} copies {percent} % of the requests {when}, before it was {before} %"
