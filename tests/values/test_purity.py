"""The values stay values: they never import the CDK, and nothing that is passed in can change them later."""

from __future__ import annotations

import ast
import copy
import dataclasses
import enum
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import shadow_constructs
from shadow_constructs import Capture, Container, Guardrails, InvalidValueError, Model, Network, ShadowTest
from shadow_ops.contract.checks import ByPlace, plain
from tests.values.samples import TEN, model, packed, serving, shadow_test, variant
from tests.values.strategies import SHADOW_TESTS

VALUES = Path(shadow_constructs.__file__).parent / "values"

# The package's __init__ exports the constructs too, so a stand-in takes its place and the values load alone.
LOAD_ALONE = """
import importlib, sys, types
package = types.ModuleType("shadow_constructs")
package.__path__ = [sys.argv[1]]
sys.modules["shadow_constructs"] = package
for name in sys.argv[2:]:
    importlib.import_module("shadow_constructs.values." + name)
print(sorted({name.split(".")[0] for name in sys.modules} & {"aws_cdk", "constructs", "jsii", "boto3", "botocore"}))
"""


def test_values_load_without_the_cdk() -> None:
    """All modules of the values load in a process that never sees aws_cdk, jsii or boto3."""
    names = sorted(path.stem for path in VALUES.glob("*.py") if path.stem != "__init__")

    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALONE, str(VALUES.parent), *names], capture_output=True, text=True, check=True
    )

    assert len(names) > 10
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(VALUES.glob("*.py")), ids=lambda path: path.stem)
def test_values_import_only_values_and_the_standard_library(path: Path) -> None:
    """An import inside a function, which loading alone wouldn't show, counts too."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")

    foreign = {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names}
    assert all(name.startswith(("shadow_constructs.values", "shadow_ops")) for name in foreign)


def test_changing_a_dict_passed_in_changes_no_value() -> None:
    """A value is a copy, so two versions built from one dict don't drift into one another."""
    environment, tags, subnets, others = {"A": "1"}, {"team": "churn"}, ["subnet-1", "subnet-2"], [variant("v9", "b")]
    one = model(environment=environment, network=Network(subnet_ids=subnets, security_group_ids=["sg-1"]))
    test = serving(production=variant(model=one), tags=tags, other_production=others)

    environment["A"] = "2"
    tags.clear()
    subnets.append("subnet-3")
    others.clear()

    assert dict(one.environment) == {"A": "1"}
    assert one.network.subnet_ids == ("subnet-1", "subnet-2")
    assert dict(test.tags) == {"team": "churn"}
    assert [other.name for other in test.other_production] == ["b"]


def test_changing_build_arguments_passed_in_changes_no_container(tmp_path: Path) -> None:
    """The same holds for what a Dockerfile is built with."""
    (tmp_path / "Dockerfile").write_text("FROM scratch", encoding="utf-8")
    arguments = {"VERSION": "1"}
    container = Container.dockerfile(tmp_path, build_args=arguments)

    arguments["VERSION"] = "2"

    assert container == Container.dockerfile(tmp_path, build_args={"VERSION": "1"})


def test_fails_to_change_a_mapping_of_a_value() -> None:
    """What a value gives out is read-only."""
    with pytest.raises(TypeError):
        shadow_test(tags={"team": "churn"}).tags["team"] = "other"  # type: ignore[index] # on purpose


@pytest.mark.parametrize(
    ("value", "attribute"),
    [(shadow_test(), "sampling_percent"), (model(), "version"), (variant(), "weight"), (Capture(), "percent")],
    ids=["ShadowTest", "Model", "Variant", "Capture"],
)
def test_fails_to_change_an_attribute(value: Any, attribute: str) -> None:  # noqa: ANN401 - several types
    """Values are frozen; a changed one is made by dataclasses.replace, which checks it again."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, attribute, None)


@pytest.mark.parametrize(
    ("value", "change", "said"),
    [
        (shadow_test(), {"sampling_percent": 0}, "'sampling_percent'"),
        (TEN, {"max_count": 1}, "'min_count' must be at most max_count"),
        (Guardrails.linear(), {"bake_minutes": 90}, "'bake_minutes' must be from 0 to 60"),
        # So is the test that holds it.
        (serving(guardrails=Guardrails.linear()), {"shadow": variant("v2")}, "AWS describes no other shift for it"),
    ],
)
def test_replacing_checks_again(value: Any, change: dict[str, Any], said: str) -> None:  # noqa: ANN401 - several types
    """A changed copy is refused like a value written by hand."""
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(value, **change)


def test_values_are_equal_by_what_they_say() -> None:
    """Two values written alike are one, and can be keys; an artifact as Path or text is told apart from another."""
    first, second = shadow_test(tags={"a": "b"}), shadow_test(tags={"a": "b"})

    assert first == second
    assert hash(first) == hash(second)
    assert first != shadow_test(tags={"a": "c"})
    assert len({model("v1"), model("v1"), model("v2")}) == 2


def test_a_copy_is_equal() -> None:
    """Copying keeps the value."""
    assert copy.copy(shadow_test()) == shadow_test()
    assert dataclasses.replace(shadow_test(sampling_percent=33.3)) == shadow_test(sampling_percent=33.3)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
@settings(max_examples=20)
@given(SHADOW_TESTS)
def test_a_value_is_copied_and_sent_to_other_processes(copied: Callable[[Any], Any], test: ShadowTest) -> None:
    """Whatever is in it: the copy is equal, has the same hash, and stays as it is. As a dict it can be copied too."""
    test = dataclasses.replace(test, tags={"team": "churn"})
    made = copied(test)

    assert made == test
    assert hash(made) == hash(test)
    assert repr(made) == repr(test)
    assert copied(dataclasses.asdict(test)) == dataclasses.asdict(made)
    assert hash(made.tags) == hash(test.tags)


CHANGES: dict[str, tuple[object, ...]] = {
    **{"__setitem__": ("a", "b"), "__delitem__": ("team",), "pop": ("team",), "setdefault": ("a", "b")},
    **{"update": ({"a": "b"},), "__ior__": ({"a": "b"},), "clear": (), "popitem": ()},
}


@pytest.mark.parametrize("change", CHANGES)
def test_fails_to_change_a_mapping_in_any_way(change: str) -> None:
    """A dict has many; none of them is left."""
    tags = copy.deepcopy(shadow_test(tags={"team": "churn"})).tags

    with pytest.raises(TypeError, match=r"dataclasses\.replace"):
        getattr(tags, change)(*CHANGES[change])
    assert tags == {"team": "churn"}


def test_a_mistake_is_sent_to_other_processes() -> None:
    """With its lines, such as from a test that runs beside others."""
    with pytest.raises(InvalidValueError) as refused:
        variant(weight=-1)
    sent = pickle.loads(pickle.dumps(refused.value))

    assert (str(sent), sent.problems) == (str(refused.value), refused.value.problems)


def member(kind: Any, value: object) -> Any:  # noqa: ANN401 - of a class that is made here
    """The only member of an enumeration."""
    return kind("Made", {"ONE": value})["ONE"]


class Decorated(float):
    """A number of somebody's."""


def disguised(value: Any) -> Any:  # noqa: ANN401 - any value of ours
    """A value of whose texts and numbers each is a member of an enumeration or of a class of somebody's."""
    match value:
        case None | bool():
            return value
        case str():
            return member(enum.StrEnum, value)
        case int():
            return member(enum.IntEnum, value)
        case float():
            return Decorated(value)
        case tuple():
            return tuple(map(disguised, value))
        case Mapping():
            return {disguised(key): disguised(one) for key, one in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            given = {one.name: getattr(value, one.name) for one in dataclasses.fields(value) if one.init}
            return dataclasses.replace(value, **{name: disguised(one) for name, one in given.items()})
    return value


def leaves(value: Any) -> Iterator[type]:  # noqa: ANN401 - any value of ours
    """The classes of everything that a value holds."""
    if isinstance(value, Mapping):
        yield from leaves(list(value.items()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from leaves(one)
    elif dataclasses.is_dataclass(value):
        yield from leaves([getattr(value, one.name) for one in dataclasses.fields(value)])
    else:
        yield type(value)


@settings(max_examples=60)
@given(SHADOW_TESTS)
def test_members_of_enumerations_become_what_they_stand_for(test: ShadowTest) -> None:
    """In every field, list and mapping of every value: the CDK takes plain ones only."""
    test = dataclasses.replace(test, tags={"team": "churn"})
    made = disguised(test)

    assert made == test
    assert set(leaves(made)) <= {str, int, float, bool, type(None), ByPlace}


@pytest.mark.parametrize("value", [object(), float("nan"), -0.0, b"x", [], member(enum.Enum, 1)])
def test_what_stands_for_nothing_plain_stays_what_it_is(value: object) -> None:
    """It is refused where it is no good, as itself."""
    assert plain(value) is value


def test_opting_out_of_capture_is_a_value() -> None:
    """Nothing captured is written as such, and differs from the default."""
    assert not Capture.off().enabled
    assert Capture.off() != Capture()
    assert ShadowTest(endpoint_name="churn", production=variant(), capture=Capture.off()).capture == Capture.off()


def test_a_local_archive_may_be_a_path_or_text(tmp_path: Path) -> None:
    """Both mean the same file."""
    archive = tmp_path / "model.tar.gz"
    packed(archive)

    as_path = Model(version="v1", container=Container.xgboost("3.0-5"), artifact=archive)
    as_text = Model(version="v1", container=Container.xgboost("3.0-5"), artifact=str(archive))

    assert as_path.parsed_artifact == as_text.parsed_artifact
