"""A synthesized stack put to CloudFormation's API as the command line puts it: assets, change set, execution.

The command line needs about eight seconds for a deployment of three: it starts up, and looks at the stack every five
seconds. A core of stories uses it; the others put the same templates and assets to the same API.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal import environment
from rehearsal.cdk import Run
from rehearsal.local import LocalAws

_CHANGE_SET = "cdk-deploy-change-set"
_BOOTSTRAP = environment.PROJECT / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"
_PATIENCE_SECONDS = 300
# Between two looks: a tenth of the time since the first, for looks cost both sides.
_POLL_SECONDS, _POLL_SHARE = 0.1, 0.1
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_NOTHING_TO_DO = ("didn't contain changes", "No updates are to be performed")


class Submission:
    """Deploys and deletes the stacks of assemblies without the command line.

    Args:
        local: The local AWS, bootstrapped.
    """

    def __init__(self, local: LocalAws) -> None:
        self._cloudformation = local.client("cloudformation")
        self._s3 = local.client("s3")

    def bootstrap(self) -> None:
        """Prepare the account as the command line does, by the template that comes with it."""
        name = "CDKToolkit"
        key = {"ParameterKey": "FileAssetsBucketKmsKeyId", "ParameterValue": "AWS_MANAGED_KEY"}
        self._cloudformation.create_stack(
            StackName=name,
            TemplateBody=_BOOTSTRAP.read_text(encoding="utf-8"),
            Parameters=[key],
            Capabilities=_CAPABILITIES,
        )
        assert self._settled(name) == "CREATE_COMPLETE", self._events(name)

    def deploy(self, assembly: Path, stack: str, *, rollback: bool = True) -> Run:
        """Deploy a stack and wait for the end; what it says about itself is the run's output.

        Args:
            assembly: The folder that was synthesized.
            stack: The stack's id in it.
            rollback: Whether a failed deployment is taken back.
        """
        began = time.monotonic()
        artifact = json.loads((assembly / "manifest.json").read_text())["artifacts"][stack]["properties"]
        name = artifact.get("stackName", stack)
        self._upload(assembly, stack)
        if self.status(name) == "ROLLBACK_COMPLETE":
            self._delete(name)
        new = self.status(name) in (None, "REVIEW_IN_PROGRESS")
        seen = set() if new else {event["EventId"] for event in self._events(name)}
        exit_code = 0
        if self._change_set(name, artifact, new=new):
            self._cloudformation.execute_change_set(
                ChangeSetName=_CHANGE_SET, StackName=name, DisableRollback=not rollback
            )
            exit_code = 0 if self._settled(name) in ("CREATE_COMPLETE", "UPDATE_COMPLETE") else 1
        output = "".join(
            f"{event['LogicalResourceId']} | {event['ResourceStatus']} | {event.get('ResourceStatusReason', '')}\n"
            for event in reversed(self._events(name))
            if event["EventId"] not in seen
        )
        return Run(("deploy", stack), exit_code, output, time.monotonic() - began)

    def destroy(self, assembly: Path, stack: str) -> Run:
        """Delete a stack and wait until it has gone."""
        began = time.monotonic()
        artifact = json.loads((assembly / "manifest.json").read_text())["artifacts"][stack]["properties"]
        gone = self._delete(artifact.get("stackName", stack))
        return Run(("destroy", stack), 0 if gone else 1, "", time.monotonic() - began)

    def status(self, name: str) -> str | None:
        """A stack's status; None if there is no such stack."""
        try:
            status: str = self._cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return status

    def _upload(self, assembly: Path, stack: str) -> None:
        for file in json.loads((assembly / f"{stack}.assets.json").read_text())["files"].values():
            source = assembly / file["source"]["path"]
            body = _zipped(source) if file["source"]["packaging"] == "zip" else source.read_bytes()
            for destination in file["destinations"].values():
                bucket = _here(destination["bucketName"])
                self._s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=body)

    def _change_set(self, name: str, artifact: dict[str, Any], *, new: bool) -> bool:
        """Make a change set; whether there is anything to change."""
        bucket, key = _here(artifact["stackTemplateAssetObjectUrl"]).removeprefix("s3://").split("/", 1)
        if not new:
            self._cloudformation.delete_change_set(StackName=name, ChangeSetName=_CHANGE_SET)
        self._cloudformation.create_change_set(
            StackName=name,
            ChangeSetName=_CHANGE_SET,
            ChangeSetType="CREATE" if new else "UPDATE",
            TemplateURL=f"{self._s3.meta.endpoint_url}/{bucket}/{key}",
            Capabilities=_CAPABILITIES,
            RoleARN=_here(artifact["cloudFormationExecutionRoleArn"]),
            Tags=[{"Key": key, "Value": value} for key, value in artifact.get("tags", {}).items()],
        )
        for _ in _looks():
            found = self._cloudformation.describe_change_set(StackName=name, ChangeSetName=_CHANGE_SET)
            if found["Status"] == "CREATE_COMPLETE":
                return True
            if found["Status"] == "FAILED":
                reason = found.get("StatusReason", "")
                assert any(words in reason for words in _NOTHING_TO_DO), reason
                return False
        raise AssertionError(f"the change set of {name} is never done")

    def _settled(self, name: str) -> str | None:
        for _ in _looks():
            status = self.status(name)
            if status is None or not status.endswith("_IN_PROGRESS"):
                return status
        raise AssertionError(f"the stack {name} is still {status}")

    def _delete(self, name: str) -> bool:
        self._cloudformation.delete_stack(StackName=name)
        return self._settled(name) in (None, "DELETE_COMPLETE")

    def _events(self, name: str) -> list[dict[str, Any]]:
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]]


def _looks() -> Iterator[None]:
    """Yield whenever it is time to look again, until patience ends."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < _PATIENCE_SECONDS:
        yield
        time.sleep(max(_POLL_SECONDS, _POLL_SHARE * waited))


def _here(text: str) -> str:
    """A text of an assembly with this account's values in it."""
    values = {"Partition": "aws", "AccountId": environment.ACCOUNT_ID, "Region": environment.REGION}
    for name, value in values.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return buffer.getvalue()
