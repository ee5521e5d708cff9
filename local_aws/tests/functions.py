"""A function behind custom resources that notes what it is asked, and a template's resources that use it."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

from local_aws.loose import Json
from local_aws.tests.process import REGION, Running

NOTES = "notes"

# Plain HTTP: without IAM the local S3 takes unsigned requests, and importing boto3 takes longer than all the rest.
CODE = """\
import json, os, time, urllib.error, urllib.request

HERE = os.environ["AWS_ENDPOINT_URL"]


def put(url, body):
    request = urllib.request.Request(url, data=json.dumps(body).encode(), method="PUT", headers={"Content-Type": ""})
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError:
        pass


def is_set(flag):
    try:
        urllib.request.urlopen(HERE + "/notes/flags/" + flag).close()
        return True
    except urllib.error.HTTPError:
        return False


def handler(event, context):
    properties = event.get("ResourceProperties", {})
    note = {
        "asked": event.get("RequestType"),
        "value": properties.get("Value"),
        "physical_id": event.get("PhysicalResourceId"),
        "left": context.get_remaining_time_in_millis(),
    }
    put(HERE + "/notes/" + os.environ["AWS_LAMBDA_FUNCTION_NAME"] + "/" + str(time.time_ns()), note)
    if is_set("raise"):
        raise ValueError("asked to")
    time.sleep(float(properties.get("Sleep", 0)))
    fails = event.get("RequestType") in properties.get("Fails", ()) or is_set("fail")
    if "ResponseURL" in event and not properties.get("Silent"):
        put(event["ResponseURL"], {
            "Status": "FAILED" if fails else "SUCCESS",
            "Reason": "asked to",
            "PhysicalResourceId": event.get("PhysicalResourceId", "made"),
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": {"Text": "x" * int(properties.get("Size", 0))},
        })
"""


class Functions:
    """Functions that note what they are asked.

    Args:
        local: The local AWS.
    """

    def __init__(self, local: Running) -> None:
        self._s3, self._lambda = local.client("s3"), local.client("lambda")
        self._s3.create_bucket(Bucket=NOTES, CreateBucketConfiguration={"LocationConstraint": REGION})

    def create(self, name: str, code: str = CODE, files: Json = None, **options: Json) -> str:
        """Create one, of a module and perhaps further files, and return its ARN."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path, text in {"index.py": code, **(files or {})}.items():
                archive.writestr(path, text)
        found = self._lambda.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role="arn:aws:iam::000000000000:role/any",
            Handler="index.handler",
            Code={"ZipFile": packed.getvalue()},
            **options,
        )
        return str(found["FunctionArn"])

    def ask(self, name: str) -> Json:
        """What one answers."""
        answer = self._lambda.invoke(FunctionName=name)
        body = json.load(answer["Payload"])
        assert "FunctionError" not in answer, body
        return body

    def flag(self, name: str) -> None:
        """Let every function fail from now on (``fail``), or raise (``raise``)."""
        self._s3.put_object(Bucket=NOTES, Key=f"flags/{name}", Body=b"")

    def lower(self, name: str) -> None:
        """Take it back."""
        self._s3.delete_object(Bucket=NOTES, Key=f"flags/{name}")

    def notes(self, name: str) -> list[dict[str, Any]]:
        """What a function was asked, in order."""
        listed = self._s3.list_objects_v2(Bucket=NOTES, Prefix=f"{name}/").get("Contents", [])
        return [json.load(self._s3.get_object(Bucket=NOTES, Key=one["Key"])["Body"]) for one in listed]

    def asked(self, name: str) -> list[tuple[str, str]]:
        """Request type and value of what a function was asked, in order."""
        return [(note["asked"], note["value"]) for note in self.notes(name)]

    def wait_for(self, name: str, count: int, seconds: float = 10) -> list[dict[str, Any]]:
        """Its notes, when there are so many."""
        deadline = time.monotonic() + seconds
        while len(found := self.notes(name)) < count:
            assert time.monotonic() < deadline, f"{name} was asked {len(found)} times, not {count}"
            time.sleep(0.05)
        return found


def custom(function: str, value: str, **properties: Json) -> dict[str, Any]:
    """A custom resource."""
    return {"Type": "Custom::Thing", "Properties": {"ServiceToken": function, "Value": value, **properties}}
