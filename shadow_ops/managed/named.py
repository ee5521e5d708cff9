"""The managed test that people mean: by its name, or as the one that has an endpoint. Read by the command line only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from shadow_ops.aws import endpoint as endpoints
from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment, describe
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.find import LOOKED_AT, at_work, find, names
from shadow_ops.managed.stopping import is_retained


def running(sagemaker: Client, endpoint: str) -> Experiment | None:
    """The managed test that runs on an endpoint, whoever has made it; None if none of the newest hundred does.

    Raises:
        ClientError: If a call is refused.
    """
    return next((one for one in _newest(sagemaker, endpoint, "Running") if one.status == "Running"), None)


def under_way(sagemaker: Client) -> dict[str, Experiment]:
    """The managed tests that aren't over, whoever has made them, by endpoint: of each status the newest hundred.

    Raises:
        ClientError: If a call is refused.
    """
    found: dict[str, Experiment] = {}
    # The one that is at work comes last, in the place of one that is to begin.
    for status in ("Creating", "Created", "Starting", "Stopping", "Updating", "Running"):
        for one in _newest(sagemaker, None, status):
            if not one.over:
                found[one.endpoint] = one
    return found


def retained(sagemaker: Client, live: LiveEndpoint) -> Experiment | None:
    """The test whose shadow was retained on an endpoint, whoever has made it; None if none of the newest hundred.

    Raises:
        ClientError: If a call is refused.
    """
    return next((one for one in _newest(sagemaker, live.name, "Completed") if is_retained(one, live)), None)


def _newest(sagemaker: Client, endpoint: str | None, status: str) -> Iterator[Experiment]:
    """Those of the newest hundred tests of a status that are an endpoint's, or anybody's."""
    for name in itertools.islice(names(sagemaker, StatusEquals=status), LOOKED_AT):
        try:
            one = describe(sagemaker, name)
        except CannotTellError:
            continue
        if one is not None and endpoint in (None, one.endpoint):
            yield one


def never_made(sagemaker: Client, endpoint: str, name: str | None) -> str | None:
    """The sentence about a test that isn't there, on an endpoint that serves alone and that no other test has.

    Of a scheduled one that was cancelled SageMaker keeps nothing. None where there is more to say than that.

    Raises:
        ClientError: If a call is refused.
    """
    live = endpoints.describe(sagemaker, endpoint)
    if live is None or live.shadow is not None or at_work(sagemaker, endpoint) is not None:
        return None
    if name is not None and describe(sagemaker, name) is not None:
        return None
    test = "managed test" if name is None else f"managed test {name}"
    return (
        f"there is no {test} of {endpoint} (one that is cancelled before it begins is deleted): nothing is left to do"
    )


def named(sagemaker: Client, endpoint: str, name: str | None) -> Experiment:
    """The managed test of a name, which must be of that endpoint; without a name as `find`.

    Raises:
        CannotTellError: If there is none, or it is another endpoint's.
        ClientError: If a call is refused.
    """
    if name is None:
        return find(sagemaker, endpoint)
    found = describe(sagemaker, name)
    if found is None:
        raise CannotTellError(f"there is no managed shadow test {name!r}; `--experiment` takes its exact name")
    if found.endpoint != endpoint:
        raise CannotTellError(f"the managed shadow test {name} is of the endpoint {found.endpoint}, not of {endpoint}")
    other = at_work(sagemaker, endpoint) if found.over else None
    if other is not None:
        raise CannotTellError(
            f"{name} is {found.status}, and {endpoint} has the managed test {other.name}, which is {other.status}: "
            f"conclude that one first, by `--experiment {other.name}` or without the option"
        )
    return found
