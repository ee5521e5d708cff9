"""All endpoints of an account and Region that a stack of this library says something of, or a managed test is on."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from shadow_ops.aws.boto import Client
from shadow_ops.aws.clients import Clients
from shadow_ops.aws.denied import is_denied
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.experiment import describe as described
from shadow_ops.aws.looks import Look, look_name
from shadow_ops.aws.parameters import DamagedRecordError, under, unpack
from shadow_ops.contract.declared import ROOT, Declared, managed_name, settings_name
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.managed.named import under_way
from shadow_ops.managed.said import of_what_serves
from shadow_ops.observe import tested
from shadow_ops.observe.deployed import ConfigGoneError, look_at

_AT_ONCE = 8


@dataclass(frozen=True)
class Listed:
    """One endpoint.

    Attributes:
        name: Its name.
        live: What it serves; None if there is a stack's word, but no endpoint.
        declared: What its stack says; None if this release can't read it.
        look: What the watch saw last of what serves; None if nothing, or of another config.
        config_gone: Whether it serves with a config that has been deleted, so that what it serves can't be told.
        experiment: The managed test of a stack of this library, whatever it is at; else whoever's that isn't over.
    """

    name: str
    live: LiveEndpoint | None
    declared: Declared | None
    look: Look | None = None
    experiment: Experiment | None = None
    config_gone: bool = False

    @property
    def phase(self) -> str:
        """``shadow test``, ``serving``, ``gone``, ``config gone``, or SageMaker's word for what isn't in service."""
        if self.live is None:
            return "config gone" if self.config_gone else "gone"
        if self.live.status != "InService":
            return self.live.status
        return "serving" if self.live.shadow is None else "shadow test"

    @property
    def versions(self) -> tuple[str | None, str | None]:
        """The versions of production and shadow; None where there is none, or where another config serves."""
        said = self.declared
        if said is None or self.live is None or said.config != self.live.config.name:
            return None, None
        return said.production[0].version, None if said.shadow is None else said.shadow.version

    def to_json(self, now: datetime.datetime) -> dict[str, Any]:
        """The endpoint as plain JSON values."""
        live, (production, shadow) = self.live, self.versions
        return {
            "endpoint": self.name,
            "phase": self.phase,
            "since": None if live is None else live.config.created.isoformat(),
            "age_seconds": None if live is None else round((now - live.config.created).total_seconds()),
            "production_version": production,
            "shadow_version": shadow,
            "sampling_percent": None if live is None or live.shadow is None else live.sampling_percent,
            "managed": None if self.experiment is None else tested.as_json(self.experiment),
        }


def listed(clients: Clients) -> list[Listed]:
    """The endpoints by name, however many pages they take.

    Raises:
        ClientError: If a call is refused.
    """
    values = under(clients.ssm, ROOT)
    settings, managed = _said(values, settings_name), _said(values, managed_name)
    sagemaker = clients.sagemaker  # boto3 makes clients in one thread only
    tests = _under_way(sagemaker)

    def look(name: str) -> Listed:
        said, test = settings.get(name), managed.get(name)
        try:
            live = look_at(sagemaker, name)
        except ConfigGoneError:
            return Listed(name, None, said, config_gone=True)
        if live is None:
            left = None if test is None or test.experiment is None else described(sagemaker, test.experiment)
            return Listed(name, None, said, experiment=_whose(left, tests.get(name)))
        word = of_what_serves(sagemaker, live, said, test)
        whose = _whose(word.experiment, tests.get(name))
        return Listed(name, word.live, word.declared, _look(values, live), whose)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(look, sorted({*settings, *managed, *tests})))


def _under_way(sagemaker: Client) -> dict[str, Experiment]:
    try:
        return under_way(sagemaker)
    except sagemaker.exceptions.ClientError as error:
        # Who may not list tests sees what stacks say.
        if is_denied(error):
            return {}
        raise


def _whose(own: Experiment | None, other: Experiment | None) -> Experiment | None:
    """The test of a stack while it isn't over, else somebody's that isn't."""
    return own if other is None or (own is not None and not own.over) else other


def _look(values: dict[str, str], live: LiveEndpoint | None) -> Look | None:
    found = None if live is None else _look_in(values, live.name)
    return found if live is not None and found is not None and found.config == live.config.name else None


def _said(values: dict[str, str], name_of: Callable[[str], str]) -> dict[str, Declared | None]:
    found: dict[str, Declared | None] = {}
    for name, text in values.items():
        endpoint = name.removeprefix(f"{ROOT}/").split("/")[0]
        if name == name_of(endpoint):
            try:
                found[endpoint] = Declared.from_text(text, name)
            except InvalidValueError:
                found[endpoint] = None
    return found


def _look_in(values: Mapping[str, str], endpoint: str) -> Look | None:
    """What the watch saw last, of parameters that have been read already, packed as they are."""
    text = values.get(look_name(endpoint))
    try:
        return None if text is None else Look.from_json(unpack(text))
    except DamagedRecordError:
        return None
