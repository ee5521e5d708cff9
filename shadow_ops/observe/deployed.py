"""Find an endpoint and what its stack says of it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from shadow_ops.aws.boto import Client
from shadow_ops.aws.clients import Clients
from shadow_ops.aws.denied import is_denied
from shadow_ops.aws.endpoint import LiveEndpoint, describe, is_missing
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.experiment import describe as described
from shadow_ops.contract.declared import Declared, settings_name
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.gone import EndpointGoneError
from shadow_ops.managed.named import running
from shadow_ops.managed.said import of_what_serves

_NAMES_LOOKED_AT = 100


class ConfigGoneError(CannotTellError):
    """An endpoint serves with a config that has been deleted: what it serves can't be told, nor updated."""


@dataclass(frozen=True)
class Deployed:
    """An endpoint.

    Attributes:
        live: What it serves.
        declared: What its stack says. None if it wasn't deployed by this library.
        experiment: The managed test of a stack of this library, whatever it is at; None if there is none.
    """

    live: LiveEndpoint
    declared: Declared | None
    experiment: Experiment | None = None

    def policy(self, given: GatePolicy | None) -> GatePolicy:
        """The policy to judge by: the one given, else that of the stack.

        Raises:
            CannotTellError: If there is neither.
        """
        if given is not None:
            return given
        if self.declared is None:
            raise CannotTellError(
                f"{self.live.name} was not deployed by this library (there is no parameter "
                f"{settings_name(self.live.name)}), so it has no policy; give one with --policy FILE"
            )
        if self.declared.policy is None:
            raise CannotTellError(f"{self.unread}, or give a policy with --policy FILE")
        return self.declared.policy

    @property
    def unread(self) -> str | None:
        """What of the stack's word this release leaves out, in one line; None where all is known."""
        lines = () if self.declared is None else self.declared.unread
        # All but the first are details; the last word is what to do.
        said = "; ".join(line.removesuffix(": upgrade shadow-test") for line in lines)
        return f"{said}; upgrade shadow-test" if lines else None

    @property
    def promoted(self) -> Instances | None:
        """What the shadow's model would run on after a promotion; None if the stack doesn't say."""
        return None if self.declared is None else self.declared.promoted


def find(clients: Clients, name: str) -> Deployed:
    """Find an endpoint.

    Raises:
        EndpointGoneError: If only a managed test of it is left.
        ConfigGoneError: If the config that it serves with is gone.
        CannotTellError: If there is none of that name; names that are near are listed.
    """
    live = look_at(clients.sagemaker, name)
    if live is None:
        _check_test_ended(clients, name)
        live = check_exists(clients, name)
    word = of_what_serves(clients.sagemaker, live, *_declared(clients, live.name))
    return Deployed(word.live, word.declared, word.experiment)


def look_at(sagemaker: Client, name: str) -> LiveEndpoint | None:
    """Describe an endpoint; None if there is none of that name.

    Raises:
        ConfigGoneError: If the config that it serves with is gone.
        ClientError: If a call is refused.
    """
    try:
        return describe(sagemaker, name)
    except sagemaker.exceptions.ClientError as error:
        if not is_missing(error):
            raise
        config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        raise ConfigGoneError(
            f"{name} serves with the endpoint config {config}, which has been deleted, so what it serves can't be told "
            "and SageMaker can't update it; make a config of that name again (aws sagemaker create-endpoint-config), "
            "then deploy what shall serve"
        ) from None


def check_exists(clients: Clients, name: str) -> LiveEndpoint:
    """Describe an endpoint.

    Raises:
        CannotTellError: If there is none of that name; names that are near are listed.
    """
    live = look_at(clients.sagemaker, name)
    if live is None:
        raise CannotTellError(f"there is no endpoint {name!r} in {_region(clients)}{_near(clients, name)}")
    return live


def find_with_shadow(clients: Clients, name: str) -> Deployed:
    """Find an endpoint that runs a shadow test.

    Raises:
        CannotTellError: If there is none of that name, or it has no shadow.
    """
    found = find(clients, name)
    if found.live.shadow is None:
        raise CannotTellError(
            f"{name} has no shadow, so there is nothing to compare; `shadow-test status {name}` says what it serves, "
            f"`shadow-test history {name}` what was promoted"
        )
    return found


def _check_test_ended(clients: Clients, name: str) -> None:
    """Tell of a managed test that an endpoint has left behind; who may not look for one isn't told."""
    try:
        said = _declared(clients, name)[1]
        found = None
        if said is not None and said.experiment is not None:
            found = described(clients.sagemaker, said.experiment)
        if found is None or found.over:
            found = running(clients.sagemaker, name) or found
    except clients.sagemaker.exceptions.ClientError as error:
        if not is_denied(error):
            raise
        return
    if found is not None:
        raise EndpointGoneError(found)


def _declared(clients: Clients, endpoint: str) -> tuple[Declared | None, Declared | None]:
    """What the endpoint's stack says, and that of its managed test."""

    def value_of(name: str) -> str | None:
        try:
            return str(clients.ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except clients.ssm.exceptions.ParameterNotFound:
            return None

    return Declared.read(endpoint, value_of), Declared.read(endpoint, value_of, managed=True)


def _near(clients: Clients, name: str) -> str:
    try:
        found = clients.sagemaker.list_endpoints(MaxResults=_NAMES_LOOKED_AT, SortBy="Name", SortOrder="Ascending")
    except clients.sagemaker.exceptions.ClientError as error:
        # Names are a help, not the answer; who may not list endpoints still gets that.
        if is_denied(error):
            return "; check the name, --region and --profile"
        raise
    names = [one["EndpointName"] for one in found["Endpoints"]]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:3]
    if not near:
        return "; there is none at all: check --region and --profile"
    return f"; there is {', '.join(near)}: check the name, --region and --profile"


def _region(clients: Clients) -> str:
    return str(clients.sagemaker.meta.region_name)
