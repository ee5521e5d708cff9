"""What a template asks of the function that starts and ends a managed shadow test, as a custom resource's properties.

All are texts, because CloudFormation makes texts of its own of the numbers in a custom resource's properties.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from shadow_ops.contract.declared import prefix
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.text import compact
from shadow_ops.contract.versions import FORMAT, format_of, newer

_SUFFIX = 8
LONGEST_BASE = 120 - 1 - _SUFFIX
"""How long the part of a managed test's name may be that its user chooses (API member InferenceExperimentName)."""

RESOURCE = "Custom::ManagedShadowTest"
"""Type of the custom resource."""

# What a test that is there takes in place; all else makes another test.
_IN_PLACE = ("sampling_percent", "seconds", "tags", "versions", "deployed")


def ramp_name(endpoint: str) -> str:
    """Name of the parameter with the ramp of a managed test's share."""
    return f"{prefix(endpoint)}/ramp"


def course_name(endpoint: str) -> str:
    """Name of the parameter with what has come of the ramp."""
    return f"{ramp_name(endpoint)}-course"


def changed_name(endpoint: str) -> str:
    """Name of the parameter with what a deployment has changed of a managed test."""
    return f"{prefix(endpoint)}/changed"


@dataclass(frozen=True, kw_only=True)
class CaptureAsked:
    """Where SageMaker keeps what both variants are asked and answer (API member InferenceExperimentDataStorageConfig).

    Attributes:
        destination: S3 address.
        key_arn: KMS key that encrypts it, or None.
        csv_content_types: Content types stored as CSV text.
        json_content_types: Content types stored as JSON text.
    """

    destination: str
    key_arn: str | None = None
    csv_content_types: tuple[str, ...] = ()
    json_content_types: tuple[str, ...] = ()

    def to_api(self) -> dict[str, Any]:
        """The DataStorageConfig."""
        types = {"CsvContentTypes": list(self.csv_content_types), "JsonContentTypes": list(self.json_content_types)}
        said = {kind: one for kind, one in types.items() if one}
        key = {} if self.key_arn is None else {"KmsKey": self.key_arn}
        return {"Destination": self.destination, **key, **({"ContentType": said} if said else {})}


def variant_config(name: str, model: str, on: Instances) -> dict[str, Any]:
    """A ModelVariantConfig.

    Args:
        name: VariantName.
        model: ModelName.
        on: What it runs on.
    """
    infrastructure = {
        "InfrastructureType": "RealTimeInference",
        "RealTimeInferenceConfig": {"InstanceType": on.instance_type, "InstanceCount": on.count},
    }
    return {"VariantName": name, "ModelName": model, "InfrastructureConfig": infrastructure}


@dataclass(frozen=True, kw_only=True)
class ManagedAsked:
    """A managed test as a template asks for it.

    Attributes:
        endpoint: The endpoint, which exists.
        base: How the test's name begins.
        production: Name of the variant that answers callers.
        production_model: The SageMaker model that it must serve.
        shadow: Name of the variant that is tested.
        shadow_model: The SageMaker model that is tested.
        on: What it is tested on.
        sampling_percent: Share of the requests that is copied, in whole percent.
        seconds: How long it runs.
        starts: When it begins; None: as soon as it is made.
        role_arn: The role that SageMaker takes.
        capture: What is captured; None: nothing.
        volume_key_arn: KMS key of the storage volumes, or None.
        native: What production serves on, where the template itself makes the test; None where the function does.
        versions: What the code calls the two models; None where no stack of this library owns the endpoint.
        deployed: What the endpoint's stack calls them.
        tags: Of the test.
    """

    endpoint: str
    base: str
    production: str
    production_model: str
    shadow: str
    shadow_model: str
    on: Instances
    sampling_percent: int
    seconds: int
    starts: datetime.datetime | None = None
    role_arn: str
    capture: CaptureAsked | None = None
    volume_key_arn: str | None = None
    native: Instances | None = None
    versions: str | None = None
    deployed: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def name(self, stack: str) -> str:
        """The test's name in SageMaker: of this stack and this content alone, whoever asks for it and how often.

        Args:
            stack: ARN of the stack that asks.
        """
        said = {name: one for name, one in self.to_properties().items() if name not in _CHANGES_IN_PLACE}
        return f"{self.base}-{hashlib.sha256(compact([stack, said]).encode()).hexdigest()[:_SUFFIX]}"

    def to_request(self, name: str, production: Instances) -> dict[str, Any]:
        """CreateInferenceExperiment's request, but for schedule and tags; a template's resource has the same members.

        Args:
            name: The test's name.
            production: What the variant that answers callers serves on.
        """
        mode = {"ShadowModelVariantName": self.shadow, "SamplingPercentage": self.sampling_percent}
        request: dict[str, Any] = {
            "Name": name,
            "Type": "ShadowMode",
            "Description": f"{self.shadow_model} beside {self.production_model}",
            "RoleArn": self.role_arn,
            "EndpointName": self.endpoint,
            "ModelVariants": [
                variant_config(self.production, self.production_model, production),
                variant_config(self.shadow, self.shadow_model, self.on),
            ],
            "ShadowModeConfig": {"SourceModelVariantName": self.production, "ShadowModelVariants": [mode]},
        }
        if self.capture is not None:
            request["DataStorageConfig"] = self.capture.to_api()
        if self.volume_key_arn is not None:
            request["KmsKey"] = self.volume_key_arn
        return request

    def to_properties(self) -> dict[str, str]:
        """The properties, without what is absent; names and ARNs may hold CDK tokens, which stay whole."""
        values: dict[str, Any] = {
            "on": _instances(self.on),
            "native": None if self.native is None else _instances(self.native),
            "starts": None if self.starts is None else self.starts.astimezone(datetime.UTC).isoformat(),
            "capture": None if self.capture is None else compact(asdict(self.capture)),
            "tags": compact(dict(self.tags)) if self.tags else None,
        }
        fields = {name: values[name] if name in values else getattr(self, name) for name in _NAMES}
        return {"Version": str(FORMAT), **{_NAMES[name]: str(one) for name, one in fields.items() if one is not None}}

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> Self:
        """Read the properties.

        Raises:
            InvalidValueError: In one line, if something is missing, isn't what it has to be, or a newer release's.
        """
        where = "the resource of the managed test"
        try:
            if (version := format_of(properties, "Version")) > FORMAT:
                raise InvalidValueError((newer(where, version),))
            given = {name: properties[said] for name, said in _NAMES.items() if properties.get(said)}
            starts, capture, native = (given.pop(one, None) for one in ("starts", "capture", "native"))
            return cls(
                **{
                    **given,
                    "on": Instances.from_json(json.loads(given["on"])),
                    "sampling_percent": int(given["sampling_percent"]),
                    "seconds": int(given["seconds"]),
                    "starts": None
                    if starts is None
                    else datetime.datetime.fromisoformat(starts).astimezone(datetime.UTC),
                    "capture": None if capture is None else _capture(json.loads(capture)),
                    "native": None if native is None else Instances.from_json(json.loads(native)),
                    "tags": json.loads(given.get("tags", "{}")),
                }
            )
        except InvalidValueError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else f"can't be read ({error})"
            raise InvalidValueError((f"{where} {what}; synthesize the stack again",)) from None


_NAMES = {
    "endpoint": "EndpointName",
    "base": "Name",
    "production": "ProductionVariant",
    "production_model": "ProductionModel",
    "shadow": "ShadowVariant",
    "shadow_model": "ShadowModel",
    "on": "ShadowOn",
    "sampling_percent": "SamplingPercent",
    "seconds": "Seconds",
    "starts": "Starts",
    "role_arn": "RoleArn",
    "capture": "Capture",
    "volume_key_arn": "VolumeKey",
    "native": "NativeOn",
    "versions": "Versions",
    "deployed": "DeployedVersions",
    "tags": "Tags",
}
_CHANGES_IN_PLACE = ("Version", *(_NAMES[one] for one in _IN_PLACE))


def _instances(on: Instances) -> str:
    return compact(Instances(on.instance_type, on.count).to_json())


def _capture(data: Mapping[str, Any]) -> CaptureAsked:
    types = {name: tuple(data.get(name) or ()) for name in ("csv_content_types", "json_content_types")}
    return CaptureAsked(destination=data["destination"], key_arn=data.get("key_arn"), **types)
