"""How the managed test of an endpoint is found."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from shadow_ops.aws.boto import Client, pages
from shadow_ops.aws.experiment import Experiment, describe
from shadow_ops.contract.problems import CannotTellError

LOOKED_AT = 100
"""How many of the newest tests are looked at."""


def find(sagemaker: Client, endpoint: str) -> Experiment:
    """The managed test of an endpoint: the one at work, else one that is to begin, else the newest.

    ListInferenceExperiments can't be asked for an endpoint and doesn't say it, so each is looked at, the newest first.

    Raises:
        CannotTellError: If none of the newest hundred is of that endpoint.
        ClientError: If a call is refused.
    """
    found: list[Experiment] = []
    for name in itertools.islice(names(sagemaker), LOOKED_AT):
        try:
            one = describe(sagemaker, name)
        except CannotTellError:
            # Of which endpoint it is, isn't said either.
            continue
        if one is None or one.endpoint != endpoint:
            continue
        if not one.over and one.status != "Created":
            return one
        found.append(one)
    if not found:
        raise CannotTellError(
            f"there is no managed shadow test of {endpoint} among the newest {LOOKED_AT} of this account and Region; "
            f"`shadow-test status {endpoint}` says what the endpoint serves, --experiment NAME takes an older test"
        )
    return next((one for one in found if not one.over), found[0])


def at_work(sagemaker: Client, endpoint: str) -> Experiment | None:
    """The managed test that has an endpoint, or will have it; None if none of the newest hundred has.

    Raises:
        ClientError: If a call is refused.
    """
    try:
        found = find(sagemaker, endpoint)
    except CannotTellError:
        return None
    return None if found.over else found


def names(sagemaker: Client, **asked: str) -> Iterator[str]:
    """The names of managed tests, the newest first."""
    listing = sagemaker.list_inference_experiments
    for page in pages(listing, SortBy="CreationTime", SortOrder="Descending", **asked):
        for one in page["InferenceExperiments"]:
            yield one["Name"]
