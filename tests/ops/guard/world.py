"""The services that the guard calls, in memory, with the rules that matter; any call can fail, or be the last."""

from __future__ import annotations

import copy
import datetime
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.exceptions import ClientError, ParamValidationError, ReadTimeoutError
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from shadow_ops.contract.scaled import tracked
from shadow_ops.guard.clients import Clients
from tests.ops.parameter_store import ParameterStore, aws_error, page

# Whatever an API takes.
Value = Any
ENDPOINT = "churn"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn"
UPDATE_SECONDS = 300
CAPACITY_SECONDS = 90
_SERVICES = {
    "sagemaker": "sagemaker",
    "autoscaling": "application-autoscaling",
    "ssm": "ssm",
    "cloudformation": "cloudformation",
    "cloudwatch": "cloudwatch",
    "functions": "lambda",
}
STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/churn/1"


class Killed(BaseException):
    """The function's process ends here."""


@functools.cache
def _operations(service: str) -> dict[str, OperationModel]:
    session = botocore.session.Session()
    model = session.get_service_model(_SERVICES[service])
    names = {botocore.xform_name(name): name for name in model.operation_names}
    return {python: model.operation_model(name) for python, name in names.items()}


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
    created: datetime.datetime
    status: str = "InService"
    reason: str | None = None
    # When it settles, and the config, counts and reason it settles with.
    settles: datetime.datetime | None = None
    outcome: tuple[str, dict[str, int], str | None] | None = None


@dataclass
class World(ParameterStore):
    """One account and region.

    Attributes:
        now: The time; only sleeping makes it pass.
        configs: Endpoint configs by name: production and shadow variants.
        created: When each config was made.
        models: What each SageMaker model is made of, by its name.
        made: The same of all that there ever were.
        creations: How often CloudFormation has made a model of that.
        endpoints: The endpoints by name.
        scaling: Scalable targets by endpoint and variant.
        parameters: Versions of SSM parameters by name.
        experiments: DescribeInferenceExperiment's answers by name.
        statuses: Each stack's status by its ARN; None once it is gone.
        owners: The stack of which an endpoint is a resource, and the resource's status.
        native: Variants that the stack scales by resources of its own, and the resource's status.
        others: What else a stack has: type, physical and logical id.
        alarms: CloudWatch alarms by name.
        fires: Until when each alarm is in ALARM, of those that aren't said to be for good.
        calls: What was called, such as ``ssm:PutParameter``.
        last_call: How many more calls there are before the process is killed, and whether the last one still works.
        throttles: How often each operation is throttled before it works.
        next_update: What becomes of the next update: ``done``, or a reason for which SageMaker takes it back.
        checked: Whether each call is held against the API's model, and answers are copies; off where speed counts.
        forged: Whether a call that isn't the API's is no defect, because a record was forged: then boto3 refuses it.
        loses_answer: Asked after each call whether its answer is lost, though it has worked.
        watched: Called before each call with its operation; may raise what the call meets.
        continuations: Events that the function has sent to itself.
    """

    now: datetime.datetime = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
    configs: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = field(default_factory=dict)
    created: dict[str, datetime.datetime] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    creations: dict[str, int] = field(default_factory=dict)
    endpoints: dict[str, Live] = field(default_factory=dict)
    scaling: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    parameters: dict[str, list[str]] = field(default_factory=dict)
    experiments: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[str, str | None] = field(default_factory=lambda: {STACK: "UPDATE_IN_PROGRESS"})
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    native: dict[str, str] = field(default_factory=dict)
    others: list[tuple[str, str, str]] = field(default_factory=list)
    checked: bool = True
    forged: bool = False
    loses_answer: Callable[[str], bool] | None = None
    watched: Callable[[str], None] | None = None
    continuations: list[dict[str, Any]] = field(default_factory=list)
    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)
    fires: dict[str, datetime.datetime] = field(default_factory=dict)
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

    @property
    def live(self) -> Live | None:
        """The usual endpoint."""
        return self.endpoints.get(ENDPOINT)

    @property
    def targets(self) -> dict[str, dict[str, Any]]:
        """Scalable targets of the usual endpoint, by variant."""
        return self.scaling.setdefault(ENDPOINT, {})

    @property
    def status(self) -> str | None:
        """The usual stack's status."""
        return self.statuses.get(STACK)

    @status.setter
    def status(self, status: str | None) -> None:
        self.statuses[STACK] = status

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += datetime.timedelta(seconds=seconds)
        for live in self.endpoints.values():
            if live.settles is not None and self.now >= live.settles:
                if live.outcome is not None:
                    live.config, live.counts, live.reason = live.outcome
                live.status, live.settles, live.outcome = "InService", None, None

    def settle(self, endpoint: str = ENDPOINT) -> None:
        """Let time pass until the endpoint is InService."""
        live = self.endpoints.get(endpoint)
        if live is not None and live.settles is not None:
            self.sleep((live.settles - self.now).total_seconds())

    def is_firing(self, alarm: str) -> bool:
        """Whether an alarm that ends by itself is in ALARM."""
        return alarm in self.fires and self.now < self.fires[alarm]

    def busy(self, status: str, seconds: float) -> None:
        """Make the endpoint change by itself for a while."""
        assert self.live is not None
        self.live.status, self.live.settles = status, self.now + datetime.timedelta(seconds=seconds)

    def named(self, config: str) -> dict[str, dict[str, Any]]:
        """The variants of a config by name."""
        return {one["VariantName"]: one for side in self.configs[config] for one in side}

    def make_config(self, name: str, variants: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> str:
        """Make an endpoint config; no two are made at one moment."""
        self.sleep(1)
        self.configs[name], self.created[name] = variants, self.now
        for one in self.named(name).values():
            self.made.setdefault(one["ModelName"], self.models.setdefault(one["ModelName"], one["ModelName"]))
        return name

    def name_models(
        self, names: dict[str, str], variants: tuple[list[dict[str, Any]], list[dict[str, Any]]]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The variants with their models named as CloudFormation does: by a new name for each creation.

        Args:
            names: The names of the models that a stack has, by what the code calls them: ``model-v1``, or
                ``model-v1@other`` with other properties that change nothing for users. What is missing is made.
            variants: The variants as the code has them.
        """
        for one in (*variants[0], *variants[1]):
            if one["ModelName"] not in names:
                content = one["ModelName"].partition("@")[0]
                number = self.creations[content] = self.creations.get(content, 0) + 1
                name = names[one["ModelName"]] = content if number == 1 else f"{content}.{number}"
                self.models[name] = self.made[name] = content
        production, shadow = ([{**one, "ModelName": names[one["ModelName"]]} for one in side] for side in variants)
        return production, shadow

    def drop_models(self, names: dict[str, str], *codes: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
        """Delete a stack's models that none of these has any more."""
        kept = {one["ModelName"] for variants in codes for side in variants for one in side}
        for gone in names.keys() - kept:
            self.models.pop(names.pop(gone), None)

    # --- what CloudFormation calls

    def create_endpoint(self, config: str, endpoint: str = ENDPOINT, stack: str | None = STACK) -> None:
        """Create an endpoint, as a resource of a stack or of nobody."""
        if endpoint in self.endpoints:
            raise aws_error(
                "ValidationException", f"Cannot create already existing endpoint {endpoint}", "CreateEndpoint"
            )
        counts = {name: one["InitialInstanceCount"] for name, one in self.named(config).items()}
        self.endpoints[endpoint] = Live(config, counts, self.now)
        if stack is not None:
            self.owners[endpoint] = (stack, "CREATE_COMPLETE")

    def update_endpoint(
        self, config: str, *, retain: bool, endpoint: str = ENDPOINT, seconds: float = UPDATE_SECONDS
    ) -> None:
        """Update the endpoint, or refuse to."""
        live = self.endpoints.get(endpoint)
        if live is None or live.status != "InService":
            raise aws_error("ValidationException", "Cannot update in-progress endpoint", "UpdateEndpoint")
        if config == live.config:
            raise aws_error("ValidationException", "the config is the one that serves", "UpdateEndpoint")
        new, old = self.named(config), self.named(live.config)
        for name in self.scaling.get(endpoint, {}):
            if name in old and (name not in new or new[name]["InstanceType"] != old[name]["InstanceType"]):
                raise aws_error(
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
        live.status, live.settles = "Updating", self.now + datetime.timedelta(seconds=seconds)

    def delete_endpoint(self, endpoint: str = ENDPOINT) -> None:
        """Delete the endpoint; its scalable targets go too."""
        self.endpoints.pop(endpoint, None)
        self.scaling.pop(endpoint, None)

    # --- what the guard calls

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - of any operation
        """Run one call with its faults."""
        if self.checked:
            shape = _operations(service)[operation].input_shape
            assert shape is not None
            report = ParamValidator().validate(arguments, shape)
            if report.has_errors() and self.forged:
                raise ParamValidationError(report=report.generate_report())
            assert not report.has_errors(), report.generate_report()
        name = _operations(service)[operation].name
        prefix = {"autoscaling": "application-autoscaling", "functions": "lambda"}.get(service, service)
        # The one action whose name isn't the operation's.
        self.calls.append("lambda:InvokeFunction" if name == "Invoke" else f"{prefix}:{name}")
        if self.watched is not None:
            self.watched(operation)
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
            raise aws_error("ThrottlingException", "Rate exceeded", name)
        method: Callable[..., Any] = getattr(self, operation if service == "ssm" else f"_{operation}")
        answer = copy.deepcopy(method(**copy.deepcopy(arguments))) if self.checked else method(**arguments)
        if self.last_call is not None and self.last_call[0] <= 0:
            raise Killed
        if self.loses_answer is not None and self.loses_answer(operation):
            raise ReadTimeoutError(endpoint_url=f"https://{service}.invalid")
        return answer

    def _describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        live = self.endpoints.get(EndpointName)
        arn = f"{ARN.rpartition('/')[0]}/{EndpointName}"
        if live is None:
            raise aws_error("ValidationException", f'Could not find endpoint "{arn}".', "DescribeEndpoint")
        # The endpoint knows its variants also when its config is gone.
        gone: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([{"VariantName": one} for one in live.counts], [])
        production, shadow = self.configs.get(live.config, gone)

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
            "EndpointName": EndpointName,
            "EndpointArn": arn,
            "EndpointStatus": live.status,
            "EndpointConfigName": live.config,
            "ProductionVariants": summaries(production),
            "ShadowProductionVariants": summaries(shadow),
            "CreationTime": live.created,
            "LastModifiedTime": self.now,
            **({"FailureReason": live.reason} if live.reason else {}),
        }

    def _describe_inference_experiment(self, Name: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        if Name not in self.experiments:
            raise aws_error("ResourceNotFound", Name, "DescribeInferenceExperiment")
        return self.experiments[Name]

    def _describe_model(self, ModelName: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        if ModelName not in self.models:
            raise aws_error("ValidationException", f'Could not find model "{ModelName}".', "DescribeModel")
        artifact = f"s3://models/{self.models[ModelName]}/model.tar.gz"
        return {"ModelName": ModelName, "PrimaryContainer": {"Image": "serve", "ModelDataUrl": artifact}}

    def _describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        if EndpointConfigName not in self.configs:
            message = f'Could not find endpoint configuration "{EndpointConfigName}".'
            raise aws_error("ValidationException", message, "DescribeEndpointConfig")
        production, shadow = self.configs[EndpointConfigName]
        made = self.created.get(EndpointConfigName, self.now)
        return {"CreationTime": made, "ProductionVariants": production, "ShadowProductionVariants": shadow}

    def _update_endpoint_weights_and_capacities(
        self,
        EndpointName: str,  # noqa: N803 - the API's word
        DesiredWeightsAndCapacities: list[dict[str, Any]],  # noqa: N803 - the API's word
    ) -> dict[str, Any]:
        live = self.endpoints[EndpointName]
        if live.status != "InService":
            raise aws_error("ValidationException", "Cannot update in-progress endpoint")
        for one in DesiredWeightsAndCapacities:
            live.counts[one["VariantName"]] = one["DesiredInstanceCount"]
        # API operation UpdateEndpointWeightsAndCapacities: the endpoint is Updating until that is done.
        live.status, live.settles = "Updating", self.now + datetime.timedelta(seconds=CAPACITY_SECONDS)
        return {}

    def _describe_scalable_targets(self, **arguments: Value) -> dict[str, Any]:
        found = [
            {
                "ResourceId": resource,
                "MinCapacity": target["min"],
                "MaxCapacity": target["max"],
                "SuspendedState": target["suspended"],
            }
            for resource in arguments["ResourceIds"]
            if (target := self._found(resource)) is not None
        ]
        return page(found, "ScalableTargets", arguments.get("NextToken") or "0")

    def _describe_scaling_policies(self, **arguments: Value) -> dict[str, Any]:
        target = self._found(arguments["ResourceId"]) or {"policies": {}}
        return page(list(target["policies"].values()), "ScalingPolicies", arguments.get("NextToken") or "0")

    def _describe_scheduled_actions(self, **arguments: Value) -> dict[str, Any]:
        target = self._found(arguments["ResourceId"]) or {"schedules": {}}
        return page(list(target["schedules"].values()), "ScheduledActions", arguments.get("NextToken") or "0")

    def _register_scalable_target(self, **arguments: Value) -> dict[str, Any]:
        endpoint, name = self._variant(arguments)
        if "MinCapacity" not in arguments and name in self.scaling.get(endpoint, {}):
            # What isn't said isn't changed (API operation RegisterScalableTarget).
            return {}
        target = self.scaling.setdefault(endpoint, {}).setdefault(
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
        live = self.endpoints[endpoint]
        live.counts[name] = min(max(live.counts[name], target["min"]), target["max"])
        return {}

    def _deregister_scalable_target(self, **arguments: Value) -> dict[str, Any]:
        self._target(arguments)
        _, endpoint, _, name = arguments["ResourceId"].split("/")
        del self.scaling[endpoint][name]
        return {}

    def _put_scaling_policy(self, **arguments: Value) -> dict[str, Any]:
        policies = self._target(arguments)["policies"]
        name = arguments["PolicyName"]
        metric = tracked(arguments)
        if metric is not None and any(other != name and tracked(one) == metric for other, one in policies.items()):
            said = "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            raise aws_error("ValidationException", said, "PutScalingPolicy")
        self.puts += 1
        arn = policies[name]["PolicyARN"] if name in policies else _policy_arn(self.puts, arguments["ResourceId"], name)
        alarms = [alarm for alarm, one in self.alarms.items() if arn in one["AlarmActions"]]
        if arguments["PolicyType"] == "TargetTrackingScaling":
            alarms = [f"TargetTracking-{self.puts}"]
        policies[name] = {**_own(arguments), "PolicyARN": arn, "Alarms": [{"AlarmName": alarm} for alarm in alarms]}
        return {"PolicyARN": arn}

    def _delete_scaling_policy(self, **arguments: Value) -> dict[str, Any]:
        return _gone(self._target(arguments)["policies"], arguments["PolicyName"])

    def _put_scheduled_action(self, **arguments: Value) -> dict[str, Any]:
        if arguments["Schedule"].startswith("at(2020"):
            raise aws_error("ValidationException", "the time has passed", "PutScheduledAction")
        self._target(arguments)["schedules"][arguments["ScheduledActionName"]] = _own(arguments)
        return {}

    def _delete_scheduled_action(self, **arguments: Value) -> dict[str, Any]:
        return _gone(self._target(arguments)["schedules"], arguments["ScheduledActionName"])

    def _found(self, resource: str) -> dict[str, Any] | None:
        _, endpoint, _, name = resource.split("/")
        return self.scaling.get(endpoint, {}).get(name)

    def _variant(self, arguments: dict[str, Any]) -> tuple[str, str]:
        _, endpoint, _, name = arguments["ResourceId"].split("/")
        live = self.endpoints.get(endpoint)
        if live is None or name not in live.counts:
            raise aws_error("ValidationException", f"the variant {name} does not exist", "RegisterScalableTarget")
        return endpoint, name

    def _target(self, arguments: dict[str, Any]) -> dict[str, Any]:
        found = self._found(arguments["ResourceId"])
        if found is None:
            raise aws_error("ObjectNotFoundException", f"no scalable target {arguments['ResourceId']}")
        return found

    def _describe_alarms(
        self,
        AlarmNames: list[str],  # noqa: N803 - the API's words
        AlarmTypes: list[str],  # noqa: ARG002, N803
        StateValue: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        found = [self.alarms[name] for name in AlarmNames if name in self.alarms]
        found += [{"AlarmName": name, "StateValue": "ALARM"} for name in AlarmNames if self.is_firing(name)]
        return {"MetricAlarms": [one for one in found if StateValue in (None, one.get("StateValue"))]}

    def _put_metric_alarm(self, **arguments: Value) -> dict[str, Any]:
        self.alarms[arguments["AlarmName"]] = arguments
        return {}

    def _describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        status = self.statuses.get(StackName)
        if status is None:
            raise aws_error("ValidationError", f"Stack with id {StackName} does not exist", "DescribeStacks")
        return {"Stacks": [{"StackStatus": status}]}

    def _list_stack_resources(self, StackName: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 - the API's words
        other = {
            "ResourceType": "AWS::SageMaker::Model",
            "PhysicalResourceId": "arn/m",
            "ResourceStatus": "CREATE_COMPLETE",
        }
        own = [
            {
                "ResourceType": "AWS::SageMaker::Endpoint",
                "PhysicalResourceId": f"{ARN.rpartition('/')[0]}/{name.lower()}",
                "ResourceStatus": status,
            }
            for name, (stack, status) in self.owners.items()
            if stack == StackName
        ]
        own += [
            {
                "ResourceType": "AWS::ApplicationAutoScaling::ScalableTarget",
                "PhysicalResourceId": f"endpoint/{ENDPOINT}/variant/{name}|sagemaker:variant:DesiredInstanceCount|"
                "sagemaker",
                "ResourceStatus": status,
            }
            for name, status in self.native.items()
        ]
        own += [
            {
                "ResourceType": kind,
                "PhysicalResourceId": name,
                "LogicalResourceId": logical,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for kind, name, logical in self.others
        ]
        return page([other, other, *own], "StackResourceSummaries", NextToken)

    def _invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: ARG002, N803 - the API's words
        assert InvocationType == "Event"
        self.continuations.append(json.loads(Payload))
        return {"StatusCode": 202}


class _Client:
    def __init__(self, world: World, service: str) -> None:
        self._world = world
        self._service = service

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **arguments: self._world.call(self._service, operation, arguments)


def _policy_arn(number: int, resource: str, name: str) -> str:
    """As Application Auto Scaling makes them: an id of its own each time, then what it is of."""
    of = f"resource/sagemaker/{resource}:policyName/{name}"
    return f"arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:{number}:{of}"


def _own(arguments: dict[str, Any]) -> dict[str, Any]:
    shared = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    return {name: value for name, value in arguments.items() if name not in shared}


def _gone(where: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in where:
        raise aws_error("ObjectNotFoundException", name)
    del where[name]
    return {}
