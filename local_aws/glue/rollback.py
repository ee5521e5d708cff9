"""How a stack goes back after a failed or cancelled update.

CloudFormation User Guide (update rollback failed; continue rolling back an update): resources go back one by one to
their former properties; when one can't, the stack is UPDATE_ROLLBACK_FAILED, what is new is still there, and continuing
repeats what failed and goes on from there. Only after all went back, what the update had created is deleted. ministack
goes on after a failure, and deletes what is new even then.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from local_aws.glue import private, types
from local_aws.glue.custom_resources import CustomResources
from local_aws.loose import Foreign

_STACK = "AWS::CloudFormation::Stack"
_RESTORED = ("_resources", "_template", "_resolved_params", "_template_body", "Parameters", "Tags", "Outputs")


@dataclass(frozen=True)
class _Revert:
    """An update in place that is to go back."""

    logical_id: str
    kind: str
    physical_id: str
    applied: dict[str, Any] | None
    previous: dict[str, Any] | None
    attributes: dict[str, Any] | None


@dataclass
class _Rollback:
    """The rollback of one update, which may stop and be continued."""

    stack_id: str
    stack: dict[str, Any]
    previous: dict[str, Any]
    reverts: list[_Revert]
    created: list[str]
    retained: Collection[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The stack's name."""
        return str(self.stack["StackName"])

    def event(self, logical_id: str, kind: str, status: str, reason: str = "", physical_id: str = "") -> None:
        """Record an event."""
        _stacks()._add_event(self.stack_id, self.name, logical_id, kind, status, reason, physical_id)

    def turn(self, status: str, reason: str = "") -> None:
        """Set the stack's status."""
        self.stack.update(StackStatus=status, StackStatusReason=reason)
        self.event(self.name, _STACK, status, reason, self.stack_id)

    async def run(self, reason: str, skipped: Collection[str] = ()) -> None:
        """Take back what is left to be taken back."""
        self.turn("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        while self.reverts:
            revert = self.reverts[0]
            record = self.previous["_resources"].get(revert.logical_id)
            try:
                if revert.logical_id in skipped or revert.applied == revert.previous:
                    why = "Resource rollback skipped by user" if revert.logical_id in skipped else ""
                    self.event(revert.logical_id, revert.kind, "UPDATE_COMPLETE", why, revert.physical_id)
                    _stacks()._mark_rolled_back(record)
                else:
                    await _stacks()._revert_update(
                        self.stack_id,
                        self.name,
                        revert.logical_id,
                        revert.kind,
                        revert.physical_id,
                        revert.applied,
                        revert.previous,
                        revert.attributes,
                        record,
                    )
            except Exception:
                # Its event has the reason. Only what failed may be skipped when somebody continues.
                self.stack["_rollback_failed"] = {revert.logical_id: {}}
                self.stack["_rollback"] = self
                failed = f"The following resource(s) failed to update: [{revert.logical_id}]."
                self.turn("UPDATE_ROLLBACK_FAILED", failed)
                return
            self.reverts.pop(0)
        await self._clean_up()

    async def _clean_up(self) -> None:
        self.turn("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        for logical_id in reversed(self.created):
            resource = self.stack["_resources"].get(logical_id, {})
            kind, physical_id = resource.get("ResourceType", ""), resource.get("PhysicalResourceId", "")
            if logical_id in self.retained:
                self.event(logical_id, kind, "DELETE_SKIPPED", "", physical_id)
                continue
            self.event(logical_id, kind, "DELETE_IN_PROGRESS", "", physical_id)
            try:
                await _stacks().run_reentrant(
                    _stacks()._delete_resource,
                    kind,
                    physical_id,
                    resource.get("Properties", {}),
                    self.name,
                    logical_id,
                )
            except Exception as error:
                # A clean-up that fails does not fail the rollback.
                self.event(logical_id, kind, "DELETE_FAILED", str(error), physical_id)
            else:
                self.event(logical_id, kind, "DELETE_COMPLETE", "", physical_id)
        self.stack.update({key: self.previous[key] for key in _RESTORED if key in self.previous})
        for key in ("_rollback", "_rollback_failed"):
            self.stack.pop(key, None)
        self.turn("UPDATE_ROLLBACK_COMPLETE")


def install(custom: CustomResources) -> None:
    """Take the place of ministack's rollback of updates; creations are rolled back as it does."""
    stacks, handlers = _stacks(), private.module("services.cloudformation.handlers")
    original = stacks._roll_back_operation

    async def roll_back(
        stack_name: str, stack_id: str, stack: dict[str, Any], operation: dict[str, Any], reason_override: str = ""
    ) -> None:
        _remember_failed_creation(custom, stack_id, stack, operation)
        if not (operation.get("is_update") and operation.get("previous_stack")):
            await original(stack_name, stack_id, stack, operation, reason_override)
            return
        cancelled = stack.pop("_cancel_requested", False) or operation.get("cancelled")
        verb = "update" if operation.get("failed_update") is not None else "create"
        failed = f"The following resource(s) failed to {verb}: [{operation.get('failed_logical_id')}]. "
        stack.pop("_failed_operation", None)
        await _planned(stack_id, stack, operation).run(reason_override or ("User Initiated" if cancelled else failed))

    async def go_on(stack_name: str, _stack_id: str, resources_to_skip: Collection[str]) -> None:
        stack = private.module("services.cloudformation")._stacks[stack_name]
        await stack["_rollback"].run("User Initiated", resources_to_skip)

    stacks._roll_back_operation = handlers._roll_back_operation = roll_back
    handlers._continue_update_rollback_async = go_on


def _planned(stack_id: str, stack: dict[str, Any], operation: dict[str, Any]) -> _Rollback:
    previous, now = operation["previous_stack"], stack.setdefault("_resources", {})
    reverts, created = [], []
    for logical_id in operation["created"]:
        resource, before = now.get(logical_id, {}), previous["_resources"].get(logical_id)
        physical_id, kind = resource.get("PhysicalResourceId", ""), resource.get("ResourceType", "")
        if before is None or before.get("PhysicalResourceId") != physical_id or logical_id in operation["replaced_ids"]:
            created.append(logical_id)
            continue

        def tagged(
            properties: Foreign, tags: Foreign, kind: str = kind, logical_id: str = logical_id
        ) -> dict[str, Any]:
            found: dict[str, Any] = _stacks()._with_stack_tags(
                kind, properties, tags, stack["StackName"], stack_id, logical_id
            )
            return found

        applied = tagged(resource.get("Properties", {}), operation["stack_tags"])
        former = tagged(before.get("Properties", {}), operation["previous_tags"])
        if applied != former:
            reverts.append(_Revert(logical_id, kind, physical_id, applied, former, resource.get("Attributes", {})))
    if operation.get("failed_update") is not None:
        logical_id, kind, physical_id, applied, former, attributes = operation["failed_update"]
        if not (kind == types.ENDPOINT or _stacks()._sends_back_failed_update(kind)):
            applied = former
        reverts.append(_Revert(logical_id, kind, physical_id, applied, former, attributes))
    definitions = operation["template"].get("Resources", {})
    retained = {name for name in created if definitions.get(name, {}).get("DeletionPolicy") == "Retain"}
    return _Rollback(stack_id, stack, previous, reverts, created, retained)


def _remember_failed_creation(
    custom: CustomResources, stack_id: str, stack: dict[str, Any], operation: dict[str, Any]
) -> None:
    """Let a custom resource whose creation failed be deleted with the rest."""
    logical_id = operation.get("failed_logical_id") or ""
    failed = custom.failed.pop((stack_id, logical_id), None)
    if failed is not None:
        operation["created"].append(logical_id)
        stack.setdefault("_resources", {})[logical_id] = {
            "PhysicalResourceId": failed.physical_id,
            "ResourceType": failed.resource_type,
            "ResourceStatus": "CREATE_FAILED",
            "LogicalResourceId": logical_id,
            "Properties": failed.properties,
            "Attributes": {},
            "Timestamp": private.module("core.responses").now_iso(),
        }


def _stacks() -> Foreign:
    return private.module("services.cloudformation.stacks")
