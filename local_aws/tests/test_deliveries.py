"""How Lambda functions are invoked asynchronously, and how long CloudFormation waits for their answers."""

from __future__ import annotations

import io
import itertools
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.tests.functions import Functions, custom
from local_aws.tests.process import Running, Stack, close, start

_names = (f"called-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def functions(local: Running) -> Functions:
    """Functions that note what they are asked."""
    return Functions(local)


@pytest.fixture
def thing(local: Running, functions: Functions) -> Iterator[tuple[str, str]]:
    """Name and ARN of a function of one's own."""
    name = next(_names)
    yield name, functions.create(name)
    functions.lower("raise")
    local.control("DELETE", "faults")


@pytest.fixture
def stack(local: Running) -> Iterator[Stack]:
    """A stack of one's own."""
    stack = Stack(local, f"stack-{next(_names)}")
    yield stack
    stack.delete()


def test_a_request_delivered_twice_is_answered_once(
    local: Running, functions: Functions, stack: Stack, thing: tuple[str, str]
) -> None:
    """The function is asked again, a minute later; CloudFormation has its answer and hears the second no more."""
    name, function = thing
    local.control("POST", "faults", {"kind": "second-delivery", "function": name, "seconds": 60})
    assert stack.deploy({"A": custom(function, "a1")}) == "CREATE_COMPLETE"
    functions.wait_for(name, 2)
    assert functions.asked(name) == [("Create", "a1")] * 2


def test_an_event_may_come_late_or_be_too_old(
    local: Running, functions: Functions, stack: Stack, thing: tuple[str, str]
) -> None:
    """Late is in AWS's seconds, and past the age that the function's EventInvokeConfig allows it never comes."""
    name, function = thing
    local.control("POST", "faults", {"kind": "late-delivery", "function": name, "seconds": 500})
    began = time.monotonic()
    assert stack.deploy({"A": custom(function, "a1")}) == "CREATE_COMPLETE"
    assert time.monotonic() - began > 1
    local.client("lambda").put_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60)
    local.control("POST", "faults", {"kind": "late-delivery", "function": name, "seconds": 61})
    assert stack.deploy({"A": custom(function, "a2")}) == "UPDATE_ROLLBACK_COMPLETE"
    assert "the event was too old to be delivered" in stack.failures()
    assert functions.asked(name) == [("Create", "a1"), ("Update", "a1")]


@pytest.mark.parametrize("retries", [None, 0, 1])
def test_a_function_that_raises_is_tried_again(
    local: Running, functions: Functions, thing: tuple[str, str], retries: int | None
) -> None:
    """Twice more, unless its EventInvokeConfig in the template says otherwise."""
    name, _ = thing
    stack = Stack(local, f"stack-{name}")
    properties = {"FunctionName": name, "Qualifier": "$LATEST", "MaximumRetryAttempts": retries}
    if retries is not None:
        stack.deploy({"Config": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": properties}})
    functions.flag("raise")
    local.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    attempts = 3 if retries is None else retries + 1
    functions.wait_for(name, attempts, seconds=20)
    time.sleep(1)
    assert len(functions.notes(name)) == attempts


def test_fails_a_custom_resource_whose_function_raises(
    functions: Functions, stack: Stack, thing: tuple[str, str]
) -> None:
    """After its last attempt, with the reason, instead of the hour that CloudFormation would wait."""
    name, function = thing
    functions.flag("raise")
    assert stack.deploy({"A": custom(function, "a1")}) == "ROLLBACK_FAILED"
    assert "The function failed: asked to" in stack.failures()
    assert [asked for asked, _ in functions.asked(name)] == ["Create"] * 3 + ["Delete"] * 3
    functions.lower("raise")


def test_fails_when_no_answer_comes_in_time(stack: Stack, thing: tuple[str, str]) -> None:
    """ServiceTimeout is how long CloudFormation waits; that the function has ended is no answer."""
    _, function = thing
    silent = {"A": custom(function, "a1", Silent=True, ServiceTimeout=1)}
    assert stack.deploy(silent) == "ROLLBACK_FAILED"
    assert "did not receive a response from your Custom Resource within 1 s" in stack.failures()


@pytest.mark.parametrize(("size", "status"), [(3000, "CREATE_COMPLETE"), (4096, "ROLLBACK_FAILED")])
def test_fails_with_an_answer_that_is_too_long(stack: Stack, thing: tuple[str, str], size: int, status: str) -> None:
    """More than 4,096 bytes are refused."""
    _, function = thing
    assert stack.deploy({"A": custom(function, "a1", Size=size)}) == status
    assert ("Response object is too long." in stack.failures()) == (size > 3000)


def test_a_function_can_be_given_less_time(local: Running, functions: Functions, thing: tuple[str, str]) -> None:
    """It is told so, and ended then, whatever its configuration says."""
    name, _ = thing
    invoke = local.client("lambda").invoke
    invoke(FunctionName=name, Payload=b"{}")
    local.control("POST", "faults", {"kind": "short-timeout", "function": name, "seconds": 0.5})
    event = {"ResourceProperties": {"Sleep": 5}}
    answer = json.load(invoke(FunctionName=name, Payload=json.dumps(event).encode())["Payload"])
    assert "timed out" in answer["errorMessage"]
    usual, short = functions.notes(name)
    assert usual["left"] > 2000
    assert short["left"] <= 500


def test_functions_of_the_same_code_share_one_folder_whose_modules_stay_compiled(
    local: Running, functions: Functions
) -> None:
    """Other code is in another."""

    def folder(code: str) -> str:
        name = next(_names)
        functions.create(name, code)
        return str(json.load(local.client("lambda").invoke(FunctionName=name)["Payload"]))

    code = "import os\n\n\ndef handler(event, context):\n    return os.path.dirname(os.path.realpath(__file__))\n"
    first, second, other = folder(code), folder(code), folder(f"{code}\n# other\n")
    assert first == second
    assert first != other
    assert [file.name for file in Path(first, "__pycache__").iterdir()] != []


_HANDED_ON = """\
import boto3, json, os, urllib.request


def handler(event, context):
    if not event.get("again"):
        boto3.client("lambda").invoke(
            FunctionName=context.function_name, InvocationType="Event", Payload=json.dumps({**event, "again": True})
        )
        return
    body = {"Status": "SUCCESS", "PhysicalResourceId": "made"}
    body.update({name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")})
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(body).encode(), method="PUT", headers={"Content-Type": ""}
    )
    urllib.request.urlopen(request).close()
"""


@pytest.mark.parametrize("allowed", [True, False])
def test_a_function_may_hand_its_answer_on_to_itself(tmp_path: Path, allowed: bool) -> None:
    """The second invocation answers; IAM asks for lambda:InvokeFunction on the function."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", _HANDED_ON)
    running = start(tmp_path, "--until-stdin-closes", "--enforce-iam")
    try:
        iam, functions = running.client("iam"), running.client("lambda")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName="own", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
        options = {"Runtime": "python3.11", "Handler": "index.handler", "Timeout": 20}
        arn = functions.create_function(
            FunctionName="own", Role=role["Arn"], Code={"ZipFile": code.getvalue()}, **options
        )["FunctionArn"]
        statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn if allowed else f"{arn}-not"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName="own", PolicyName="own", PolicyDocument=document)
        functions.put_function_event_invoke_config(FunctionName="own", MaximumRetryAttempts=0)
        stack = Stack(running, "handed-on")
        status = stack.deploy({"A": custom(arn, "a1", ServiceTimeout=30)})
        assert status == ("CREATE_COMPLETE" if allowed else "ROLLBACK_FAILED")
        assert ("is not authorized to perform: lambda:InvokeFunction" in stack.failures()) == (not allowed)
    finally:
        close(running)
