"""The services that the guard calls, in memory, with the rules that matter; any call can fail, or be the last."""

from __future__ import annotations

import copy
import datetime
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from shadow_ops.guard.clients import Clients

# Whatever an API takes.
Value = Any
ENDPOINT = "churn"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn"
UPDATE_SECONDS = 300
_SERVICES = {
    "sagemaker": "sagemaker",
    "autoscaling": "application-autoscaling",
    "ssm": "ssm",
    "cloudformation": "cloudformation",
    "cloudwatch": "cloudwatch",
}


class Killed(BaseException):
    """The function's process ends here."""


@functools.cache
def _operations(service: str) -> dict[str, OperationModel]:
    session = botocore.session.Session()
    model = session.get_service_model(_SERVICES[service])
    names = {botocore.xform_name(name): name for name in model.operation_names}
    return {python: model.operation_model(name) for python, name in names.items()}


def error(code: str, message: str, operation: str = "Operation") -> ClientError:
    """An error as boto3 raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def variant(
    model: str, instance_type: str = "ml.m5.xlarge", count: int = 1, name: str = "production"
) -> dict[str, Any]:
    """A variant of an endpoint config."""
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": instance_type,
        "InitialInstanceCount": count,
        "InitialVariantWeight": 1.0,
    }


@dataclass
class Live:
    """An endpoint."""

    config: str
    counts: dict[str, int]
    status: str = "InService"
    reason: str | None = None
    # When it settles, and the config, counts and reason it settles with.
    settles: datetime.datetime | None = None
    outcome: tuple[str, dict[str, int], str | None] | None = None


@dataclass
class World:
    """One account and region.

    Attributes:
        now: The time; only sleeping makes it pass.
        configs: Endpoint configs by name: production and shadow variants.
        live: The endpoint, or None.
        targets: Scalable targets by variant.
        parameters: Versions of SSM parameters by name.
        status: The stack's status; None once it is gone.
        alarms: CloudWatch alarms by name.
        calls: What was called, such as ``ssm:PutParameter``.
        last_call: How many more calls there are before the process is killed, and whether the last one still works.
        throttles: How often each operation is throttled before it works.
        next_update: What becomes of the next update: ``done``, or a reason for which SageMaker takes it back.
    """

    now: datetime.datetime = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
    configs: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = field(default_factory=dict)
    live: Live | None = None
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    parameters: dict[str, list[str]] = field(default_factory=dict)
    status: str | None = "UPDATE_IN_PROGRESS"
    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    last_call: tuple[int, bool] | None = None
    throttles: dict[str, int] = field(default_factory=dict)
    throttle_all: int = 0
    refused: dict[str, ClientError] = field(default_factory=dict)
    next_update: str = "done"
    puts: int = 0

    def clients(self) -> Clients:
        """The services, as the guard gets them."""
        return Clients(**{name: _Client(self, name) for name in _SERVICES})

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += datetime.timedelta(seconds=seconds)
        live = self.live
        if live is not None and live.settles is not None and self.now >= live.settles:
            if live.outcome is not None:
                live.config, live.counts, live.reason = live.outcome
            live.status, live.settles, live.outcome = "InService", None, None

    def settle(self) -> None:
        """Let time pass until the endpoint is InService."""
        if self.live is not None and self.live.settles is not None:
            self.sleep((self.live.settles - self.now).total_seconds())

    def busy(self, status: str, seconds: float) -> None:
        """Make the endpoint change by itself for a while."""
        assert self.live is not None
        self.live.status, self.live.settles = status, self.now + datetime.timedelta(seconds=seconds)

    def named(self, config: str) -> dict[str, dict[str, Any]]:
        """The variants of a config by name."""
        return {one["VariantName"]: one for side in self.configs[config] for one in side}

    # --- what CloudFormation calls

    def create_endpoint(self, config: str) -> None:
        """Create the endpoint."""
        self.live = Live(config, {name: one["InitialInstanceCount"] for name, one in self.named(config).items()})

    def update_endpoint(self, config: str, *, retain: bool) -> None:
        """Update the endpoint, or refuse to."""
        live = self.live
        if live is None or live.status != "InService":
            raise error("ValidationException", "Cannot update in-progress endpoint", "UpdateEndpoint")
        if config == live.config:
            raise error("ValidationException", "the config is the one that serves", "UpdateEndpoint")
        new, old = self.named(config), self.named(live.config)
        for name in self.targets:
            if name in old and (name not in new or new[name]["InstanceType"] != old[name]["InstanceType"]):
                raise error(
                    "ValidationException", f'"{name}" must be deregistered as a scalable target', "UpdateEndpoint"
                )
        counts = {
            name: live.counts[name] if retain and name in live.counts else one["InitialInstanceCount"]
            for name, one in new.items()
        }
        if self.next_update == "done":
            live.outcome = (config, counts, None)
        else:
            live.outcome = (live.config, dict(live.counts), self.next_update)
        self.next_update = "done"
        live.status, live.settles = "Updating", self.now + datetime.timedelta(seconds=UPDATE_SECONDS)

    def delete_endpoint(self) -> None:
        """Delete the endpoint; its scalable targets go too."""
        self.live = None
        self.targets.clear()

    # --- what the guard calls

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - of any operation
        """Run one call with its faults."""
        model = _operations(service)[operation]
        shape = model.input_shape
        assert shape is not None
        report = ParamValidator().validate(arguments, shape)
        assert not report.has_errors(), report.generate_report()
        prefix = {"autoscaling": "application-autoscaling"}.get(service, service)
        self.calls.append(f"{prefix}:{model.name}")
        works = True
        if self.last_call is not None:
            left, works = self.last_call
            self.last_call = (left - 1, works)
            if left > 1:
                works = True
            elif not works:
                raise Killed
        if operation in self.refused:
            raise self.refused[operation]
        if self.throttles.setdefault(operation, self.throttle_all) > 0:
            self.throttles[operation] -= 1
            raise error("ThrottlingException", "Rate exceeded", model.name)
        method: Callable[..., Any] = getattr(self, f"_{operation}")
        answer = copy.deepcopy(method(**copy.deepcopy(arguments)))
        if self.last_call is not None and self.last_call[0] <= 0:
            raise Killed
        return answer

    def _describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        live = self.live
        if live is None or EndpointName != ENDPOINT:
            raise error("ValidationException", f'Could not find endpoint "{ARN}".', "DescribeEndpoint")
        production, shadow = self.configs.get(live.config, ([], []))

        def summaries(side: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [
                {
                    "VariantName": one["VariantName"],
                    "CurrentWeight": 1.0,
                    "CurrentInstanceCount": live.counts[one["VariantName"]],
                    "DesiredInstanceCount": live.counts[one["VariantName"]],
                }
                for one in side
            ]

        return {
            "EndpointName": ENDPOINT,
            "EndpointArn": ARN,
            "EndpointStatus": live.status,
            "EndpointConfigName": live.config,
            "ProductionVariants": summaries(production),
            "ShadowProductionVariants": summaries(shadow),
            "LastModifiedTime": self.now,
            **({"FailureReason": live.reason} if live.reason else {}),
        }

    def _describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        if EndpointConfigName not in self.configs:
            message = f'Could not find endpoint configuration "{EndpointConfigName}".'
            raise error("ValidationException", message, "DescribeEndpointConfig")
        production, shadow = self.configs[EndpointConfigName]
        return {"CreationTime": self.now, "ProductionVariants": production, "ShadowProductionVariants": shadow}

    def _update_endpoint_weights_and_capacities(
        self,
        EndpointName: str,  # noqa: ARG002, N803 - the API's word
        DesiredWeightsAndCapacities: list[dict[str, Any]],  # noqa: N803 - the API's word
    ) -> dict[str, Any]:
        assert self.live is not None
        if self.live.status != "InService":
            raise error("ValidationException", "Cannot update in-progress endpoint")
        for one in DesiredWeightsAndCapacities:
            self.live.counts[one["VariantName"]] = one["DesiredInstanceCount"]
        return {}

    def _describe_scalable_targets(self, **arguments: Value) -> dict[str, Any]:
        found = [
            {
                "ResourceId": resource,
                "MinCapacity": self.targets[name]["min"],
                "MaxCapacity": self.targets[name]["max"],
                "SuspendedState": self.targets[name]["suspended"],
            }
            for resource in arguments["ResourceIds"]
            if (name := resource.rsplit("/", 1)[1]) in self.targets
        ]
        return _page(found, "ScalableTargets", arguments)

    def _describe_scaling_policies(self, **arguments: Value) -> dict[str, Any]:
        target = self.targets.get(arguments["ResourceId"].rsplit("/", 1)[1], {"policies": {}})
        return _page(list(target["policies"].values()), "ScalingPolicies", arguments)

    def _describe_scheduled_actions(self, **arguments: Value) -> dict[str, Any]:
        target = self.targets.get(arguments["ResourceId"].rsplit("/", 1)[1], {"schedules": {}})
        return _page(list(target["schedules"].values()), "ScheduledActions", arguments)

    def _register_scalable_target(self, **arguments: Value) -> dict[str, Any]:
        name = self._variant(arguments)
        target = self.targets.setdefault(
            name,
            {
                "suspended": {
                    "DynamicScalingInSuspended": False,
                    "DynamicScalingOutSuspended": False,
                    "ScheduledScalingSuspended": False,
                },
                "policies": {},
                "schedules": {},
            },
        )
        target["min"], target["max"] = arguments["MinCapacity"], arguments["MaxCapacity"]
        target["suspended"].update(arguments.get("SuspendedState", {}))
        assert self.live is not None
        self.live.counts[name] = min(max(self.live.counts[name], target["min"]), target["max"])
        return {}

    def _deregister_scalable_target(self, **arguments: Value) -> dict[str, Any]:
        name = arguments["ResourceId"].rsplit("/", 1)[1]
        self._target(arguments)
        del self.targets[name]
        return {}

    def _put_scaling_policy(self, **arguments: Value) -> dict[str, Any]:
        policies = self._target(arguments)["policies"]
        self.puts += 1
        name = arguments["PolicyName"]
        arn = policies[name]["PolicyARN"] if name in policies else f"arn:policy/{self.puts}"
        alarms = [alarm for alarm, one in self.alarms.items() if arn in one["AlarmActions"]]
        if arguments["PolicyType"] == "TargetTrackingScaling":
            alarms = [f"TargetTracking-{self.puts}"]
        policies[name] = {**_own(arguments), "PolicyARN": arn, "Alarms": [{"AlarmName": alarm} for alarm in alarms]}
        return {"PolicyARN": arn}

    def _delete_scaling_policy(self, **arguments: Value) -> dict[str, Any]:
        return _gone(self._target(arguments)["policies"], arguments["PolicyName"])

    def _put_scheduled_action(self, **arguments: Value) -> dict[str, Any]:
        if arguments["Schedule"].startswith("at(2020"):
            raise error("ValidationException", "the time has passed", "PutScheduledAction")
        self._target(arguments)["schedules"][arguments["ScheduledActionName"]] = _own(arguments)
        return {}

    def _delete_scheduled_action(self, **arguments: Value) -> dict[str, Any]:
        return _gone(self._target(arguments)["schedules"], arguments["ScheduledActionName"])

    def _variant(self, arguments: dict[str, Any]) -> str:
        name = str(arguments["ResourceId"].rsplit("/", 1)[1])
        if self.live is None or name not in self.live.counts:
            raise error("ValidationException", f"the variant {name} does not exist", "RegisterScalableTarget")
        return name

    def _target(self, arguments: dict[str, Any]) -> dict[str, Any]:
        name = arguments["ResourceId"].rsplit("/", 1)[1]
        if name not in self.targets:
            raise error("ObjectNotFoundException", f"no scalable target {name}")
        return self.targets[name]

    def _describe_alarms(self, AlarmNames: list[str], AlarmTypes: list[str]) -> dict[str, Any]:  # noqa: ARG002, N803 - the API's words
        return {"MetricAlarms": [self.alarms[name] for name in AlarmNames if name in self.alarms]}

    def _put_metric_alarm(self, **arguments: Value) -> dict[str, Any]:
        self.alarms[arguments["AlarmName"]] = arguments
        return {}

    def _get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        if Name not in self.parameters:
            raise error("ParameterNotFound", Name, "GetParameter")
        return {"Parameter": {"Value": self.parameters[Name][-1]}}

    def _put_parameter(self, Name: str, Value: str, **_: Value) -> dict[str, Any]:  # noqa: N803 - the API's words
        if len(Value.encode()) > 8192 or not Value:
            raise error("ValidationException", "value too long", "PutParameter")
        self.parameters[Name] = [*self.parameters.get(Name, []), Value][-100:]
        return {}

    def _get_parameter_history(self, Name: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 - the API's words
        if Name not in self.parameters:
            raise error("ParameterNotFound", Name, "GetParameterHistory")
        versions = [{"Value": value, "Version": number} for number, value in enumerate(self.parameters[Name])]
        return _page(versions, "Parameters", {"NextToken": NextToken})

    def _get_parameters_by_path(self, Path: str, Recursive: bool, NextToken: str = "0") -> dict[str, Any]:  # noqa: ARG002, N803 - the API's words
        found = [{"Name": name} for name in sorted(self.parameters) if name.startswith(f"{Path}/")]
        return _page(found, "Parameters", {"NextToken": NextToken})

    def _delete_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803 - the API's word
        for name in Names:
            self.parameters.pop(name, None)
        return {}

    def _describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        if self.status is None:
            raise error("ValidationError", f"Stack with id {StackName} does not exist", "DescribeStacks")
        return {"Stacks": [{"StackStatus": self.status}]}


class _Client:
    def __init__(self, world: World, service: str) -> None:
        self._world = world
        self._service = service

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **arguments: self._world.call(self._service, operation, arguments)


def _own(arguments: dict[str, Any]) -> dict[str, Any]:
    shared = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    return {name: value for name, value in arguments.items() if name not in shared}


def _gone(where: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in where:
        raise error("ObjectNotFoundException", name)
    del where[name]
    return {}


def _page(found: list[Any], member: str, arguments: dict[str, Any]) -> dict[str, Any]:
    # Two at a time, so that whoever forgets the next page is found out.
    start = int(arguments.get("NextToken") or 0)
    rest = {"NextToken": str(start + 2)} if start + 2 < len(found) else {}
    return {member: found[start : start + 2], **rest}
