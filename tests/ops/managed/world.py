"""SageMaker, Application Auto Scaling and Parameter Store in memory: one endpoint with one managed test."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.ops.parameter_store import ParameterStore, aws_error
from tests.support.api_model import problems_of_call

START = datetime.datetime(2026, 11, 2, 8, tzinfo=datetime.UTC)
ENDPOINT, TEST = "churn", "churn-trial"
ARN = f"arn:aws:sagemaker:eu-west-1:111122223333:inference-experiment/{TEST}"
CALLER = "arn:aws:sts::111122223333:assumed-role/Admin/ada"

# Calls that the API's model allows: a thousand schedules make the same ones again and again.
_FIT: set[tuple[str, str, str]] = set()


class KilledError(BaseException):
    """The process ended here: nothing of it runs any more."""


def hardware(instance_type: str, count: int) -> dict[str, Any]:
    """An InfrastructureConfig."""
    on = {"InstanceType": instance_type, "InstanceCount": count}
    return {"InfrastructureType": "RealTimeInference", "RealTimeInferenceConfig": on}


class World(ParameterStore):
    """What the services hold. Each look lets a moment pass, in which SageMaker finishes what it is at.

    Args:
        status: The test's status.
        scaled: Whether production scales.
        shadow_type: What the shadow runs on.
        percent: The share of the requests.
        kill_at: Number of the call that is the last, and whether it was heard; None for none.
        throttled: Whether the call that is the last is refused by throttling instead.
        breaks: Whether SageMaker fails what it is asked for.
        refuses: An operation that is always refused.
        ends: Number of the call before which the schedule ends the test.
    """

    def __init__(
        self,
        status: str = "Running",
        *,
        scaled: bool = False,
        shadow_type: str = "ml.m5.xlarge",
        percent: int = 50,
        kill_at: tuple[int, bool] | None = None,
        throttled: bool = False,
        breaks: bool = False,
        refuses: str = "",
        ends: int | None = None,
    ) -> None:
        self.refuses, self.others = refuses, list[dict[str, Any]]()
        # Whether a stop is heard and has no effect; whether the endpoint was deleted.
        self.deaf, self.gone = False, False
        self.now = START + datetime.timedelta(days=1)
        self.calls: list[str] = []
        self.kill_at, self.throttled, self.breaks, self.ends = kill_at, throttled, breaks, ends
        production = self._variant("production", "v1", "ml.m5.xlarge", 2)
        shadow = self._variant("shadow", "v2", shadow_type, 1)
        self.configs: dict[str, dict[str, Any]] = {}
        self.config("before", [production], [])
        self.config("run", [production], [{**shadow, "InitialVariantWeight": percent / 100}])
        self.endpoint: dict[str, Any] = {
            "config": "run" if status == "Running" else "before",
            "status": "InService",
            "failure": None,
        }
        # Scaling has added a third instance since.
        self.counts = {"production": 3, "shadow": 1}
        self.pending: Callable[[], None] | None = None
        self.before_describe: Callable[[], None] = lambda: None
        # What happens right before a call, by its number.
        self.meanwhile: dict[int, Callable[[], object]] = {}
        self.test: dict[str, Any] | None = {
            "Name": TEST,
            "Arn": ARN,
            "Type": "ShadowMode",
            "Status": status,
            "CreationTime": START,
            "Schedule": {"StartTime": START, "EndTime": START + datetime.timedelta(days=7)},
            "EndpointMetadata": {"EndpointName": ENDPOINT, "EndpointConfigName": "run"},
            "ModelVariants": [
                {"VariantName": "production", "ModelName": "v1", "InfrastructureConfig": hardware("ml.m5.xlarge", 2)},
                {"VariantName": "shadow", "ModelName": "v2", "InfrastructureConfig": hardware(shadow_type, 1)},
            ],
            "ShadowModeConfig": {
                "SourceModelVariantName": "production",
                "ShadowModelVariants": [{"ShadowModelVariantName": "shadow", "SamplingPercentage": percent}],
            },
        }
        if status in ("Completed", "Cancelled"):
            self.test["CompletionTime"] = START + datetime.timedelta(hours=20)
        self.targets: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, dict[str, Any]] = {}
        if scaled:
            self.targets["production"] = {"MinCapacity": 2, "MaxCapacity": 8}
            self.policies["production"] = {
                "PolicyName": "by-requests",
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 100.0},
            }
        self.parameters = {}
        self.stack: str | None = "CREATE_IN_PROGRESS"
        self.handed_over: list[bytes] = []
        self.made: list[dict[str, Any]] = []
        self.models: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, str] = {}
        self.missing = set[str]()

    @staticmethod
    def _variant(name: str, model: str, instance_type: str, count: int) -> dict[str, Any]:
        weight = {"InitialVariantWeight": 1.0}
        return {
            "VariantName": name,
            "ModelName": model,
            "InstanceType": instance_type,
            "InitialInstanceCount": count,
            **weight,
        }

    def config(self, name: str, production: list[dict[str, Any]], shadow: list[dict[str, Any]]) -> None:
        """Make an endpoint config."""
        made = {"EndpointConfigName": name, "ProductionVariants": production, "CreationTime": START}
        self.configs[name] = {**made, **({"ShadowProductionVariants": shadow} if shadow else {})}

    def client(self, service: str, *operations: Callable[..., Any]) -> Client:
        """A boto3 client of some operations."""
        return Client(self, service, {one.__name__: one for one in operations})

    @property
    def sagemaker(self) -> Client:
        """Endpoints and managed tests."""
        return self.client(
            "sagemaker",
            self.describe_inference_experiment,
            self.list_inference_experiments,
            self.create_inference_experiment,
            self.describe_model,
            self.stop_inference_experiment,
            self.update_inference_experiment,
            self.list_tags,
            self.add_tags,
            self.delete_tags,
            self.delete_inference_experiment,
            self.describe_endpoint,
            self.describe_endpoint_config,
            self.create_endpoint_config,
            self.update_endpoint,
        )

    @property
    def autoscaling(self) -> Client:
        """Application Auto Scaling."""
        return self.client(
            "application-autoscaling",
            self.describe_scalable_targets,
            self.describe_scaling_policies,
            self.describe_scheduled_actions,
            self.register_scalable_target,
            self.deregister_scalable_target,
            self.put_scaling_policy,
        )

    @property
    def ssm(self) -> Client:
        """Parameter Store."""
        return self.client(
            "ssm",
            self.get_parameter,
            self.get_parameter_history,
            self.put_parameter,
            self.delete_parameters,
            self.get_parameters_by_path,
        )

    @property
    def cloudwatch(self) -> None:
        """Nothing here asks it."""

    @property
    def cloudformation(self) -> Client:
        """CloudFormation."""
        return self.client("cloudformation", self.describe_stacks)

    @property
    def functions(self) -> Client:
        """Lambda."""
        return self.client("lambda", self.invoke)

    @property
    def sts(self) -> Client:
        """Who calls."""
        return self.client("sts", self.get_caller_identity)

    @staticmethod
    def get_caller_identity() -> dict[str, str]:
        return {"Arn": CALLER}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        if self.stack is None:
            raise aws_error("ValidationError", f"Stack with id {StackName} does not exist", "DescribeStacks")
        return {"Stacks": [{"StackStatus": self.stack}]}

    def invoke(self, Payload: bytes, **_: str) -> None:  # noqa: N803 - the API's names
        self.handed_over.append(Payload)

    # SageMaker

    def create_inference_experiment(self, **request: Any) -> None:  # noqa: ANN401 - the API's members
        if self.test is not None and self.test["Name"] == request["Name"]:
            raise aws_error("ResourceInUse", "there is one", "CreateInferenceExperiment")
        assert self.endpoint["status"] == "InService"
        endpoint, asked = request["EndpointName"], {key: value for key, value in request.items() if key != "Tags"}
        self.test = {
            **asked,
            "Arn": ARN,
            "Status": "Creating",
            "CreationTime": self.now,
            "EndpointMetadata": {"EndpointName": endpoint, "EndpointConfigName": "run"},
        }
        self.made.append(request)
        self.tags = {one["Key"]: one["Value"] for one in request.get("Tags", ())}
        of_shadow = request["ShadowModeConfig"]["ShadowModelVariants"][0]
        variants = {one["VariantName"]: self._made(one) for one in request["ModelVariants"]}
        shadow = variants.pop(of_shadow["ShadowModelVariantName"])
        share = {"InitialVariantWeight": of_shadow["SamplingPercentage"] / 100}
        self.config("run", list(variants.values()), [{**shadow, **share}])

        def created() -> None:
            assert self.test is not None
            self.test["Status"] = "Created"
            self.pending = starting

        def starting() -> None:
            assert self.test is not None
            if request["Schedule"]["StartTime"] > self.now:
                self.pending = starting
                return
            self.test["Status"] = "Starting"
            self.pending = running

        def running() -> None:
            if self.breaks:
                self._over("Cancelled", "no capacity")
                return
            assert self.test is not None
            self.test["Status"] = "Running"
            self._serve("run")

        self.pending = created

    def describe_model(self, ModelName: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        if ModelName in self.missing:
            raise aws_error("ValidationException", f"Could not find model {ModelName}", "DescribeModel")
        return {"ModelName": ModelName, **self.models.get(ModelName, {"PrimaryContainer": {"Image": "theirs:1"}})}

    def describe_inference_experiment(self, Name: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        self._settle()
        self.before_describe()
        for other in self.others:
            if other["Name"] == Name:
                return other
        if self.test is None or self.test["Name"] != Name:
            raise aws_error("ResourceNotFound", "no such experiment", "DescribeInferenceExperiment")
        return self.test

    def list_inference_experiments(self, **_: str) -> dict[str, Any]:
        found = [*self.others, *([] if self.test is None else [self.test])]
        return {"InferenceExperiments": [{"Name": one["Name"]} for one in found]}

    def stop_inference_experiment(self, **request: Any) -> None:  # noqa: ANN401 - the API's members
        test = self.test
        assert test is not None
        if self.deaf:
            return
        if test["Status"] != "Running":
            raise aws_error("ConflictException", f"it is {test['Status']}", "StopInferenceExperiment")
        actions = request["ModelVariantActions"]
        removed = [name for name, action in actions.items() if action == "Remove"]
        types = {
            one["VariantName"]: one["InfrastructureConfig"]["RealTimeInferenceConfig"]["InstanceType"]
            for one in request["DesiredModelVariants"]
        }
        served = self.configs["run"]["ProductionVariants"] + self.configs["run"]["ShadowProductionVariants"]
        removed += [
            one["VariantName"]
            for one in served
            if types.get(one["VariantName"], one["InstanceType"]) != one["InstanceType"]
        ]
        if any(name in self.targets for name in removed):
            raise aws_error("ValidationException", "must be deregistered", "StopInferenceExperiment")
        test["Status"] = "Stopping"

        def finish() -> None:
            if self.breaks:
                self._over("Cancelled", "no capacity")
                return
            listed = {one["VariantName"]: one for one in request["DesiredModelVariants"]}
            production = [self._made(listed[name]) for name, action in actions.items() if self._answers(name, action)]
            shadow = [
                self._made(listed[name]) for name, action in actions.items() if (name, action) == ("shadow", "Retain")
            ]
            self.config("after", production, shadow)
            self.configs["after"]["CreationTime"] = self.now
            self._serve("after")
            self._over(request["DesiredState"], request.get("Reason"))

        self.pending = finish

    @staticmethod
    def _answers(name: str, action: str) -> bool:
        return action == "Promote" or (name, action) == ("production", "Retain")

    def update_inference_experiment(self, **request: Any) -> None:  # noqa: ANN401 - the API's members
        assert self.test is not None
        schedule = {**self.test["Schedule"], **request.pop("Schedule", {})}
        assert self.test["Status"] == "Created" or schedule["StartTime"] == self.test["Schedule"]["StartTime"]
        self.test.update(request, Schedule=schedule, LastModifiedTime=self.now)

    def list_tags(self, ResourceArn: str, MaxResults: int) -> dict[str, Any]:  # noqa: N803, ARG002 - the API's names
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()]}

    def add_tags(self, ResourceArn: str, Tags: list[dict[str, str]]) -> None:  # noqa: N803, ARG002 - the API's names
        self.tags |= {one["Key"]: one["Value"] for one in Tags}

    def delete_tags(self, ResourceArn: str, TagKeys: list[str]) -> None:  # noqa: N803, ARG002 - the API's names
        self.tags = {key: value for key, value in self.tags.items() if key not in TagKeys}

    def delete_inference_experiment(self, Name: str) -> None:  # noqa: N803, ARG002 - the API's names
        self.test = None

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        if EndpointName != ENDPOINT or self.gone:
            raise aws_error("ValidationException", "Could not find the endpoint.", "DescribeEndpoint")
        served = self.configs[self.endpoint["config"]]
        summaries = {
            member: [
                {
                    "VariantName": one["VariantName"],
                    "CurrentInstanceCount": self.counts.get(one["VariantName"], one["InitialInstanceCount"]),
                    "CurrentWeight": one.get("InitialVariantWeight", 1.0),
                }
                for one in served.get(member, ())
            ]
            for member in ("ProductionVariants", "ShadowProductionVariants")
        }
        return {
            "EndpointName": EndpointName,
            "EndpointArn": f"arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{EndpointName}",
            "EndpointConfigName": self.endpoint["config"],
            "EndpointStatus": self.endpoint["status"],
            "FailureReason": self.endpoint["failure"],
            "CreationTime": START,
            "LastModifiedTime": self.now,
            **summaries,
        }

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        return self.configs[EndpointConfigName]

    def create_endpoint_config(
        self,
        EndpointConfigName: str,  # noqa: N803 - the API's names
        ProductionVariants: list[dict[str, Any]],  # noqa: N803 - likewise
    ) -> None:
        if EndpointConfigName in self.configs:
            raise aws_error("ValidationException", "Cannot create already existing endpoint configuration", "Create")
        self.config(EndpointConfigName, ProductionVariants, [])

    def update_endpoint(self, EndpointName: str, EndpointConfigName: str) -> None:  # noqa: N803, ARG002 - the API's
        types = {
            one["VariantName"]: one["InstanceType"] for one in self.configs[EndpointConfigName]["ProductionVariants"]
        }
        for one in self.configs[self.endpoint["config"]]["ProductionVariants"]:
            if one["VariantName"] in self.targets and types.get(one["VariantName"]) != one["InstanceType"]:
                raise aws_error("ValidationException", "must be deregistered", "UpdateEndpoint")
        self.endpoint.update(status="Updating", failure=None)

        def finish() -> None:
            self.endpoint["status"] = "InService"
            if self.breaks:
                self.endpoint["failure"] = "no capacity"
            else:
                self._serve(EndpointConfigName)

        self.pending = finish

    def _made(self, wanted: dict[str, Any]) -> dict[str, Any]:
        on = wanted["InfrastructureConfig"]["RealTimeInferenceConfig"]
        return self._variant(wanted["VariantName"], wanted["ModelName"], on["InstanceType"], on["InstanceCount"])

    def _serve(self, config: str) -> None:
        self.endpoint["config"] = config
        self.counts = {
            one["VariantName"]: one["InitialInstanceCount"]
            for member in ("ProductionVariants", "ShadowProductionVariants")
            for one in self.configs[config].get(member, ())
        }

    def _over(self, status: str, reason: str | None) -> None:
        assert self.test is not None
        self.test.update(Status=status, CompletionTime=self.now, **({} if reason is None else {"StatusReason": reason}))

    def _settle(self) -> None:
        if self.pending is not None:
            finish, self.pending = self.pending, None
            finish()

    def end_by_schedule(self) -> None:
        """The test comes to its end: the endpoint is as before."""
        if self.test is not None and self.test["Status"] == "Running":
            self._serve("before")
            self._over("Completed", "its schedule")
            self.test["CompletionTime"] = self.test["Schedule"]["EndTime"]

    # Application Auto Scaling

    @staticmethod
    def _named(request: dict[str, Any]) -> str:
        return str(request["ResourceId"]).rpartition("/")[2]

    def describe_scalable_targets(self, ResourceIds: list[str], **_: str) -> dict[str, Any]:  # noqa: N803
        wanted = {one.rpartition("/")[2]: one for one in ResourceIds}
        return {"ScalableTargets": [{**t, "ResourceId": wanted[v]} for v, t in self.targets.items() if v in wanted]}

    def describe_scaling_policies(self, **request: str) -> dict[str, Any]:
        found = self.policies.get(self._named(request))
        return {"ScalingPolicies": [] if found is None else [{**found, "PolicyARN": "arn", "Alarms": []}]}

    def describe_scheduled_actions(self, **_: str) -> dict[str, Any]:
        return {"ScheduledActions": []}

    def register_scalable_target(self, **request: Any) -> None:  # noqa: ANN401 - the API's members
        # What isn't said isn't changed (API operation RegisterScalableTarget).
        limits: dict[str, int] = {name: one for name, one in request.items() if name.endswith("Capacity")}
        self.targets[self._named(request)] = {**self.targets.get(self._named(request), {}), **limits}

    def deregister_scalable_target(self, **request: str) -> None:
        self.targets.pop(self._named(request), None)
        self.policies.pop(self._named(request), None)

    def put_scaling_policy(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - the API's members
        fields = {key: value for key, value in request.items() if key.startswith(("Policy", "TargetTracking"))}
        self.policies[self._named(request)] = fields
        return {"PolicyARN": "arn"}

    # Parameter Store

    def keep(self, name: str, value: str) -> None:
        """The last version alone: nobody asks for others here."""
        self.parameters[name] = value

    def serving(self) -> dict[str, Any]:
        """Model, instance type and count by variant, and the shadow's name."""
        served = self.configs[self.endpoint["config"]]
        shadow = [one["VariantName"] for one in served.get("ShadowProductionVariants", ())]
        by_variant = {
            one["VariantName"]: (one["ModelName"], one["InstanceType"], self.counts[one["VariantName"]])
            for one in served["ProductionVariants"]
        }
        return {**by_variant, "shadow of": shadow}


class Client:
    """A boto3 client: every call is counted, and one of them may be the last."""

    exceptions = type("Exceptions", (), {"ClientError": ClientError})

    def __init__(self, world: World, service: str, operations: dict[str, Callable[..., Any]]) -> None:
        self._world = world
        self._service = service
        self._operations = operations

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation, world = self._operations[name], self._world

        def call(**request: Any) -> Any:  # noqa: ANN401 - of any operation
            world.calls.append(name)
            # All that the model states, patterns and maxima too, which botocore leaves to the service.
            known = (self._service, name, repr(request))
            if known not in _FIT:
                assert problems_of_call("".join(map(str.title, name.split("_"))), request, service=self._service) == []
                _FIT.add(known)
            number = len(world.calls)
            if number == world.ends:
                world.end_by_schedule()
            if number in world.meanwhile:
                world.meanwhile.pop(number)()
            last = world.kill_at is not None and number == world.kill_at[0]
            if last and world.throttled:
                raise aws_error("ThrottlingException", "slow down", name)
            if last and not (world.kill_at and world.kill_at[1]):
                raise KilledError(name)
            if name == world.refuses:
                raise aws_error("ResourceLimitExceeded", "no quota", name)
            answer = operation(**request)
            if last:
                raise KilledError(name)
            return answer

        return call
