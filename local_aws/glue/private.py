"""Every name of ministack that the glue uses, most of them private, and a check that they are still there.

ministack has no extension point and is released several times a week; it is pinned exactly. When the pin moves, this
check says at start, in one line, which names have gone.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

from local_aws.loose import Foreign

_NAMES: dict[str, tuple[str, ...]] = {
    "app": ("app", "SERVICE_HANDLERS", "_reset_all_state", "_get_reset_lock", "_handle_post_body_shortcuts", "AUTH"),
    "core.router": ("SERVICE_PATTERNS", "_KNOWN_AWS_SERVICE_NAMES"),
    "core.responses": ("get_region", "request_scope"),
    "core.lambda_runtime": ("reset", "Worker", "_PYTHON_WORKER_SCRIPT", "subprocess", "zipfile"),
    "core.iam_actions": ("SERVICE_TO_IAM_NAMESPACE", "extract_resource_arn"),
    "core.iam_evaluator": ("EvalContext", "enforce", "evaluate_resource_policy"),
    "services.s3": ("_put_object", "_get_object_data", "_buckets", "_bucket_tags"),
    "services.cloudwatch": (
        "_alarms",
        "_composite_alarms",
        "_put_metric_data",
        "_get_metric_data",
        "_get_metric_statistics",
        "_list_metrics",
        "_put_metric_alarm",
        "_evaluate_alarm",
        "_evaluate_all_alarms",
        "_set_alarm_state",
        "_evaluate_parent_alarms",
        "_record_history",
        "_dispatch_alarm_actions",
        "_put_composite_alarm",
        "cloudformation_delete_metric_alarm",
        "cloudformation_set_metric_alarm_tags",
        "record_metric",
        "_cbor_ok",
        "_cbor_timestamp",
        "_json_ok",
        "_xml",
        "_error",
        "_parse_ts",
    ),
    "services.cloudformation.provisioners": (
        "_RESOURCE_HANDLERS",
        "_REPLACING_PROPERTIES",
        "_CUSTOM_NAME_REPLACEMENT",
        "_STACK_TAG_PROPERTY",
        "_physical_name",
    ),
    "services.eventbridge": ("_put_events", "_dispatch_to_lambda", "_dispatch_to_sns", "json"),
    "services.sns": ("_fanout", "_topic_by_arn_any_scope"),
    "services.lambda_svc": (
        "_execute_function_with_config_scope",
        "_execution_record_for_config",
        "_get_func_record_for_ref",
        "_route_async_failure",
        "invoke_async_with_retry",
    ),
    "services.cloudformation": ("_stacks", "_exports"),
    "services.cloudformation.custom_resource": (
        "deliver_response",
        "invoke_custom_resource",
        "register_token",
        "_lock",
        "_normalise_resource_properties",
        "_pending",
        "_response_url",
    ),
    "services.cloudformation.handlers": (
        "_ACTION_HANDLERS",
        "_continue_update_rollback_async",
        "_imported_export_names",
        "_p",
        "_roll_back_operation",
    ),
    "services.cloudformation.stacks": (
        "_add_event",
        "_delete_resource",
        "_mark_rolled_back",
        "_resolve_stack_outputs",
        "_revert_update",
        "_roll_back_operation",
        "_runs_on_worker_thread",
        "_sends_back_failed_update",
        "_with_stack_tags",
        "run_reentrant",
    ),
    "services.cloudformation.changesets": ("_resolve_props_for_diff",),
}


class MovedError(Exception):
    """The installed ministack lacks names that the glue needs."""


def prepare(port: int, state: str) -> None:
    """Set what ministack reads from the environment when it is imported; call this first.

    Args:
        port: The port that will be served, which Lambda functions and custom resources call back.
        state: Directory for whatever it puts on disk.
    """
    os.environ.update(
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="localhost",
        BIND_HOST="127.0.0.1",
        # Listeners on fixed ports that nothing here needs, and that would collide between two local AWSs.
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        PERSIST_STATE="0",
        S3_DATA_DIR=f"{state}/s3",
        LAMBDA_EXECUTOR="local",
    )


def module(name: str) -> Foreign:
    """Return one of ministack's modules, such as ``services.s3``."""
    return importlib.import_module(f"ministack.{name}")


def check(names: dict[str, tuple[str, ...]] = _NAMES) -> None:
    """Refuse to start on a ministack that lacks a name.

    Raises:
        MovedError: In one line, with every name that is missing.
    """
    missing = []
    for path, attributes in names.items():
        try:
            found: ModuleType | None = importlib.import_module(f"ministack.{path}")
        except ImportError:
            found = None
        missing += [f"{path}.{attribute}" for attribute in attributes if not hasattr(found, attribute)]
    if missing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            installed = version("ministack")
        except PackageNotFoundError:
            installed = "(not installed)"
        raise MovedError(f"ministack {installed} lacks: {', '.join(missing)}")
