"""Turns a SageMaker resource of a CloudFormation template into the API calls it becomes.

Members are named alike in CloudFormation and in the API (a test holds the two against each other). What does differ:

* the name is optional in a template, because CloudFormation makes one up, and required in the call;
* what concerns an update only (``RetainAllVariantProperties`` ...) is no member of ``CreateEndpoint``;
* tags are no member of ``UpdateEndpoint``: they go in calls of their own;
* text that an intrinsic function yields, a custom resource's answer above all, becomes a number or a boolean where
  one is expected.

Values that exist only in AWS are made up in the right form, so that a ``Ref`` (often an ARN) in place of a name shows;
where even the form depends on the deployment, `api_model.Unknown` stands in. Of intrinsic functions those are known
that the library's templates have in these resources; another one, and a condition, is refused as not supported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

from tests.support.api_model import Unknown, service_model

if TYPE_CHECKING:
    from cfnlint.schema import Schema  # type: ignore[import-untyped]

REGION = "eu-west-1"
ACCOUNT = "123456789012"
PARTITION = "aws"
URL_SUFFIX = "amazonaws.com"
STACK = "stack"

CALLS: Mapping[str, tuple[str, ...]] = {
    "AWS::SageMaker::Model": ("CreateModel",),
    "AWS::SageMaker::EndpointConfig": ("CreateEndpointConfig",),
    "AWS::SageMaker::Endpoint": ("CreateEndpoint", "UpdateEndpoint"),
    "AWS::SageMaker::InferenceExperiment": ("CreateInferenceExperiment",),
}
"""The operations that CloudFormation calls with the properties of a resource type."""

NOT_SENT: Mapping[str, frozenset[str]] = {
    "CreateEndpoint": frozenset(
        {"RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig"}
    ),
    "UpdateEndpoint": frozenset({"Tags"}),
    "CreateInferenceExperiment": frozenset({"DesiredState", "StatusReason"}),
}
"""The properties of a resource that are not part of one of its calls."""

_NAME_PROPERTY = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    "AWS::SageMaker::InferenceExperiment": "Name",
    "AWS::SageMaker::Model": "ModelName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SSM::Parameter": "Name",
}
"""Types with a name, and the property that sets it. CloudFormation makes a name up where it is absent."""

_REF_IS_ARN = frozenset({*CALLS, "AWS::SNS::Topic"})
"""Of the types with a name, those whose ``Ref`` is the ARN instead."""

_IDS = {
    "AWS::EC2::SecurityGroup": "sg-0123456789abcdef0",
    "AWS::EC2::Subnet": "subnet-0123456789abcdef0",
    "AWS::EC2::VPC": "vpc-0123456789abcdef0",
    "AWS::KMS::Key": "01234567-89ab-cdef-0123-456789abcdef",
}
"""Types whose ``Ref`` is an id that AWS assigns."""

_ID_ATTRIBUTES = frozenset({"GroupId", "Id", "KeyId", "SubnetId", "VpcId"})

_ARNS = {
    "AWS::CloudWatch::Alarm": f"cloudwatch:{REGION}:{ACCOUNT}:alarm:{{}}",
    "AWS::CloudWatch::CompositeAlarm": f"cloudwatch:{REGION}:{ACCOUNT}:alarm:{{}}",
    "AWS::EC2::SecurityGroup": f"ec2:{REGION}:{ACCOUNT}:security-group/{{}}",
    "AWS::EC2::Subnet": f"ec2:{REGION}:{ACCOUNT}:subnet/{{}}",
    "AWS::EC2::VPC": f"ec2:{REGION}:{ACCOUNT}:vpc/{{}}",
    "AWS::ECR::Repository": f"ecr:{REGION}:{ACCOUNT}:repository/{{}}",
    "AWS::IAM::Role": f"iam::{ACCOUNT}:role/{{}}",
    "AWS::KMS::Key": f"kms:{REGION}:{ACCOUNT}:key/{{}}",
    "AWS::Lambda::Function": f"lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::Logs::LogGroup": f"logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::S3::Bucket": "s3:::{}",
    "AWS::SageMaker::Endpoint": f"sagemaker:{REGION}:{ACCOUNT}:endpoint/{{}}",
    "AWS::SageMaker::EndpointConfig": f"sagemaker:{REGION}:{ACCOUNT}:endpoint-config/{{}}",
    "AWS::SageMaker::Model": f"sagemaker:{REGION}:{ACCOUNT}:model/{{}}",
    "AWS::SNS::Topic": f"sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::SSM::Parameter": f"ssm:{REGION}:{ACCOUNT}:parameter/{{}}",
}

_ANSWERS = {"Custom::EndpointUpdateGuardBefore": {"KeepLiveCounts": "true"}}
"""Attributes of our own custom resources, with a value that they may have: text, as all that such resources answer."""

_PSEUDO_PARAMETERS: Mapping[str, object] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::NotificationARNs": [],
    "AWS::Partition": PARTITION,
    "AWS::Region": REGION,
    "AWS::StackId": f"arn:{PARTITION}:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/01234567-89ab-cdef",
    "AWS::StackName": STACK,
    "AWS::URLSuffix": URL_SUFFIX,
}


class UnresolvableError(ValueError):
    """The template says something that no deployment could make sense of, such as a ``Ref`` to nothing."""


@dataclass(frozen=True)
class Call:
    """One API call.

    Attributes:
        operation: Name of the operation, such as ``CreateModel``.
        arguments: What is sent, as boto3 takes it; `api_model.Unknown` where only a deployment could tell.
    """

    operation: str
    arguments: Mapping[str, object]


def calls(template: Mapping[str, object], logical_id: str) -> list[Call]:
    """Work out the calls that a resource becomes.

    Args:
        template: The synthesized template.
        logical_id: The resource. Its type must be one of `CALLS`.

    Returns:
        One call when the type is only created and deleted; for an endpoint, its creation and its update.

    Raises:
        UnresolvableError: If the template refers to something it does not have.
        KeyError: If there is no such resource, or its type is not one of `CALLS`.
    """
    resolver = Resolver(template)
    kind = resolver.type_of(logical_id)
    properties = cast("dict[str, object]", resolver.properties_of(logical_id))
    result = []
    for operation in CALLS[kind]:
        arguments = {name: value for name, value in properties.items() if name not in NOT_SENT.get(operation, ())}
        arguments.setdefault(_NAME_PROPERTY[kind], resolver.name_of(logical_id))
        shape = service_model().operation_model(operation).input_shape
        assert shape is not None
        result.append(Call(operation, cast("dict[str, object]", _fitted(arguments, shape))))
    return result


def unknown_to_cloudformation(kind: str, properties: object) -> list[str]:
    """Find members and enum values that the API may know, but CloudFormation's own schema of the type does not.

    Args:
        kind: The resource type.
        properties: The properties, resolved or not.

    Returns:
        One line per member or value, with its path.
    """
    schema = resource_schema(kind)
    return [] if schema is None else list(_unknown(schema.schema, schema, properties, kind))


@cache
def resource_schema(kind: str) -> Schema | None:
    """Return CloudFormation's schema of a resource type, as cfn-lint brings it.

    Args:
        kind: The resource type.

    Returns:
        The schema, None for types that are not CloudFormation's own, such as custom resources.
    """
    # Loaded where it is needed: every process imports every test file.
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

    try:
        return PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind)
    except ResourceNotFoundError:
        return None


class Resolver:
    """Does what CloudFormation does to a template's intrinsic functions, with made-up values for what AWS assigns.

    Args:
        template: The template.
    """

    def __init__(self, template: Mapping[str, object]) -> None:
        self._resources = cast("Mapping[str, Mapping[str, object]]", template.get("Resources", {}))
        self._parameters = cast("Mapping[str, object]", template.get("Parameters", {}))
        self._mappings = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", template.get("Mappings", {}))
        self._functions: dict[str, Callable[[object], object]] = {
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": self._get_att,
            "Fn::ImportValue": lambda name: Unknown(f"export {self.resolve(name)}"),
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Ref": self._ref,
        }

    def resolve(self, value: object) -> object:
        """Replace every intrinsic function in a value.

        Args:
            value: Any part of the template.

        Returns:
            The value as the resource gets it. Members and items set to ``AWS::NoValue`` are gone.

        Raises:
            UnresolvableError: If a function refers to something that the template does not have.
        """
        if isinstance(value, Mapping):
            if len(value) == 1:
                ((name, argument),) = value.items()
                if name in self._functions:
                    result = self._functions[name](argument)
                    return _Text(result) if isinstance(result, str) else result
                if str(name).startswith("Fn::"):
                    raise UnresolvableError(f"{name} is not supported here")
            items = {name: self.resolve(item) for name, item in value.items()}
            return {name: item for name, item in items.items() if item is not _NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        return value

    def properties_of(self, logical_id: str) -> object:
        """Return the properties of a resource, resolved.

        Args:
            logical_id: The resource.

        Returns:
            The properties; empty if it has none.

        Raises:
            UnresolvableError: If they refer to something that the template does not have.
        """
        return self.resolve(self._resources[logical_id].get("Properties", {}))

    def type_of(self, logical_id: str) -> str:
        """Return the type of a resource.

        Args:
            logical_id: The resource.

        Returns:
            The type, such as ``AWS::SageMaker::Model``.

        Raises:
            UnresolvableError: If a condition decides whether there is such a resource at all.
        """
        if "Condition" in self._resources[logical_id]:
            raise UnresolvableError(f"the condition of {logical_id} is not supported here")
        return str(self._resources[logical_id]["Type"])

    def name_of(self, logical_id: str) -> object:
        """Return the name of a resource: the one it is given, otherwise one as CloudFormation would make it up.

        Args:
            logical_id: The resource. Its type must have a name.

        Returns:
            The name; `Unknown` if it is given one that only a deployment could tell.
        """
        kind = self.type_of(logical_id)
        properties = cast("Mapping[str, object]", self._resources[logical_id].get("Properties", {}))
        given = self.resolve(properties.get(_NAME_PROPERTY[kind], {"Ref": "AWS::NoValue"}))
        if given is not _NO_VALUE:
            return given
        # 63 characters are the limit of the shortest, SageMaker's and S3's.
        name = f"{STACK}-{logical_id[:40]}-1a2b3c4d5e6f"
        return name.lower() if kind == "AWS::S3::Bucket" else name

    # References

    def _ref(self, name: object) -> object:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in _PSEUDO_PARAMETERS:
            return _PSEUDO_PARAMETERS[str(name)]
        if name in self._parameters:
            return Unknown(f"parameter {name}")
        kind = self._target("Ref", name)
        if kind in _IDS:
            return _IDS[kind]
        if kind in _REF_IS_ARN:
            return self._arn_of(str(name))
        if kind in _NAME_PROPERTY:
            return self.name_of(str(name))
        return Unknown(f"Ref {name}")

    def _get_att(self, argument: object) -> object:
        # The short form of YAML is one string.
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else cast("list[object]", argument)
        attribute = self.resolve(attribute)
        kind = self._target("Fn::GetAtt", logical_id)
        if kind in _ANSWERS:
            if attribute not in _ANSWERS[kind]:
                known = ", ".join(sorted(_ANSWERS[kind]))
                raise UnresolvableError(f"Fn::GetAtt of {logical_id}.{attribute}: {kind} has {known}")
            return _ANSWERS[kind][str(attribute)]
        schema = resource_schema(kind)
        # Attributes of these are whatever the function behind them, or another template, returns.
        if schema is None or kind.startswith(("Custom::", "AWS::CloudFormation::")):
            return Unknown(f"{logical_id}.{attribute}")
        if attribute not in schema.get_atts:
            raise UnresolvableError(
                f"Fn::GetAtt of {logical_id}.{attribute}: {kind} has {', '.join(sorted(schema.get_atts))}"
            )
        if attribute == _NAME_PROPERTY.get(kind):
            return self.name_of(str(logical_id))
        if str(attribute).endswith("Arn") and kind in _ARNS:
            return self._arn_of(str(logical_id))
        if attribute in _ID_ATTRIBUTES and kind in _IDS:
            return _IDS[kind]
        if (kind, attribute) == ("AWS::ECR::Repository", "RepositoryUri"):
            return self._joined("", [f"{ACCOUNT}.dkr.ecr.{REGION}.{URL_SUFFIX}/", self.name_of(str(logical_id))])
        return Unknown(f"{logical_id}.{attribute}")

    def _arn_of(self, logical_id: str) -> object:
        kind = self.type_of(logical_id)
        name = self.name_of(logical_id) if kind in _NAME_PROPERTY else _IDS[kind]
        return name if isinstance(name, Unknown) else f"arn:{PARTITION}:{_ARNS[kind]}".format(name)

    def _target(self, function: str, logical_id: object) -> str:
        if logical_id not in self._resources:
            raise UnresolvableError(f"{function} of {logical_id!r}, which the template does not have")
        return self.type_of(str(logical_id))

    def _find_in_map(self, argument: object) -> object:
        parts = [self.resolve(part) for part in cast("list[object]", argument)]
        if any(isinstance(part, Unknown) for part in parts):
            return Unknown(f"Fn::FindInMap {parts}")
        name, top, second = map(str, parts)
        try:
            return self._mappings[name][top][second]
        except KeyError:
            raise UnresolvableError(f"Fn::FindInMap of {name}.{top}.{second}, which no mapping has") from None

    # Text and lists

    def _join(self, argument: object) -> object:
        separator, parts = cast("list[object]", argument)
        resolved = self.resolve(parts)
        return (
            resolved if isinstance(resolved, Unknown) else self._joined(str(separator), cast("list[object]", resolved))
        )

    @staticmethod
    def _joined(separator: str, parts: Sequence[object]) -> object:
        unknown = next((part for part in parts if isinstance(part, Unknown)), None)
        return separator.join(map(_as_text, parts)) if unknown is None else unknown

    def _split(self, argument: object) -> object:
        separator, text = cast("list[object]", argument)
        resolved = self.resolve(text)
        return resolved if isinstance(resolved, Unknown) else [_Text(p) for p in str(resolved).split(str(separator))]

    def _select(self, argument: object) -> object:
        index, items = (self.resolve(part) for part in cast("list[object]", argument))
        if isinstance(items, Unknown):
            return items
        values = cast("list[object]", items)
        position = int(str(index))
        if not 0 <= position < len(values):
            raise UnresolvableError(f"Fn::Select of item {position}, of {len(values)} items")
        return values[position]


class _Text(str):
    """Text that an intrinsic function gave, and that may be meant as a number or a boolean."""

    __slots__ = ()


_NO_VALUE = object()


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fitted(value: object, shape: Shape) -> object:
    """Return a value in the types of an API shape, as far as CloudFormation converts; anything else stays as it is."""
    if isinstance(value, dict) and isinstance(shape, StructureShape):
        members = shape.members
        return {name: _fitted(item, members[name]) if name in members else item for name, item in value.items()}
    if isinstance(value, dict) and isinstance(shape, MapShape):
        return {name: _fitted(item, shape.value) for name, item in value.items()}
    if isinstance(value, list) and isinstance(shape, ListShape):
        return [_fitted(item, shape.member) for item in value]
    if isinstance(value, _Text):
        return _converted(str(value), shape.type_name)
    return value


def _converted(text: str, type_name: str) -> object:
    if type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    try:
        if type_name in ("integer", "long"):
            return int(text)
        if type_name in ("float", "double"):
            return float(text)
    except ValueError:
        pass
    return text


def _unknown(part: Mapping[str, object], schema: Schema, value: object, path: str) -> list[str]:
    while "$ref" in part:
        reference = str(part["$ref"]).removeprefix("#/").split("/")
        part = schema.schema
        for step in reference:
            part = cast("Mapping[str, Mapping[str, object]]", part)[step]
    found: list[str] = []
    if isinstance(value, Mapping) and "properties" in part:
        known = cast("Mapping[str, Mapping[str, object]]", part["properties"])
        for name, item in value.items():
            if name in known:
                found += _unknown(known[name], schema, item, f"{path}.{name}")
            elif len(value) > 1 or not str(name).startswith(("Fn::", "Ref")):
                found.append(f"{path}: CloudFormation does not know {name!r}")
    elif isinstance(value, list) and "items" in part:
        for index, item in enumerate(value):
            found += _unknown(cast("Mapping[str, object]", part["items"]), schema, item, f"{path}[{index}]")
    elif isinstance(value, str | int) and value not in cast("list[object]", part.get("enum", [value])):
        found.append(f"{path}: CloudFormation does not know the value {value!r}")
    return found
