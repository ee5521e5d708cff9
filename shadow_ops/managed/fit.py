"""Whether a managed test can begin on an endpoint: all that SageMaker would refuse, before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.managed import ManagedAsked
from shadow_ops.contract.problems import CannotTellError


def check_fit(asked: ManagedAsked, live: LiveEndpoint | None) -> None:
    """Check what serves.

    Args:
        asked: The test.
        live: The endpoint at rest, or None if there is none.

    Raises:
        CannotTellError: If no such test can be on it, in one line.
    """
    if live is None:
        _refuse(
            f"there is no endpoint {asked.endpoint}, and one that a managed test makes is nobody's afterwards; make it "
            f'first: ShadowTestStack(app, "{asked.endpoint}", test=managed), and give that stack\'s endpoint to '
            "ManagedShadowTestStack(..., endpoint=...)"
        )
    if live.status != "InService":
        why = "" if live.failure_reason is None else f": {live.failure_reason}"
        _refuse(f"the endpoint {live.name} is {live.status}{why}; bring it to InService, then deploy again")
    if live.shadow is not None:
        _refuse(
            f"{live.name} has the shadow {live.shadow.name} already, and an endpoint has one: end that test first "
            f"(`shadow-test status {live.name}` says whose it is)"
        )
    if len(live.production) != 1:
        names = ", ".join(one.name for one in live.production)
        _refuse(f"{live.name} has {len(live.production)} production variants ({names}), and a shadow test takes one")
    [serving] = live.production
    if serving.model_name is None:
        _refuse(f"{live.name} serves inference components, which no shadow test can be beside")
    if serving.instance_type is None:
        _refuse(f"{live.name} is serverless, which no shadow test can be beside")
    if serving.instance_type.startswith("ml.inf1."):
        _refuse(f"{live.name} runs on {serving.instance_type}, and no shadow test can be on Inf1")
    said, found = (asked.production, asked.production_model), (serving.name, serving.model_name)
    if said != found:
        _refuse(
            f"{live.name} serves {found[1]} as {found[0]}, and the code compares with {said[1]} as {said[0]}: deploy "
            "the endpoint's stack first, or write into the code what serves"
        )


def check_config(live: LiveEndpoint, config: Mapping[str, Any]) -> None:
    """Check what of the endpoint's config a test excludes.

    Args:
        live: The endpoint.
        config: SageMaker's description of the config that serves.

    Raises:
        CannotTellError: If no managed test can be on it.
    """
    # Developer Guide, shadow-tests: exclusions.
    if config.get("AsyncInferenceConfig"):
        _refuse(f"{live.name} answers asynchronously, which no shadow test can be beside")


def check_model(model: Mapping[str, Any]) -> None:
    """Check a model that takes part.

    Args:
        model: SageMaker's description of it.

    Raises:
        CannotTellError: If it can't take part in a shadow test.
    """
    name, containers = model["ModelName"], model.get("Containers") or ()
    every = [*containers, *([model["PrimaryContainer"]] if model.get("PrimaryContainer") else [])]
    if len(every) > 1:
        _refuse(f"the model {name} has {len(every)} containers, and a shadow test takes models of one")
    if any(one.get("Mode") == "MultiModel" for one in every):
        _refuse(f"the model {name} serves many models, and a shadow test takes models that serve one")


def check_free(asked: ManagedAsked, other: Experiment | None) -> None:
    """Check that no other managed test has the endpoint.

    Raises:
        CannotTellError: If one has.
    """
    if other is not None:
        _refuse(
            f"{asked.endpoint} has the managed test {other.name}, which is {other.status} until "
            f"{other.end:%Y-%m-%d %H:%M} UTC; conclude it first: shadow-test conclude {asked.endpoint} {way_out(other)}"
        )


def way_out(experiment: Experiment) -> str:
    """What concludes a test: one that hasn't begun takes no other end."""
    return "cancel" if experiment.status in ("Creating", "Created") else "promote|remove"


def _refuse(sentence: str) -> NoReturn:
    raise CannotTellError(sentence)
