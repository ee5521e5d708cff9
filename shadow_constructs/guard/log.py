"""Where the functions of a stack write: one log group for all that are kept alike."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

from shadow_constructs.placing.given import Part
from shadow_constructs.values.guard import Guard

_KNOWN: WeakKeyDictionary[cdk.Stack, dict[tuple[object, ...], logs.CfnLogGroup]] = WeakKeyDictionary()


def log_group(scope: Part, guard: Guard) -> logs.CfnLogGroup:
    """The log group for a function; the first one of a stack that needs it makes it.

    In a group that several share, Lambda names a function's streams after it (Lambda Developer Guide, log groups).

    Args:
        scope: Who makes it, if it isn't there.
        guard: How long it is kept, and under which key.
    """
    known = _KNOWN.setdefault(scope.stack, {})
    key = (guard.log_retention_days, guard.log_key_arn)
    if key not in known:
        made = logs.CfnLogGroup(scope, "Logs", retention_in_days=guard.log_retention_days, kms_key_id=guard.log_key_arn)
        made.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        known[key] = made
    return known[key]
