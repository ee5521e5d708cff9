"""Values whose truth and comparisons are neither true nor false, such as arrays: refused in words, by every field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, NoReturn

import pytest

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Dashboard,
    Guard,
    Guardrails,
    Hardware,
    InvalidValueError,
    ManagedShadowTest,
    MetricsPublishing,
    Model,
    Network,
    Routing,
    Rule,
    Scaling,
    Schedule,
    Serverless,
    ShadowTest,
    Variant,
    Watch,
)
from tests.values.samples import hardware, model, shadow_test, variant


class Awkward:
    """Compares as an array does: with another of its kind, which nobody can take for true or false."""

    __hash__ = None  # type: ignore[assignment] # like an array's

    def __bool__(self) -> NoReturn:
        """Refuse, as an array does."""
        raise ValueError("the truth value of an array is ambiguous")

    def _compared(self, _: object) -> Any:  # noqa: ANN401 - another one
        return Awkward()

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _compared


MAKE: dict[type, Callable[..., object]] = {
    Alerts: Alerts,
    Capture: Capture,
    CoreDump: lambda **given: CoreDump(**{"destination": "s3://b/d", **given}),
    Dashboard: Dashboard,
    Guard: Guard,
    Guardrails: Guardrails,
    Hardware: lambda **given: Hardware(**{"instance_type": "ml.m5.large", **given}),
    ManagedShadowTest: lambda **given: ManagedShadowTest(**{"test": shadow_test(), **given}),
    MetricsPublishing: MetricsPublishing,
    Model: lambda **given: Model(**{"version": "v1", "container": Container.xgboost("3.0-5"), **given}),
    Network: Network,
    Routing: lambda **given: Routing(**{"strategy": "RANDOM", **given}),
    Scaling: lambda **given: Scaling(**{"max_count": 2, "invocations_per_instance": 5, **given}),
    Schedule: lambda **given: Schedule(**{"name": "night", "when": "rate(1 day)", "min_count": 1, **given}),
    Serverless: lambda **given: Serverless(**{"memory_mb": 1024, "max_concurrency": 5, **given}),
    ShadowTest: shadow_test,
    Variant: lambda **given: Variant(**{"model": model(), "hardware": hardware(), **given}),
    Watch: Watch,
}
"""Makers of valid values, each taking any field."""


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, one.name) for kind in MAKE for one in fields(kind) if one.init], ids=str
)
def test_no_field_asks_a_value_whether_it_is_true(kind: type, name: str) -> None:
    """It is refused like whatever else doesn't belong there."""
    with pytest.raises(InvalidValueError):
        MAKE[kind](**{name: Awkward()})


@pytest.mark.parametrize(
    "make",
    [
        lambda: Container.xgboost(Awkward()),  # type: ignore[arg-type] # on purpose
        lambda: Container.uri(Awkward()),  # type: ignore[arg-type] # on purpose
        lambda: Container.deep_learning(Awkward(), Awkward()),  # type: ignore[arg-type] # on purpose
        lambda: Guard(off_because="x", log_retention_days=Awkward()),  # type: ignore[arg-type] # on purpose
        lambda: Guard(off_because="x", network=Awkward()),  # type: ignore[arg-type] # on purpose
        lambda: variant(name=Awkward()),  # type: ignore[arg-type] # on purpose
        lambda: Rule.agreement(classes=Awkward()),  # type: ignore[arg-type] # on purpose
        lambda: Model(version="v1", model_name="m", network=Awkward()),  # type: ignore[arg-type] # on purpose
        lambda: model(container=Container.private_registry("r.example/x:1"), network=Awkward()),
    ],
)
def test_no_factory_does_either(make: Callable[[], object]) -> None:
    """Nor a value beside which others have to be left out."""
    with pytest.raises(InvalidValueError):
        make()


def test_what_holds_itself_is_no_scaling() -> None:
    """A list in itself and a mapping in itself have no end."""
    endless: list[Any] = []
    endless.append(endless)
    within: dict[str, Any] = {"PolicyName": "mine"}
    within["PolicyType"] = within
    for policies in (endless, [within]):
        with pytest.raises(InvalidValueError):
            Scaling(max_count=2, policies=policies)


@pytest.mark.parametrize("tags", [{"Team": "a", "team": "b"}, {"COST": "1", "cOst": "1", "other": "2"}])
def test_tags_that_differ_in_case_alone_are_refused(tags: dict[str, str]) -> None:
    """IAM takes them for one key, and the roles get them too."""
    with pytest.raises(InvalidValueError, match="have keys that differ in more than their case"):
        shadow_test(tags=tags)


@pytest.mark.parametrize("name", ["subnet_ids", "security_group_ids"])
def test_an_id_stands_once_in_a_network(name: str) -> None:
    """Two subnets that are one would be one availability zone."""
    given: dict[str, Any] = {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1", "sg-2"]}
    Network(**given)
    with pytest.raises(InvalidValueError, match=f"'{name}' must hold each id once"):
        Network(**{**given, name: given[name][:1] * 2})


@pytest.mark.parametrize("weight", [5e-324, 1e-320, 1e-46, 1e-7])
def test_a_weight_that_the_service_could_round_to_nothing_is_refused(weight: float) -> None:
    """Zero itself sends nothing, and says so."""
    variant(weight=0)
    variant(weight=1e-6)
    with pytest.raises(InvalidValueError, match="'weight' must be 0 or at least 1e-06"):
        variant(weight=weight)
