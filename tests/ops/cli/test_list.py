"""``shadow-test list``: every endpoint that the library deployed, and none that it didn't."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.contract.declared import settings_name
from shadow_ops.contract.declaring import to_text
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import DECLARED, Services
from tests.ops.parameter_store import aws_error


@pytest.fixture
def several(services: Services) -> Services:
    """A shadow test, one that is being updated, one that only serves, and a stack's word without an endpoint."""
    for name in ("anna", "bert", "gone"):
        services.parameters[settings_name(name)] = [to_text(replace(DECLARED, shadow=None))]
    services.endpoints["anna"] = {**copy.deepcopy(services.endpoints["churn"]), "EndpointName": "anna"}
    services.endpoints["anna"]["EndpointStatus"] = "Updating"
    serving = copy.deepcopy(services.endpoints["churn"]) | {"EndpointName": "bert", "ShadowProductionVariants": []}
    services.endpoints["bert"] = serving | {"EndpointConfigName": "other"}
    services.configs["other"] = services.configs["churn-config"] | {"ShadowProductionVariants": []}
    return services


def listed(run: Run, *options: str) -> dict[str, dict[str, Any]]:
    """The endpoints by name."""
    return {one["endpoint"]: one for one in json.loads(run("list", "--format", "json", *options).stdout)}


@pytest.mark.usefixtures("several")
def test_every_endpoint_of_ours_is_listed_with_its_phase(run: Run) -> None:
    """An endpoint of somebody else's isn't; versions are shown of the config that the stack means."""
    found = listed(run)

    assert {name: one["phase"] for name, one in found.items()} == {
        "anna": "Updating",
        "bert": "serving",
        "churn": "shadow test",
        "gone": "gone",
    }
    assert (found["churn"]["production_version"], found["churn"]["shadow_version"]) == ("v1", "v2")
    assert (found["bert"]["production_version"], found["bert"]["sampling_percent"]) == (None, None)
    assert found["churn"]["age_seconds"] == 36_120
    assert all(one["verdict"] is None for one in found.values())


def test_all_pages_are_read(run: Run, several: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameter Store gives ten at a time, and empty pages among them."""
    names = iter(sorted(several.parameters))

    def page(_self: object, Path: str, Recursive: bool, NextToken: str = "") -> dict[str, Any]:  # noqa: N803 - boto3's
        assert (Path, Recursive) == ("/shadow-test", True)
        name = next(names, None) if NextToken != "empty" else None
        if name is None:
            return {"Parameters": [], **({"NextToken": "more"} if NextToken == "empty" else {})}
        found = [{"Name": name, "Value": several.parameters[name][-1]}]
        return {"Parameters": found, "NextToken": "empty" if not NextToken else "more"}

    monkeypatch.setattr(type(several.client("ssm")), "get_parameters_by_path", page)
    assert set(listed(run)) == {"anna", "bert", "churn", "gone"}


@pytest.mark.usefixtures("several")
def test_each_shadow_is_judged_if_asked(run: Run) -> None:
    """By the gate's own judge, over the stack's policy; what has no shadow has no verdict."""
    found = listed(run, "--judge")

    assert found["churn"]["verdict"] == json.loads(run("gate", "churn", "--format", "json").stdout)["verdict"]
    assert found["churn"]["reason"].startswith("all ")
    assert found["bert"]["verdict"] is None
    assert "PASS: all" in run("list", "--judge").stdout


def test_a_word_that_this_release_cannot_read_hides_nothing(run: Run, several: Services) -> None:
    """A newer release's settings, or damaged ones: the endpoint is listed without its versions."""
    several.parameters[settings_name("churn")] = ['{"version": 99}']
    found = listed(run, "--judge")

    assert (found["churn"]["phase"], found["churn"]["production_version"]) == ("shadow test", None)
    assert len(found) == 4


def test_an_endpoint_whose_config_was_deleted_hides_no_other(run: Run, several: Services) -> None:
    """What it serves can't be told; the others are as they are."""
    before = listed(run)
    del several.configs[several.endpoints["churn"]["EndpointConfigName"]]
    found = listed(run)

    gone = {name for name, one in found.items() if one["phase"] == "config gone"}
    assert "churn" in gone < {*before}
    assert {name for name in before if found[name] != before[name]} == gone


@pytest.mark.usefixtures("several")
def test_markdown_is_one_table(run: Run) -> None:
    """For a pull request or a page."""
    lines = run("list", "--format", "markdown").stdout.splitlines()
    assert len(lines) == 6
    assert all(line.startswith("| ") and line.endswith(" |") for line in lines)


def test_nothing_deployed_is_no_failure(run: Run, services: Services) -> None:
    """It says where to look."""
    services.parameters.clear()
    done = run("list")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "check --region" in done.stderr
    assert run("list", "--format", "json").stdout == "[]\n"


def test_fails_where_an_endpoint_may_not_be_looked_at(run: Run, services: Services) -> None:
    """An error is no absence: nothing is called gone."""
    services.errors["DescribeEndpoint"] = aws_error("AccessDeniedException", "no", "DescribeEndpoint")
    done = run("list")
    assert done.exit_code == 1
    assert "sagemaker:DescribeEndpoint" in done.stderr
