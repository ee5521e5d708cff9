"""What the guard's role must allow: as data, from which the role is rendered and the tests check every call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """Actions that the guard calls on the same resources.

    Attributes:
        actions: IAM actions.
        resource: ``endpoint``: the endpoint; ``endpoint-config``: every config of the account and region, because
            CloudFormation names them; ``parameter``: everything under the endpoint's prefix, and the prefix itself;
            ``record``: what is replaced there, ``entry``: what is made once, ``leaving``: what goes with the stack;
            ``stack``: the stack; ``function``: the guard's own function;
            ``target-alarm``: alarms named ``TargetTracking-endpoint/<endpoint>/variant/*``;
            ``service-role``: the service-linked role of Application Auto Scaling for SageMaker endpoints;
            ``experiment``: managed tests of this stack, ``experiments``: all, to see which endpoint they have;
            ``kept``: what is kept of a test, ``conclusion`` of it how production scaled; ``ramp``: a ramp's course;
            ``model``: every model, because CloudFormation names them;
            ``experiment-role``: the role that a managed test is run with; ``*``.
        reason: Why it is needed; with ``*`` also why nothing narrower would do.
        conditions: Keys and values that must equal in the request.
    """

    actions: tuple[str, ...]
    resource: str
    reason: str
    conditions: tuple[tuple[str, str], ...] = ()


# Actions, resource types and condition keys: Service Authorization Reference, pages of the services named.
PERMISSIONS: tuple[Need, ...] = (
    Need(
        ("sagemaker:DescribeEndpoint",),
        "endpoint",
        "what serves, in which state, with how many instances",
    ),
    Need(
        # Application Auto Scaling demands the rights to describe and to set capacity of who registers a target
        # (SageMaker Developer Guide, endpoint-auto-scaling-prerequisites).
        ("sagemaker:UpdateEndpointWeightsAndCapacities",),
        "endpoint",
        "instance counts that an update swallowed, and registering scalable targets",
    ),
    Need(
        ("sagemaker:DescribeEndpointConfig",),
        "endpoint-config",
        "models and instances of the config that serves and of the one that was asked for",
    ),
    Need(
        ("sagemaker:DescribeModel",),
        "model",
        "what models are made of, which tells what serves, whatever SageMaker calls it; models of several containers, "
        "or that serve several models, can't take part in a managed test",
    ),
    Need(
        ("sagemaker:DescribeInferenceExperiment",),
        "experiments",
        "whether the managed test of the endpoint's is to begin, which an update would get lost by",
    ),
    Need(
        (
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
            "application-autoscaling:DescribeScheduledActions",
        ),
        "*",
        "scaling to record; these actions have no resource level",
    ),
    Need(
        (
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:DeleteScalingPolicy",
            "application-autoscaling:PutScheduledAction",
            "application-autoscaling:DeleteScheduledAction",
        ),
        "*",
        "scaling to hand over; a target's ARN holds an id that is made at registration, so none can be named before",
        (
            ("application-autoscaling:service-namespace", "sagemaker"),
            ("application-autoscaling:scalable-dimension", "sagemaker:variant:DesiredInstanceCount"),
        ),
    ),
    Need(
        ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
        "target-alarm",
        "the alarms of target tracking, which Application Auto Scaling makes with the rights of who puts the policy",
    ),
    Need(
        ("cloudwatch:DescribeAlarms",),
        "*",
        "Application Auto Scaling demands it of who puts a policy, and alarms of step scaling policies may have any "
        "name; alarms that would take an update back must not be firing when it begins",
    ),
    Need(
        ("iam:CreateServiceLinkedRole",),
        "service-role",
        "the first scalable target of an account makes the role that scales",
        (("iam:AWSServiceName", "sagemaker.application-autoscaling.amazonaws.com"),),
    ),
    Need(
        ("ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParametersByPath"),
        "parameter",
        "the guard's records, its journal and the history, which earlier versions kept under other names",
    ),
    Need(
        ("ssm:PutParameter",),
        "record",
        "the lock, and how counts and scaling are around a deployment",
    ),
    Need(
        # Systems Manager User Guide, parameter-store-policy-conditions.
        ("ssm:PutParameter",),
        "entry",
        "the history, answers and which reason was used: each is made once, and never written over",
        (("ssm:Overwrite", "false"),),
    ),
    Need(
        ("ssm:DeleteParameters",),
        "leaving",
        "all of them but the history, and what the watch keeps: it has no function any more once the stack goes",
    ),
    Need(
        ("cloudformation:DescribeStacks", "cloudformation:ListStackResources"),
        "stack",
        "whether the deployment is being rolled back, or the stack deleted, and whether the endpoint is the stack's",
    ),
    Need(
        ("lambda:InvokeFunction",),
        "function",
        "an update may take longer than one invocation: the function goes on in another one",
    ),
    Need(
        ("cloudwatch:GetMetricData",),
        "*",
        "the gate's samples; the action has no resource level",
    ),
)
"""Everything the guard calls, the gate's own call included."""


def _of_both(need: Need) -> bool:
    """Whether a need of the guard is one of the function of managed tests, which puts scaling back as well."""
    scaling = any(action.startswith("application-autoscaling:") for action in need.actions)
    return scaling or need.resource in (
        "endpoint",
        "endpoint-config",
        "model",
        "target-alarm",
        "service-role",
        "function",
    )


_LOOKS_AND_ENDS: tuple[Need, ...] = (
    *(need for need in PERMISSIONS if _of_both(need)),
    Need(
        ("sagemaker:ListInferenceExperiments",),
        "*",
        "whether another managed test has the endpoint; the action has no resource level",
    ),
    Need(
        ("sagemaker:DescribeInferenceExperiment",),
        "experiments",
        "which endpoint another managed test has: its summary doesn't say",
    ),
    Need(
        ("sagemaker:StopInferenceExperiment", "sagemaker:DeleteInferenceExperiment"),
        "experiment",
        "to end the test, and to delete one that hasn't begun",
    ),
    Need(
        ("cloudwatch:DescribeAlarms",),
        "*",
        "alarms of step scaling policies, which may have any name, are recorded with the policy",
    ),
    Need(
        ("ssm:GetParameter", "ssm:GetParametersByPath"),
        "parameter",
        "whether a promotion that was broken off has taken scaling away, and what the watch keeps",
    ),
    Need(
        ("ssm:PutParameter",),
        "conclusion",
        "scaling that somebody else's conclusion takes away at the same time",
    ),
    Need(
        ("ssm:DeleteParameters",),
        "kept",
        "what the watch keeps, and scaling that is back",
    ),
    Need(
        ("cloudformation:DescribeStacks",),
        "stack",
        "whether the deployment goes on, is being rolled back, or the stack deleted",
    ),
)
_BEGINS = (
    Need(
        ("sagemaker:CreateInferenceExperiment", "sagemaker:AddTags"),
        "experiment",
        "to begin the test",
    ),
    Need(
        ("iam:PassRole",),
        "experiment-role",
        "SageMaker takes the role that runs the test from who begins it",
        (("iam:PassedToService", "sagemaker.amazonaws.com"),),
    ),
)
_CHANGES = Need(
    ("sagemaker:UpdateInferenceExperiment",),
    "experiment",
    "to change the test's share and its end",
)
_TAGS = Need(
    ("sagemaker:ListTags", "sagemaker:DeleteTags"),
    "experiment",
    "to change the test's tags while it is there",
)
_PUTS_BACK = Need(
    ("ssm:PutParameter",),
    "changed",
    "what a deployment changes, and the ramp that it ends: both go back with it",
)
_RAMPS = Need(
    ("ssm:PutParameter",),
    "ramp",
    "which shares a ramp has come to, and why it ended",
)


def managed_needs(*, begins: bool, ramps: bool) -> tuple[Need, ...]:
    """Everything that the function of a managed test calls.

    Args:
        begins: Whether it makes the test; else the template does.
        ramps: Whether a watch looks at it, after whose looks a ramp goes on.
    """
    changes = (_CHANGES, _PUTS_BACK) if begins or ramps else ()
    made = (*_BEGINS, _TAGS) if begins else ()
    return (*_LOOKS_AND_ENDS, *made, *changes, *((_RAMPS,) if ramps else ()))
