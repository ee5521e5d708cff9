"""The CloudFormation handler of managed shadow tests, with what it drops in silence.

Read from the handler's published source. Each status of the test has one line of ``_UPDATES``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from local_aws.glue import types
from local_aws.glue.handler import Call, Created, HandlerError, fail, request_of
from local_aws.sagemaker.api import SERVICE

_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 300
_RUNNING_MEMBERS = ("Description", "Schedule", "ShadowModeConfig")
_CREATED_MEMBERS = (*_RUNNING_MEMBERS, "ModelVariants", "DataStorageConfig")
# DesiredState and StatusReason are the handler's own; the rest are members of the calls.
_OWN = ("DesiredState", "StatusReason")
_OVER, _AT_REST = ("Completed", "Cancelled"), ("Created", "Running")


class ExperimentResources:
    """Create, update and delete of managed shadow tests.

    Args:
        call: Calls SageMaker in the region of the stack that is deployed.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    def handlers(self) -> dict[str, dict[str, Callable[..., Any]]]:
        """Return the handlers per resource type, as ministack keeps them."""
        return {
            types.EXPERIMENT: {
                "create": lambda _logical_id, props, _stack: self.create(props),
                "update": lambda name, old, new, _stack: self.update(name, old, new),
                "delete": lambda name, props: self.delete(name, props),
            }
        }

    def create(self, props: dict[str, Any]) -> Created:
        """Create a test; DesiredState is ignored here. Any status but Created and Running ends it in an error."""
        self._call("CreateInferenceExperiment", _request("CreateInferenceExperiment", props))
        self._settle(props["Name"], "Creating", into=_AT_REST)
        return self._created(props["Name"])

    def update(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> Created:
        """Do what the status of the running test lets the handler do; what it drops, it drops in silence."""
        status, desired = self._describe(name)["Status"], new.get("DesiredState")
        if status == "Updating":
            self._settle(name, "Updating", into=_AT_REST)
        elif status == "Stopping":
            self._settle(name, "Stopping", into=_OVER)
        elif status == "Created" and desired == "Running":
            self._call("StartInferenceExperiment", {"Name": name})
            self._settle(name, "Starting", into=("Running",))
        elif status == "Created":
            self._change(name, new, _CREATED_MEMBERS)
        elif status == "Running" and desired in _OVER:
            self._stop(name, new)
        elif status == "Running":
            self._change(name, new, _RUNNING_MEMBERS)
        # Creating, Starting, Completed and Cancelled: nothing but tags, which every other status takes too.
        self._tag(name, old, new)
        return self._created(name)

    def delete(self, name: str, _props: dict[str, Any]) -> None:
        """Delete a test; a running one is stopped with both variants retained, so the shadow stays.

        Only the end of a test is waited for: one that is made, begins or changes is deleted as it is.
        """
        try:
            described = self._describe(name)
        except HandlerError:
            return
        if described["Status"] == "Running":
            actions = {variant["VariantName"]: "Retain" for variant in described["ModelVariants"]}
            stop = {"Name": name, "ModelVariantActions": actions, "DesiredState": "Completed"}
            self._call("StopInferenceExperiment", stop)
        if described["Status"] in ("Running", "Stopping"):
            self._settle(name, "Stopping", into=_OVER)
        self._call("DeleteInferenceExperiment", {"Name": name})

    def _change(self, name: str, new: dict[str, Any], members: tuple[str, ...]) -> None:
        wanted = {key: new[key] for key in members if key in new}
        request = _request("UpdateInferenceExperiment", {**wanted, "Name": name})
        self._call("UpdateInferenceExperiment", request)
        self._settle(name, "Updating", into=_AT_REST)

    def _stop(self, name: str, new: dict[str, Any]) -> None:
        # There is no property for actions: they follow from which variants of the test the template still lists.
        mode = self._describe(name)["ShadowModeConfig"]
        production = mode["SourceModelVariantName"]
        shadow = mode["ShadowModelVariants"][0]["ShadowModelVariantName"]
        listed = {variant["VariantName"] for variant in new["ModelVariants"]}
        promoted = "Retain" if production in listed else "Promote"
        request = {
            "Name": name,
            "ModelVariantActions": {
                production: "Retain" if production in listed else "Remove",
                shadow: promoted if shadow in listed else "Remove",
            },
            "DesiredModelVariants": new["ModelVariants"],
            "DesiredState": new["DesiredState"],
        }
        if "StatusReason" in new:
            request["Reason"] = new["StatusReason"]
        self._call("StopInferenceExperiment", _request("StopInferenceExperiment", request))
        self._settle(name, "Stopping", into=_OVER)

    def _tag(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        arn, wanted = self._describe(name)["Arn"], new.get("Tags") or []
        gone = {one["Key"] for one in old.get("Tags") or []} - {one["Key"] for one in wanted}
        if gone:
            self._call("DeleteTags", {"ResourceArn": arn, "TagKeys": sorted(gone)})
        if wanted:
            self._call("AddTags", {"ResourceArn": arn, "Tags": wanted})

    def _describe(self, name: str) -> dict[str, Any]:
        return self._call("DescribeInferenceExperiment", {"Name": name})

    def _settle(self, name: str, passing: str, *, into: tuple[str, ...]) -> None:
        """Wait while a status passes; any but those that it may become is the handler's error."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (status := str(self._describe(name)["Status"])) == passing:
            if time.monotonic() > deadline:
                fail(f"{name} is still {status}", "NotStabilized")
            time.sleep(_POLL_SECONDS)
        if status not in into:
            fail(f"unexpected status {status} of {name}")

    def _created(self, name: str) -> Created:
        found = self._describe(name)
        attributes = {key: found[key] for key in ("Arn", "Status", "CreationTime", "LastModifiedTime") if key in found}
        return name, {key: str(value) for key, value in attributes.items()}


def _request(operation: str, properties: dict[str, Any]) -> dict[str, Any]:
    skip = () if operation == "StopInferenceExperiment" else _OWN
    return request_of(SERVICE, operation, properties, types.EXPERIMENT, skip)
