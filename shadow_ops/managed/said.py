"""What a managed test's stack says, while that test is what serves."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment, describe
from shadow_ops.contract.declared import Declared


@dataclass(frozen=True)
class Word:
    """Whose word holds of an endpoint.

    Attributes:
        live: What serves.
        declared: What is said of it.
        experiment: The managed test of a stack, whatever it is at; None if there is none.
    """

    live: LiveEndpoint
    declared: Declared | None
    experiment: Experiment | None = None


def of_what_serves(
    sagemaker: Client,
    live: LiveEndpoint,
    settings: Declared | None,
    managed: Declared | None,
) -> Word:
    """The endpoint, and whose word holds of it: the managed test's while its config serves, else the endpoint's own.

    Args:
        sagemaker: The client; asked only where there is a managed test.
        live: What serves.
        settings: What the endpoint's stack says.
        managed: What the managed test's stack says.

    Raises:
        ClientError: If a call is refused.
    """
    if managed is None or managed.experiment is None:
        return Word(live, settings)
    found = describe(sagemaker, managed.experiment)
    if found is None or live.shadow is None or found.config != live.config.name:
        return Word(live, settings, found)
    return Word(replace(live, since=found.modified), replace(managed, config=live.config.name), found)
