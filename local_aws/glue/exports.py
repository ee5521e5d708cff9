"""Exports that another stack uses stay, and those that a template no longer has go.

CloudFormation User Guide, exported output values: an output that another stack refers to can be neither changed nor
removed. ministack keeps exports for ever, and looks for their users at a stack's deletion only.
"""

from __future__ import annotations

from typing import Any

from local_aws.glue import private
from local_aws.loose import Foreign


def install() -> None:
    """Check exports when a stack's outputs are resolved, which is after its resources were updated."""
    stacks = private.module("services.cloudformation.stacks")
    original = stacks._resolve_stack_outputs

    def resolve(*args: Foreign) -> tuple[list[Any], dict[str, Any]]:
        outputs, exports = original(*args)
        stack_name, stack_id = args[-2:]
        kept = private.module("services.cloudformation")._exports
        for name, export in list(kept.items()):
            if export["StackId"] != stack_id or exports.get(name, {}).get("Value") == export["Value"]:
                continue
            done = "updated" if name in exports else "deleted"
            if user := _user(name, stack_name):
                raise ValueError(f"Export {name} cannot be {done} as it is in use by {user}")
        for name, export in list(kept.items()):
            if export["StackId"] == stack_id and name not in exports:
                del kept[name]
        return outputs, exports

    stacks._resolve_stack_outputs = resolve


def _user(export: str, exporter: str) -> str | None:
    imported = private.module("services.cloudformation.handlers")._imported_export_names
    for name, stack in private.module("services.cloudformation")._stacks.items():
        if name != exporter and "DELETE" not in stack.get("StackStatus", "") and export in imported(stack, name):
            return str(name)
    return None
