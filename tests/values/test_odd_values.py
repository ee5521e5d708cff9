"""Odd values of the kinds that no single check has in mind: refused in one line each, by every value alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pytest

from shadow_constructs import (
    Alerts,
    Container,
    GatePolicy,
    Guard,
    Guardrails,
    InvalidValueError,
    Promotion,
    Rollback,
    Scaling,
    Schedule,
    ShadowTest,
    Watch,
)
from tests.values.samples import model, shadow_test


def refusal(make: Callable[[], object]) -> tuple[str, ...]:
    """The lines with which something is refused."""
    with pytest.raises(InvalidValueError) as refused:
        make()
    assert all(line.isprintable() for line in refused.value.problems)
    return refused.value.problems


@pytest.mark.parametrize("text", ["a\ud800b", "a\x00b", "a\x1b[31mb"])
@pytest.mark.parametrize(
    "make",
    [
        lambda text: Schedule(name=text, when="rate(1 hour)", min_count=1),
        lambda text: Scaling(max_count=2, policies=[{"PolicyName": text}]),
        lambda text: Scaling(max_count=2, policies=[{"PolicyName": "mine", "PolicyType": text}]),
        lambda text: GatePolicy.none(text),
        lambda text: Container.private_registry(text),
        lambda text: Container.uri(text),
        lambda text: Rollback(text),
        lambda text: Promotion(override_gate=text),
        lambda text: model(environment={"K": text}),
        lambda text: model(environment={text: "v"}),
        lambda text: shadow_test(tags={"team": text}),
        lambda text: shadow_test(endpoint_name=text),
        lambda text: Alerts(emails=[f"{text}@example.com"]),
    ],
)
def test_what_no_file_can_hold_is_refused_wherever_text_stands(make: Callable[[str], object], text: str) -> None:
    """Half a surrogate pair breaks the template; control characters forge lines in logs and on terminals."""
    refusal(lambda: make(text))


class Unspeakable:
    """Has no text: whoever asks for it gets an error of some kind."""

    def __repr__(self) -> NoReturn:
        """Refuse."""
        raise KeyError("no text")


def test_what_has_no_text_is_refused_by_its_type() -> None:
    """Its own error reaches nobody."""
    [line] = refusal(lambda: Schedule(name=Unspeakable(), when="rate(1 hour)", min_count=1))  # type: ignore[arg-type] # on purpose

    assert line == "Schedule: 'name' must be 1 to 256 characters without | : /, got a Unspeakable that can't be shown"


@pytest.mark.parametrize(
    "make",
    [
        lambda text: shadow_test(tags={"Team": text}),
        lambda text: shadow_test(tags={text: "x"}),
        lambda text: model(environment={"LABEL": text}),
        lambda text: Scaling(max_count=2, policies=[{"PolicyName": text}]),
        lambda text: Schedule(name=text, when="rate(1 hour)", min_count=1),
        lambda text: Guardrails(alarm_names=[text]),
        lambda text: Alerts(emails=[f"{text}@example.com"]),
        lambda text: model(artifact=f"s3://models/{text}.tar.gz"),
        lambda text: model(artifact=f"s3://models/{text}/"),
    ],
)
def test_what_stands_in_the_template_is_ascii(make: Callable[[str], object]) -> None:
    """CloudFormation gives other characters back as question marks: the user spells them out, knowingly."""
    assert any(
        re.search("must be ASCII, got '[^']*Qualität[^']*'; CloudFormation gives", line)
        for line in refusal(lambda: make("Qualität"))
    )


@pytest.mark.parametrize(
    "text",
    ["", "  ", None, 5, "a" * 501, "a\x1bb", "a\nb", "a\tb", "because ${Token[TOKEN.1]}", "#{Token[TOKEN.1]}"],
    ids=repr,
)
@pytest.mark.parametrize("make", [Alerts.off, Watch.off, Guard.off, Guardrails.off, Rollback, GatePolicy.none])
def test_every_opting_out_says_why_in_a_sentence(make: Callable[[Any], object], text: object) -> None:
    """One rule for all of them: text that says something, of a length that every record holds."""
    refusal(lambda: make(text))


@pytest.mark.parametrize("make", [Alerts, Watch])
def test_fails_with_a_reason_for_what_is_on(make: Callable[..., object]) -> None:
    """Who gives a reason means it to be off."""
    [line] = refusal(lambda: make(off_because="nobody needs it"))

    assert "'off_because' must be left out of what is on" in line


@pytest.mark.parametrize(
    "changes",
    [
        {"directory": None},
        {"directory": 5},
        {"directory": ["img"]},
        {"directory": b"img"},
        {"directory": "x" * 100_000},
        {"directory": "a\x00b"},
        {"file": None},
        {"file": ""},
        {"file": 5},
        {"build_args": 1},
        {"build_args": ["a"]},
        {"build_args": ""},
        {"build_args": {"a": 1}},
        {"build_args": {1: "a"}},
        {"build_args": {None: None}},
        {"build_args": {"": "a"}},
    ],
    ids=str,
)
def test_every_argument_of_a_dockerfile_is_checked(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Folder, file and build arguments, before Docker is asked."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    given: dict[str, Any] = {"directory": tmp_path, **changes}
    Container.dockerfile(tmp_path, build_args={"a": "b"})
    assert all(line.startswith("Container.dockerfile: ") for line in refusal(lambda: Container.dockerfile(**given)))


@pytest.mark.parametrize("path", [None, 5, b"x.toml", [], "a\ud800", "a\x00b"])
def test_what_is_no_path_is_no_file_of_a_test(path: Any) -> None:  # noqa: ANN401 - anything
    """One line, whatever Python's own functions would say."""
    (line,) = refusal(lambda: ShadowTest.from_file(path))
    assert "the path of a TOML file" in line or "name a file that can be read" in line


@pytest.mark.parametrize("days", [True, 5.0, Decimal(5), "5", 4])
def test_days_of_a_log_are_one_of_the_services_whole_numbers(days: Any) -> None:  # noqa: ANN401 - anything
    """What only equals one of them isn't one: jsii takes no Decimal."""
    refusal(lambda: Guard(log_retention_days=days))


@pytest.mark.parametrize("percent", [1e-305, 1e-100, 5e-324, 0.00009])
def test_a_share_that_tells_nothing_is_refused(percent: float) -> None:
    """The service's weights are floats of 32 bits, and a percentage is shown with a few digits."""
    (line,) = refusal(lambda: shadow_test(sampling_percent=percent))
    assert "'sampling_percent' must be at least 0.0001" in line


def test_as_many_mistakes_are_told_as_a_person_mends() -> None:
    """Five thousand bad addresses are fifty lines, and how many more there are."""
    lines = refusal(lambda: Alerts(emails=["x"] * 5000))
    assert len(lines) == 51
    assert lines[-1].endswith("mistakes more")


@pytest.mark.parametrize("endless", [range(10**9), "x" * 100_000, b"x" * 100_000, ""])
def test_a_list_without_end_is_not_read_to_its_end(endless: Any) -> None:  # noqa: ANN401 - anything
    """Nor is a text taken for a list of letters."""
    assert len(refusal(lambda: Alerts(emails=endless))) == 1
    assert len(refusal(lambda: replace(shadow_test(shadow=None), other_production=endless))) <= 12
