"""The local AWS as a process, and stacks on it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.loose import Json
from local_aws.tests.support import ROLE

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = PROJECT / ".venv-local-aws" / "bin" / "python"
REGION = "eu-west-1"


@dataclass
class Running:
    """A local AWS process."""

    process: subprocess.Popen[str]
    url: str

    def client(self, service: str) -> Json:
        """A boto3 client that does not retry."""
        return boto3.client(
            service,  # type: ignore[call-overload] # the service is not a literal
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}),
        )

    def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """A control call."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_local/{path}", data, method=method)) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def wait_until(self, status: str, endpoint: str) -> None:
        """Wait for an endpoint's status."""
        sagemaker = self.client("sagemaker")
        until(lambda: sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == status)


def until(look: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what must come."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain"
        time.sleep(0.05)


def start(state: Path, *options: str) -> Running:
    """Start a local AWS and wait for its line."""
    command = [str(PYTHON), "-m", "local_aws", "--port", "0", "--state", str(state), *options]
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    line = out(process).readline()
    assert line.startswith("ready http://127.0.0.1:"), f"got {line!r}"
    return Running(process, line.split()[1])


def out(process: subprocess.Popen[str]) -> IO[str]:
    """What a process prints."""
    assert process.stdout is not None
    return process.stdout


def close(running: Running) -> None:
    """Stop a local AWS, whatever its state."""
    for stream in (running.process.stdin, running.process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()


def sagemaker_resources(model: str, **endpoint: Json) -> dict[str, Any]:
    """A template's resources: two models, a configuration with a shadow, an endpoint."""

    def variant(name: str, model_id: str) -> dict[str, Any]:
        named = {"Fn::GetAtt": [model_id, "ModelName"]}
        # Template values may be strings, as CloudFormation parameters are.
        hardware = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": "1", "InitialVariantWeight": "1"}
        return {"VariantName": name, "ModelName": named, **hardware}

    def resource(kind: str, **properties: Json) -> dict[str, Any]:
        return {"Type": f"AWS::SageMaker::{kind}", "Properties": properties}

    return {
        **{
            logical_id: resource(
                "Model",
                ExecutionRoleArn=ROLE,
                PrimaryContainer={"Image": "i", "ModelDataUrl": f"s3://models/{version}.tar.gz"},
            )
            for logical_id, version in (("One", "v1"), ("Two", "v2"))
        },
        "Config": resource(
            "EndpointConfig",
            ProductionVariants=[variant("production", model)],
            ShadowProductionVariants=[variant("shadow", "Two")],
        ),
        "Endpoint": resource(
            "Endpoint",
            EndpointName="stacked",
            EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]},
            **endpoint,
        ),
    }


class Stack:
    """A stack that is deployed as the cdk command line does it, through change sets."""

    def __init__(self, local: Running, name: str, **prepared: Json) -> None:
        self.client = local.client("cloudformation")
        self.name = name
        self.prepared = prepared
        self._number = 0

    def change_set(self, resources: dict[str, Any], outputs: Json = None) -> dict[str, Any]:
        """The change set of a template."""
        self._number += 1
        name = f"change-{self._number}"
        self.client.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType="CREATE" if self._number == 1 else "UPDATE",
            TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs or {}}),
            **self.prepared,
        )
        found: dict[str, Any] = self.client.describe_change_set(StackName=self.name, ChangeSetName=name)
        return found

    def deploy(self, resources: dict[str, Any], **options: Json) -> str:
        """Execute a template's change set and return the status the stack ends in."""
        self.begin(resources, **options)
        return self.settled()

    def begin(self, resources: dict[str, Any], *, outputs: Json = None, **options: Json) -> None:
        """Execute a template's change set and don't wait."""
        change_set = self.change_set(resources, outputs)
        self.client.execute_change_set(StackName=self.name, ChangeSetName=change_set["ChangeSetName"], **options)

    def goes_on(self) -> str:
        """Continue a rollback that failed and return the status the stack ends in."""
        self.client.continue_update_rollback(StackName=self.name)
        return self.settled()

    def settled(self) -> str:
        """The status the stack ends in."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
            if not stack["StackStatus"].endswith("PROGRESS"):
                return str(stack["StackStatus"])
            time.sleep(0.05)
        raise AssertionError(f"{self.name} does not settle")

    def events(self) -> list[tuple[str, str]]:
        """Logical id and status of every event, the oldest first."""
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(events)]

    def failures(self) -> str:
        """The reasons of failed events."""
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return "\n".join(e["ResourceStatusReason"] for e in events if e["ResourceStatus"].endswith("FAILED"))

    def delete(self) -> None:
        """Delete the stack and wait."""
        self.client.delete_stack(StackName=self.name)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.settled() == "DELETE_COMPLETE":
                    return
            except ClientError:
                return
        raise AssertionError(f"{self.name} is not deleted")
