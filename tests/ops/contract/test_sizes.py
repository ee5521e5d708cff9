"""What a stack says of an endpoint always has its place in Parameter Store, and is read from there again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract.added import effective
from shadow_ops.contract.declared import Declared, DeclaredVariant, settings_name
from shadow_ops.contract.declaring import to_parameters
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import MOST_RULES, GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.rules import ERRORS, RESOURCES, Rule
from shadow_ops.contract.text import LARGEST_VALUE, compact

NAME = "n" * 63
# As long as a number gets in JSON.
ODD = 1.2345678901234567e-05


def longest_rules(count: int) -> Iterator[Rule]:
    """Percentiles, whose rules are longest, with long numbers."""
    for number in range(count):
        yield Rule.latency(
            percentile=1.2345678901234567 + number,
            max_increase_percent=ODD,
            max_milliseconds=12345.678901234567,
            report_only=number > 0,
        )


def longest_policy(reason: str | None) -> GatePolicy:
    """As many rules as there may be, all that the library adds among them."""
    policy = GatePolicy(
        rules=(
            *longest_rules(MOST_RULES - 8),
            Rule.overhead(max_increase_percent=ODD, report_only=True),
            Rule.average(max_increase_percent=ODD, report_only=True),
            *(Rule.utilization(resource=one, max_percent=0.1 + ODD) for one in RESOURCES if "gpu" in one),
            Rule.error_rate(errors=ERRORS[0], max_increase_points=ODD, max_percent=0.1 + ODD),
        ),
        confidence_percent=99.00000000000001,
        min_duration_minutes=12345.678901234567,
        warm_up_minutes=1234.5678901234567,
        min_requests=10**18,
        period_seconds=86_400,
        not_enforced_because=reason,
    )
    return effective(policy, captures=True, takes_updates_back=True)


def longest(variants: int, alarms: int, reason: str | None = None) -> Declared:
    """Everything as long as it can be, names in the place of tokens included."""
    made = [
        DeclaredVariant(name=f"{number}{NAME}"[:63], version=NAME, label="l" * 400, minimum=10**6, maximum=10**6)
        for number in range(variants)
    ]
    return Declared(
        config=NAME,
        production=tuple(made),
        shadow=made[0] if variants == 1 else None,
        sampling_percent=12.345678901234567,
        promoted=Instances("ml.p4de.24xlarge-and-more", 10**6, 96, 8),
        capture_uri=f"s3://{NAME}/{'p' * 440}/{NAME}/",
        dashboard="d" * 255,
        alarms=tuple(f"{number:03d}".ljust(255, "a") for number in range(alarms)),
        policy=longest_policy(reason),
    )


@pytest.mark.parametrize("variants", [1, 2, 10])
@pytest.mark.parametrize("alarms", [0, 1, 18, 40, 300])
@pytest.mark.parametrize("reason", [None, "r" * 200, "\N{PILE OF POO}" * 50, "é" * 100])
def test_the_longest_names_rules_and_reasons_have_their_place(variants: int, alarms: int, reason: str | None) -> None:
    """Each parameter holds what it is given, and together they give all of it back."""
    said = longest(variants, alarms, reason)
    kept = to_parameters(said, "churn")

    assert max(len(value.encode()) for value in kept.values()) <= LARGEST_VALUE
    found = Declared.read("churn", kept.get)
    assert found is not None
    assert found.alarms == said.alarms
    assert (found.policy, found.unread) == (said.policy, ())
    assert {len(one.label) for one in found.production} == {80}


def test_what_an_endpoint_usually_says_is_one_parameter() -> None:
    """Resources are few in a stack: another one is made only where names of alarms don't fit."""
    said = replace(longest(1, 18), policy=GatePolicy(), capture_uri="s3://captures/churn/")

    assert list(to_parameters(said, "churn")) == [settings_name("churn")]


def test_a_name_that_is_a_token_is_taken_for_as_long_as_it_may_become() -> None:
    """Only CloudFormation knows how long the name of an alarm is."""
    short = replace(longest(1, 0), alarms=tuple(f"${{Token[TOKEN.{number}]}}" for number in range(300)))

    assert [value.count("Token") for value in to_parameters(short, "churn").values()] == [
        value.count("aaa") // (255 // 3 - 1) for value in to_parameters(longest(1, 300), "churn").values()
    ]


def test_a_part_that_is_gone_is_no_failure() -> None:
    """While a stack is updated, one that is gone may still be counted."""
    said = longest(1, 100)
    kept = to_parameters(said, "churn")
    del kept[f"{settings_name('churn')}-2"]
    found = Declared.read("churn", kept.get)

    assert found is not None
    assert set(found.alarms) < set(said.alarms)
    assert Declared.read("churn", lambda _name: None) is None


@given(st.recursive(st.text('{}[]:,"a\\'), lambda inner: st.lists(inner) | st.dictionaries(st.text("{}a"), inner)))
def test_no_text_holds_a_reference(value: object) -> None:
    """Doubled braces would be one to CloudFormation and to Parameter Store; what is read is what was written."""
    text = compact(value)

    assert "{{" not in text
    assert json.loads(text) == value


def test_fails_with_more_rules_than_have_a_place() -> None:
    """One line that says how many there may be."""
    with pytest.raises(
        InvalidValueError,
        match=r"be at most 24, the 3 included that the library may add, got 25; leave out percentiles",
    ):
        GatePolicy(rules=tuple(longest_rules(MOST_RULES - 2)))


@pytest.mark.parametrize("reason", ["", "  ", "r" * 201, "é" * 101, "\N{PILE OF POO}" * 51])
def test_fails_without_a_reason_of_a_sentence(reason: str) -> None:
    """One line; it is kept with the policy, in every parameter and record."""
    with pytest.raises(InvalidValueError, match="must be a sentence in one line of at most 200 characters"):
        GatePolicy.none(reason)
