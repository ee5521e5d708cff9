"""The role: everything the guard calls is in it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from shadow_ops.contract.permissions import PERMISSIONS
from tests.ops.guard.stack import night, scaling, tracking
from tests.ops.guard.test_counts import SCALED
from tests.ops.guard.test_counts import started as counted
from tests.ops.guard.test_managed import scheduled
from tests.ops.guard.test_scaling import TESTING, add_step_policy, changed_by_hand, started

# Called by Application Auto Scaling with the guard's rights, or by the gate: not by the guard's own code.
FOR_OTHERS = {"iam:CreateServiceLinkedRole", "cloudwatch:DeleteAlarms", "cloudwatch:GetMetricData"}
ALLOWED = {action for need in PERMISSIONS for action in need.actions}


def calls() -> set[str]:
    """What the guard calls over deployments that use every corner of it."""
    scaled = started()
    changed_by_hand(scaled)
    assert scaled.deploy(replace(TESTING, scaling=(scaling(high=10, policies=[tracking("other")]),))).ok
    assert scaled.deploy(replace(TESTING, instance_type="ml.m5.2xlarge", scaling=(scaling(schedules=[night()]),))).ok
    assert scaled.deploy(replace(TESTING, instance_type="ml.m5.2xlarge", scaling=(scaling(),))).ok
    with_alarm = started()
    add_step_policy(with_alarm)
    assert with_alarm.deploy(replace(TESTING, instance_type="ml.m5.2xlarge")).ok
    larger = counted(SCALED, 6)
    assert larger.deploy(replace(SCALED, shadow_count=3)).ok
    larger.delete()
    slow = started()
    slow.world.busy("Updating", 2000)
    slow.ask("Update", "before", TESTING, slow.config, (TESTING, slow.config))
    tested = scheduled("Completed")
    assert tested.deploy(replace(TESTING, shadow=None, count=3)).ok
    assert tested.deploy(replace(TESTING, shadow=None, version="v3")).ok
    worlds = (tested.world, scaled.world, with_alarm.world, larger.world, slow.world)
    return {call for world in worlds for call in world.calls}


def test_every_call_is_allowed_and_every_right_is_used() -> None:
    """The role is neither too small nor too large."""
    called = calls()

    assert called <= ALLOWED
    assert ALLOWED - called == FOR_OTHERS


def test_a_wildcard_has_a_reason() -> None:
    """And a condition wherever the action takes one."""
    for need in PERMISSIONS:
        assert need.reason
        if need.resource == "*":
            assert need.conditions or all(
                action.split(":")[1].startswith(("Describe", "GetMetricData")) for action in need.actions
            )
