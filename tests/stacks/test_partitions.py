"""Templates for China, GovCloud and any Region: no host, service or ARN of another partition; nothing but ASCII."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import aws_cdk as cdk
import pytest

from shadow_constructs import Alerts, Capture, Container, CoreDump, Guardrails, Network, Scaling, ShadowTest
from tests.constructs.rendering import Json
from tests.stacks.rendering import churn, shadow_template
from tests.values.samples import KEY_ARN, hardware, model, variant

CHINA, GOVCLOUD = "cn-north-1", "us-gov-west-1"
# No page says which host their consoles have.
HIDDEN = {
    "us-iso-east-1": "aws-iso",
    "us-isob-east-1": "aws-iso-b",
    "us-isof-south-1": "aws-iso-f",
    "eu-isoe-west-1": "aws-iso-e",
    "eusc-de-east-1": "aws-eusc",
}
HOSTS = {
    "eu-west-1": ("amazonaws.com", "console.aws.amazon.com"),
    CHINA: ("amazonaws.com.cn", "console.amazonaws.cn"),
    GOVCLOUD: ("amazonaws.com", "console.amazonaws-us-gov.com"),
}
# Of deep-learning containers.
OWNERS = {"eu-west-1": "763104351884", CHINA: "727897471807", GOVCLOUD: "442386744353"}
PARTITIONS = {"eu-west-1": "aws", CHINA: "aws-cn", GOVCLOUD: "aws-us-gov", **HIDDEN}
# A host, whatever stands before it; service principals are the same in every partition (IAM User Guide).
HOST = re.compile(r"[\w.<>:-]*?(?:amazonaws[\w.-]*|aws\.amazon\.com)")
PRINCIPAL = re.compile(r"[a-z.-]+\.amazonaws\.com")
ARN = re.compile(r"arn:(?!<AWS::Partition>|\$\{AWS::Partition\})([^:]*):")


def everything(region: str | None) -> ShadowTest:
    """All that has an address: images, files, keys, network, captures, dumps, alarms, people, scaling."""
    of_aws = Container.deep_learning("pytorch-inference", "2.6.0-cpu-py312")
    key = None if region is None else KEY_ARN.replace("eu-west-1", region).replace("aws", PARTITIONS[region])
    network = Network(subnet_ids=["subnet-0a1b2c3d", "subnet-1a2b3c4d"], security_group_ids=["sg-0a1b2c3d"])
    scaling = Scaling(min_count=2, max_count=8, invocations_per_instance=600)
    dump = CoreDump("s3://dumps/churn", key_arn=key)
    return churn(
        production=variant(
            model=model(container=Container.ecr("team/churn", "7"), network=network, artifact_key_arn=key),
            hardware=hardware(count=2, core_dump=dump, ssm_access=True),
            scaling=scaling,
        ),
        shadow=variant(model=model("v2", container=Container.ecr("churn", "7") if region in HIDDEN else of_aws)),
        capture=Capture(customer_managed_key=True, delete_with_stack=True),
        volume_key_arn=key,
        alerts=Alerts(emails=["team@example.com"]),
        guardrails=Guardrails(alarm_names=["checkout-errors"]),
    )


def texts(value: object) -> list[str]:
    """Every text in a template, joined where CloudFormation joins it."""
    match value:
        case str():
            return [value]
        case {"Fn::Join": [separator, parts]}:
            return [str(separator).join(part if isinstance(part, str) else _reference(part) for part in parts)]
        case dict():
            return [text for one in value.values() for text in texts(one)]
        case list():
            return [text for one in value for text in texts(one)]
        case _:
            return []


def _reference(part: object) -> str:
    return f"<{part['Ref']}>" if isinstance(part, dict) and "Ref" in part else "<x>"


def template(region: str | None, make: Callable[[str | None], ShadowTest] = everything) -> Json:
    """The template of a stack in a Region; None for any."""
    env = None if region is None else cdk.Environment(account="111122223333", region=region)
    return shadow_template(make(region), env=env)


@pytest.mark.parametrize("region", HOSTS)
def test_no_host_and_no_arn_is_of_another_partition(region: str) -> None:
    """Console links, registries, principals, ARNs: each is of the partition that the stack is deployed to."""
    found = texts(template(region))
    suffix, console = HOSTS[region]
    hosts = {host.split("/")[-1] for text in found for host in HOST.findall(text) if not PRINCIPAL.fullmatch(host)}
    others = {host for host in hosts if not host.endswith((f".dkr.ecr.{region}.{suffix}", console))}

    assert others == set()
    assert console in hosts
    assert any(text.startswith(f"{OWNERS[region]}.dkr.ecr.{region}.") for text in found)
    assert {partition for text in found for partition in ARN.findall(text)} <= {PARTITIONS[region]}


@pytest.mark.parametrize("region", HIDDEN)
def test_no_link_is_better_than_a_wrong_one(region: str) -> None:
    """Where the console's host isn't known no output has it, and the dashboard's links begin with their path."""
    made = template(region)
    found = texts(made)

    assert not any(HOST.search(PRINCIPAL.sub("", text)) for text in found)
    assert {partition for text in found for partition in ARN.findall(text)} <= {HIDDEN[region]}
    assert "Console" not in made["Outputs"]
    assert any(f"](/sagemaker/home?region={region}" in text.replace("<AWS::Region>", region) for text in found)


def test_a_stack_for_any_region_finds_its_console_at_deployment() -> None:
    """No partition is written into it; the console's host is chosen by a condition."""
    made = template(None)
    found = texts(made)

    assert {partition for text in found for partition in ARN.findall(text)} == set()
    assert set(made["Conditions"]) == {"Consoleaws", "Consoleawscn", "Consoleawsusgov"}
    address = made["Outputs"]["Console"]["Value"]["Fn::Join"][1]
    china = {"Fn::If": ["Consoleawscn", "https://console.amazonaws.cn", ""]}
    others = {"Fn::If": ["Consoleawsusgov", "https://console.amazonaws-us-gov.com", china]}
    assert address[0] == {"Fn::If": ["Consoleaws", "https://console.aws.amazon.com", others]}


@pytest.mark.parametrize("region", [*HOSTS, None])
def test_a_template_is_ascii(region: str | None) -> None:
    """CloudFormation shows other characters as question marks, and every diff would show them again."""
    assert json.dumps(template(region), ensure_ascii=False).isascii()
