"""Values whose truth and comparisons are neither true nor false, such as arrays: refused in words, by every field."""

from __future__ import annotations

from collections import UserList, deque
from collections.abc import Callable
from dataclasses import fields
from typing import Any, NoReturn
from unittest.mock import Mock

import pytest

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Dashboard,
    GatePolicy,
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
from shadow_ops.contract.rules import KINDS
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
    CoreDump: lambda **given: CoreDump(**{"destination": "s3://bucket/d", **given}),
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


def _nested(depth: int, wrap: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - of any kind
    found: Any = []
    for _ in range(depth):
        found = wrap(found)
    return found


HUGE: dict[str, Any] = {
    "number": 10**5000,
    "number below zero": -(10**5000),
    "range": range(10**9),
    "range beyond any length": range(10**30),
    "list": ["$.a"] * 20_000,
    "dict": {f"k{number}": "v" for number in range(20_000)},
    "lists in lists": _nested(100_000, lambda one: [one]),
    "dicts in dicts": _nested(100_000, lambda one: {"a": one}),
    "a list of lists in lists": [_nested(5000, lambda one: [one]), _nested(5000, lambda one: [one])],
    "a dict of lists in lists": {"a": _nested(5000, lambda one: [one])},
    "bytes": bytearray(100_000),
}
# What is read of rules and policies comes from files as well.
EVERY: dict[type, Callable[..., object]] = {**MAKE, **{kind: kind for kind in (*KINDS.values(), GatePolicy)}}
FIELDS = {
    f"{kind.__name__}.{one.name}": (make, one) for kind, make in EVERY.items() for one in fields(kind) if one.init
}


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_takes_what_is_huge(name: str) -> None:
    """Whatever its size or depth: refused in words, without looking at all of it."""
    make, one = FIELDS[name]
    for huge in HUGE.values():
        with pytest.raises(InvalidValueError) as refused:
            make(**{one.name: huge})
        assert all(line.isprintable() and len(line) < 1000 for line in refused.value.problems)


class Broken(list[Any]):
    """A list that can't be gone through."""

    def __iter__(self) -> NoReturn:
        """Fail."""
        raise RuntimeError("no list")


PRETENDERS: dict[str, Any] = {
    **{f"a mock of {kind.__name__}": Mock(spec=kind) for kind in (str, int, float, bool, list, tuple, dict)},
    **{f"a mock of {kind.__name__}": Mock(spec=kind) for kind in MAKE},
    "a list that can't be gone through": Broken("a"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_believes_what_something_says_of_itself(name: str) -> None:
    """A mock is of the class that it was made after, as far as it says; what it lacks would be found much later."""
    make, one = FIELDS[name]
    for pretender in PRETENDERS.values():
        for given in (pretender,) if type(pretender) is Broken else (pretender, [pretender]):
            with pytest.raises(InvalidValueError):
                make(**{one.name: given})


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_takes_none_that_does_not_say_so(name: str) -> None:
    """What may be absent says so in its type."""
    make, one = FIELDS[name]
    if "None" not in str(one.type) and one.type != "PromoteOn":
        with pytest.raises(InvalidValueError):
            make(**{one.name: None})


@pytest.mark.parametrize("kind", [deque, UserList])
def test_a_list_is_one_of_any_kind(kind: Callable[[list[Any]], Any]) -> None:
    """Whatever is a sequence to Python."""
    assert shadow_test(other_production=kind([])).other_production == ()
    assert GatePolicy(rules=kind([Rule.latency()])).rules == (Rule.latency(),)
    assert Rule.agreement(ignore=kind(["$.id"])).ignore == ("$.id",)
    assert Alerts(without=kind(["shadow-cpu"])).without == ("shadow-cpu",)


def test_a_policy_of_scaling_is_as_deep_as_the_services() -> None:
    """Deeper ones are refused at any depth, also where the interpreter's own end is near."""
    for depth in (20, 200, 900, 990, 2000):
        for wrap in (lambda one: [one], lambda one: {"Metrics": one}, lambda one: {"Metrics": [one]}):
            tracking = {"TargetValue": 1, "CustomizedMetricSpecification": _nested(depth, wrap)}
            policy = {"PolicyName": "p", "TargetTrackingScalingPolicyConfiguration": tracking}
            with pytest.raises(InvalidValueError, match="more than 20 levels"):
                Scaling(max_count=2, policies=[policy])


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
        lambda: Rule.agreement(classes="label", tolerance=Awkward()),  # type: ignore[arg-type] # on purpose
        lambda: Rule.agreement(classes="label", min_overlap=Awkward()),  # type: ignore[arg-type] # on purpose
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
