"""AWS services in memory, as far as the command line asks them."""

from __future__ import annotations

import datetime
import io
import threading
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.contract.declared import Declared, DeclaredVariant, settings_name
from shadow_ops.contract.declaring import to_text
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from tests.ops.fake_cloudwatch import START, FakeCloudWatch, traffic
from tests.ops.parameter_store import ParameterNotFoundError, ParameterStore, aws_error
from tests.ops.responses.fake_s3 import FakeS3

NOW = START + datetime.timedelta(minutes=602)
CALLER = "arn:aws:sts::123456789012:assumed-role/Ops/ann"
POLICY = GatePolicy(period_seconds=300, min_duration_minutes=60)
DECLARED = Declared(
    config="churn-config",
    production=(DeclaredVariant(name="production", version="v1", label="v1 on 2 x ml.m5.xlarge"),),
    shadow=DeclaredVariant(name="shadow", version="v2", label="v2 on 1 x ml.m5.xlarge"),
    sampling_percent=50,
    promoted=Instances("ml.m5.xlarge", 2),
    capture_uri="s3://captures/churn/",
    dashboard="churn-eu-west-1",
    alarms=("churn-shadow-slow", "churn-not-fit"),
    policy=POLICY,
)


class _Client:
    """What each client has in common: `errors` holds what an operation raises."""

    def __init__(self, services: Services) -> None:
        self.services = services

    class exceptions:  # noqa: N801 - boto3's name
        ClientError = ClientError
        ParameterNotFound = ParameterNotFoundError

    class meta:  # noqa: N801 - boto3's name
        region_name = "eu-west-1"


class _SageMaker(_Client):
    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.services.fail("DescribeEndpoint")
        if EndpointName not in self.services.endpoints:
            raise aws_error("ValidationException", f'Could not find endpoint "{EndpointName}".', "DescribeEndpoint")
        return self.services.endpoints[EndpointName]

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if EndpointConfigName not in self.services.configs:
            raise aws_error("ValidationException", f'Could not find "{EndpointConfigName}".', "DescribeEndpointConfig")
        return self.services.configs[EndpointConfigName]

    def list_inference_experiments(self, **options: object) -> dict[str, Any]:
        self.services.fail("ListInferenceExperiments")
        status = options.get("StatusEquals")
        found = [one for one in self.services.experiments if status in (None, one["Status"])]
        return {"InferenceExperiments": [{"Name": one["Name"]} for one in found]}

    def describe_inference_experiment(self, Name: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return next(one for one in self.services.experiments if one["Name"] == Name)

    def list_endpoints(self, **_options: object) -> dict[str, Any]:
        self.services.fail("ListEndpoints")
        return {"Endpoints": [{"EndpointName": name} for name in self.services.endpoints]}

    def list_model_packages(self, ModelPackageGroupName: str, ModelApprovalStatus: str, **_options: object) -> object:  # noqa: N803 - boto3's names
        arns = [
            arn
            for arn, one in self.services.packages.items()
            if f"/{ModelPackageGroupName}/" in arn and one["ModelApprovalStatus"] == ModelApprovalStatus
        ]
        return {"ModelPackageSummaryList": [{"ModelPackageArn": arn} for arn in arns[-1:]]}

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if ModelPackageName not in self.services.packages:
            raise aws_error(
                "ValidationException", f"ModelPackage {ModelPackageName} does not exist.", "DescribeModelPackage"
            )
        return {"ModelPackageArn": ModelPackageName, **self.services.packages[ModelPackageName]}


class _Ssm(ParameterStore, _Client):
    @property
    def parameters(self) -> dict[str, list[str]]:  # type: ignore[override] # what the account has
        return self.services.parameters


class _Sts(_Client):
    def get_caller_identity(self) -> dict[str, Any]:
        return {"Arn": CALLER}


class _CloudWatch(_Client):
    def get_metric_data(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3's
        self.services.fail("GetMetricData")
        return self.services.metrics.get_metric_data(**request)

    def describe_alarms(self, AlarmNames: list[str], AlarmTypes: list[str], MaxRecords: int) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert MaxRecords <= 100
        found: dict[str, Any] = {"MetricAlarms": [], "CompositeAlarms": []}
        for name in AlarmNames:
            if name in self.services.alarms:
                kind = "CompositeAlarms" if name.endswith("fit") else "MetricAlarms"
                alarm = {"AlarmName": name, "StateValue": self.services.alarms[name], "StateReason": "because"}
                if kind[:-1] in AlarmTypes:
                    found[kind].append(alarm)
        return found


class _Autoscaling(_Client):
    def describe_scalable_targets(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3's
        assert request["ServiceNamespace"] == "sagemaker"
        wanted = request["ResourceIds"]
        return {"ScalableTargets": [one for one in self.services.targets if one["ResourceId"] in wanted]}

    def describe_scaling_policies(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3's
        return {"ScalingPolicies": self.services.policies if request["ResourceId"].endswith("/production") else []}

    def describe_scheduled_actions(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3's
        return {"ScheduledActions": self.services.schedules if request["ResourceId"].endswith("/production") else []}


class _CloudFormation(_Client):
    def get_template(self, StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert TemplateStage == "Processed"
        if StackName not in self.services.templates:
            raise aws_error("ValidationError", f"Stack with id {StackName} does not exist", "GetTemplate")
        return {"TemplateBody": self.services.templates[StackName]}


class _Runtime(_Client):
    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3's
        with self.services.lock:
            self.services.requests.append(request)
        error = self.services.answers(request["Body"].decode())
        if error is not None:
            raise error
        return {"Body": io.BytesIO(b"0.5"), "InvokedProductionVariant": "production"}


class Services:
    """One account.

    Attributes:
        endpoints: DescribeEndpoint's answers by name.
        configs: DescribeEndpointConfig's answers by name.
        parameters: Versions of SSM parameters by name.
        metrics: CloudWatch's points.
        alarms: States by name.
        targets: Scalable targets.
        policies: Scaling policies of production.
        schedules: Scheduled actions of production.
        templates: Templates of stacks, by their ARNs.
        errors: What an operation raises, by its name.
        requests: What was sent to the endpoint.
        packages: DescribeModelPackage's answers by ARN, the oldest first.
        s3: The bucket of captured data.
        answers: The error of a request, by its body, or None.
    """

    def __init__(self) -> None:
        self.endpoints: dict[str, dict[str, Any]] = {"churn": _endpoint(), "chess": _endpoint()}
        self.experiments: list[dict[str, Any]] = []
        self.configs: dict[str, dict[str, Any]] = {"churn-config": _config()}
        self.parameters = {settings_name("churn"): [to_text(DECLARED)]}
        self.metrics: FakeCloudWatch = traffic(600)
        self.alarms = {"churn-shadow-slow": "OK", "churn-not-fit": "ALARM"}
        self.targets: list[dict[str, Any]] = []
        self.policies: list[dict[str, Any]] = []
        self.schedules: list[dict[str, Any]] = []
        self.templates: dict[str, Any] = {}
        self.errors: dict[str, Exception] = {}
        self.requests: list[dict[str, Any]] = []
        self.packages: dict[str, dict[str, Any]] = {}
        self.s3 = FakeS3({})
        self.lock = threading.Lock()
        self.answers: Any = lambda _body: None

    def fail(self, operation: str) -> None:
        """Raise what is planted for an operation."""
        if operation in self.errors:
            raise self.errors[operation]

    def settle(self, said: Declared) -> None:
        """Have the stack say something else."""
        self.parameters[settings_name("churn")] = [to_text(said)]

    def client(self, name: str) -> object:
        """The client of a service."""
        kinds = {
            "sagemaker": _SageMaker,
            "ssm": _Ssm,
            "sts": _Sts,
            "cloudwatch": _CloudWatch,
            "application-autoscaling": _Autoscaling,
            "cloudformation": _CloudFormation,
            "sagemaker-runtime": _Runtime,
        }
        return self.s3 if name == "s3" else kinds[name](self)


def _endpoint() -> dict[str, Any]:
    def variant(name: str, count: int, weight: float) -> dict[str, Any]:
        return {
            "VariantName": name,
            "CurrentInstanceCount": count,
            "DesiredInstanceCount": count,
            "CurrentWeight": weight,
        }

    return {
        "EndpointName": "churn",
        "EndpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn",
        "EndpointStatus": "InService",
        "EndpointConfigName": "churn-config",
        "CreationTime": START - datetime.timedelta(days=30),
        "LastModifiedTime": START,
        "ProductionVariants": [variant("production", 2, 1.0)],
        "ShadowProductionVariants": [variant("shadow", 1, 0.5)],
    }


def _config() -> dict[str, Any]:
    def variant(name: str, count: int, weight: float) -> dict[str, Any]:
        return {
            "VariantName": name,
            "ModelName": f"model-of-{name}",
            "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": count,
            "InitialVariantWeight": weight,
        }

    return {
        "CreationTime": START,
        "ProductionVariants": [variant("production", 2, 1.0)],
        "ShadowProductionVariants": [variant("shadow", 1, 0.5)],
        "DataCaptureConfig": {"EnableCapture": True, "DestinationS3Uri": "s3://captures"},
    }
