"""CloudFormation's express mode: a resource is complete when its call has been accepted.

CloudFormation User Guide, express mode: a stack operation ends when the configuration is applied, without waiting for
resources to be ready; rollback is off unless asked for; custom resources are still waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.glue import private
from local_aws.loose import Foreign

_MODE, _DISABLE = "DeploymentConfig.Mode", "DeploymentConfig.DisableRollback"
_KEPT = "_express"


def install() -> None:
    """Read the deployment config of stack operations and change sets."""
    handlers = private.module("services.cloudformation.handlers")
    actions, cloudformation = handlers._ACTION_HANDLERS, private.module("services.cloudformation")
    text = handlers._p
    change_sets: dict[tuple[str, str], dict[str, Any]] = {}

    def key(params: dict[str, Any]) -> tuple[str, str]:
        return text(params, "StackName"), text(params, "ChangeSetName")

    def prepare(original: Callable[..., Foreign]) -> Callable[..., Foreign]:
        def handler(params: dict[str, Any]) -> Foreign:
            change_sets[key(params)] = {name: params[name] for name in (_MODE, _DISABLE) if name in params}
            return original(params)

        return handler

    def execute(original: Callable[..., Foreign]) -> Callable[..., Foreign]:
        def handler(params: dict[str, Any]) -> Foreign:
            config = {**change_sets.pop(key(params), {}), **params}
            express = text(config, _MODE) == "EXPRESS"
            if express and "DisableRollback" not in params:
                params = {**params, "DisableRollback": [text(config, _DISABLE, "true")]}
            answer = original(params)
            stack = cloudformation._stacks.get(text(params, "StackName").rpartition(":stack/")[2].split("/")[0])
            if stack is not None:
                stack[_KEPT] = express
            return answer

        return handler

    actions["CreateChangeSet"] = prepare(actions["CreateChangeSet"])
    for name in ("ExecuteChangeSet", "CreateStack", "UpdateStack"):
        actions[name] = execute(actions[name])


def express(stack_name: str) -> bool:
    """Return whether the running operation of a stack is in express mode."""
    stack = private.module("services.cloudformation")._stacks.get(stack_name) or {}
    return bool(stack.get(_KEPT))
