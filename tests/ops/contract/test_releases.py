"""What a stack keeps is read by every release: what isn't known is left out with a word; nobody shall downgrade."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shadow_ops.contract.asked import Asked
from shadow_ops.contract.declared import Declared, DeclaredVariant
from shadow_ops.contract.declaring import to_text
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.properties import to_properties
from shadow_ops.contract.rules import Rule
from shadow_ops.contract.scaled import Scaled

FOLDER = Path(__file__).parent
DECLARED = Declared(
    config="churn-config",
    production=(
        DeclaredVariant(name="production", version="v1", label="v1 on 2 x ml.m5.xlarge", minimum=1, maximum=4),
    ),
    shadow=DeclaredVariant(name="shadow", version="v2", label="v2 on 1 x ml.m5.xlarge"),
    sampling_percent=50,
    promoted=Instances("ml.m5.xlarge", 2),
    capture_uri="s3://captures/churn/",
    dashboard="churn-eu-west-1",
    alarms=("churn-shadow-slow", "churn-not-fit"),
    policy=GatePolicy(rules=(Rule.latency(), Rule.utilization())),
    guard_off="no functions here",
)
ASKED = Asked(
    step="before",
    endpoint="churn",
    config="churn-config",
    variant="production",
    version="v1",
    scaling={"production": Scaled("production", 1, 4, policies={"cpu": {"PolicyName": "cpu"}})},
    shadow_version="v2",
    others={"second": "v0"},
    promotion=True,
    override="the demo",
    rollback="p99",
    policy=DECLARED.policy,
    promoted=DECLARED.promoted,
    alarms=("churn-update",),
    tested="churn-v2",
)


class Noting(dict[str, Any]):
    """A mapping that notes which of its keys were read."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - of JSON
        self.read.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - of JSON
        self.read.add(key)
        return super().get(key, default)


def test_all_that_the_guard_reads_is_written_and_the_other_way_round() -> None:
    """No property is read that no template has, and none is written that nobody reads."""
    properties = Noting(to_properties(ASKED))

    assert Asked.from_properties(properties) == ASKED
    assert properties.read == set(properties)


def test_the_step_after_the_update_is_told_less_and_reads_it() -> None:
    """What only the first step decides by doesn't run the second."""
    after = Asked(step="after", endpoint="churn", config="c", variant="p", version="v1", scaling=ASKED.scaling)

    assert Asked.from_properties(to_properties(after)) == after
    assert set(to_properties(after)) < set(to_properties(ASKED))


def test_all_that_is_declared_is_read_again() -> None:
    """The text gives the value back, and what another process reads of it is what was written."""
    assert Declared.from_text(to_text(DECLARED), "settings") == DECLARED


def test_what_the_first_format_kept_is_read() -> None:
    """A parameter without a version, as releases before this one made it."""
    found = Declared.from_text((FOLDER / "settings_of_format_1.json").read_text(encoding="utf-8"), "settings")

    assert found.config == "EndpointConfig24AD0A28.EndpointConfigName"
    assert [(one.name, one.version, one.label) for one in found.production] == [
        ("production", "v1", "v1 (xgboost 3.0-5) on 2 x ml.m5.xlarge")
    ]
    assert found.shadow is not None
    assert (found.shadow.name, found.shadow.version) == ("shadow", "v2")
    assert found.promoted == Instances("ml.m5.xlarge", 2)
    assert (found.sampling_percent, len(found.alarms)) == (50, 18)
    assert found.policy is not None
    assert (len(found.policy.rules), found.policy.warm_up_minutes) == (11, 10)
    assert found.unread == ()


def test_the_first_format_may_have_no_shadow() -> None:
    """What wasn't said is absent."""
    data = json.loads((FOLDER / "settings_of_format_1.json").read_text(encoding="utf-8"))
    kept = {name: value for name, value in data.items() if not name.startswith(("shadow", "promoted"))}
    found = Declared.from_text(json.dumps(kept), "settings")

    assert (found.shadow, found.promoted, found.unread) == (None, None, ())


def test_what_the_first_format_asked_of_the_guard_is_read() -> None:
    """A rollback sends the properties of the release before."""
    found = Asked.from_properties(json.loads((FOLDER / "properties_of_format_1.json").read_text(encoding="utf-8")))

    assert (found.endpoint, found.version, found.shadow_version, found.promotion) == ("churn", "v1", "v2", False)
    assert found.promoted == Instances("ml.m5.xlarge", 2)
    assert found.policy is not None
    assert len(found.policy.rules) == 11
    assert (len(found.alarms), found.unread) == (2, ())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    """Where the objects in a JSON value are."""
    if isinstance(value, dict):
        yield path
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(one, (*path, key))


NEWER = {**json.loads(to_text(DECLARED)), "version": 3}


@pytest.mark.parametrize("path", list(places(NEWER)), ids=lambda path: ".".join(map(str, path)) or "top")
def test_a_newer_parameter_is_read_without_what_is_not_known(path: tuple[Any, ...]) -> None:
    """Wherever a newer release adds something, all else is read, and two lines say so, the first with the way on."""
    data = json.loads(json.dumps(NEWER))
    place = data
    for key in path:
        place = place[key]
    place["colour"] = "blue"
    found = Declared.from_text(json.dumps(data), "/shadow-test/churn/settings")

    assert found == DECLARED
    upgrade, unknown = (*found.unread, "") if path[:1] == ("promoted",) else found.unread
    assert upgrade == (
        "/shadow-test/churn/settings: made by a newer release (format 3, this one knows 2): upgrade shadow-test"
    )
    assert not unknown or "doesn't know 'colour'" in unknown


def test_a_newer_kind_of_rule_is_left_out() -> None:
    """The others judge, and one line names it."""
    data = json.loads(json.dumps(NEWER))
    data["policy"]["rules"].insert(0, {"kind": "drift", "max_distance": 3})
    found = Declared.from_text(json.dumps(data), "settings")

    assert found.policy == DECLARED.policy
    assert (
        found.unread[1]
        == "settings: policy.rules[0]: this release doesn't know rules of the kind 'drift' and leaves it out"
    )


def test_a_policy_that_is_not_understood_is_none_and_all_else_is_read() -> None:
    """The status of such an endpoint can still be told."""
    data = json.loads(json.dumps(NEWER))
    data["policy"]["confidence_percent"] = "high"
    found = Declared.from_text(json.dumps(data), "settings")

    assert (found.policy, found.config) == (None, DECLARED.config)
    assert any("confidence_percent" in line for line in found.unread)


def test_the_guard_takes_newer_properties_too() -> None:
    """Its code may be the older one while CloudFormation rolls back."""
    found = Asked.from_properties({**to_properties(ASKED), "Version": "3", "Colour": "blue"})

    assert found == ASKED
    assert found.unread == (
        "the guard's resource: made by a newer release (format 3, this one knows 2): upgrade shadow-test",
        "the guard's resource: this release doesn't know 'Colour' and leaves it out",
    )


@pytest.mark.parametrize("lacks", ["endpoint_config", "production", "policy", "sampling_percent"])
def test_fails_to_read_a_newer_parameter_that_lacks_what_is_needed(lacks: str) -> None:
    """One line, and it never tells to go back to an older release."""
    data = {name: value for name, value in NEWER.items() if name != lacks}
    with pytest.raises(InvalidValueError) as caught:
        Declared.from_text(json.dumps(data), "settings")

    assert caught.value.problems == (
        "settings: made by a newer release (format 3, this one knows 2): upgrade shadow-test",
    )


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "7", "null", '{"policy": {}}', '{"endpoint_config": "c", "policy": 7}', '{"version": "x"}'),
        *('{"version": 0}', '{"version": [3]}', to_text(DECLARED).replace('"churn-config"', "7")),
        to_text(DECLARED).replace('"production":[', '"production":[7,'),
    ],
)
def test_fails_to_read_what_was_never_declared(text: str) -> None:
    """One line that names the parameter, and says to deploy again."""
    with pytest.raises(InvalidValueError) as caught:
        Declared.from_text(text, "/shadow-test/churn/settings")

    [line] = caught.value.problems
    assert line.startswith("/shadow-test/churn/settings: not the settings of an endpoint")
    assert line.endswith("deploy the stack again")


@pytest.mark.parametrize(
    "name", ["Step", "EndpointName", "EndpointConfigName", "ProductionVariant", "ProductionVersion"]
)
def test_fails_to_read_a_request_that_lacks_what_is_needed(name: str) -> None:
    """One line that names it."""
    properties = {key: value for key, value in to_properties(ASKED).items() if key != name}
    with pytest.raises(InvalidValueError, match=f"the guard's resource lacks '{name}'; synthesize the stack again"):
        Asked.from_properties(properties)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Step", "during"), ("Scaling", "{"), ("Promoted", "[]"), ("Version", "new"), ("RollbackAlarms", "7")],
)
def test_fails_to_read_a_request_that_is_none(name: str, value: str) -> None:
    """One line, whatever is wrong."""
    with pytest.raises(InvalidValueError, match="the guard's resource can't be read"):
        Asked.from_properties({**to_properties(ASKED), name: value})
