"""CloudFormation handlers of the SageMaker types."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from local_aws.glue import types
from local_aws.glue.bridge import LoopBridge
from local_aws.glue.custom_resources import cancelled
from local_aws.glue.express import express
from local_aws.glue.handler import Created, HandlerError, calling, current_region, fail, request_of
from local_aws.sagemaker import tags
from local_aws.sagemaker.api import SERVICE, SageMakerApi
from local_aws.sagemaker.records import Definition, Endpoint, Region

_POLL_SECONDS = 0.05
_CREATE_TIMEOUT_SECONDS = 300
_UPDATE_ONLY = ("RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig")


class SageMakerResources:
    """Create, update and delete of models, endpoint configurations and endpoints.

    Args:
        api: The SageMaker API.
        bridge: The way onto the loop.
    """

    def __init__(self, api: SageMakerApi, bridge: LoopBridge) -> None:
        self._api, self._bridge = api, bridge
        self._call = calling(bridge, api.call)

    def handlers(self) -> dict[str, dict[str, Callable[..., Any]]]:
        """Return the handlers per resource type, as ministack keeps them."""
        return {
            types.MODEL: {
                "create": lambda logical_id, props, _stack: self._define(types.MODEL, logical_id, props),
                "update": lambda arn, _old, new, _stack: self._retag(types.MODEL, arn, new),
                "delete": lambda arn, _props: self._delete_definition(types.MODEL, arn),
            },
            types.CONFIG: {
                "create": lambda logical_id, props, _stack: self._define(types.CONFIG, logical_id, props),
                "update": lambda arn, _old, new, _stack: self._retag(types.CONFIG, arn, new),
                "delete": lambda arn, _props: self._delete_definition(types.CONFIG, arn),
            },
            types.ENDPOINT: {
                "create": self._create_endpoint,
                "update": self._update_endpoint,
                "delete": lambda arn, _props: self._delete_endpoint(arn),
            },
        }

    def _region(self) -> Region:
        return self._api.region(current_region())

    def _define(self, kind: str, logical_id: str, props: dict[str, Any]) -> Created:
        operation = {types.MODEL: "CreateModel", types.CONFIG: "CreateEndpointConfig"}[kind]
        name = props.get(types.NAMED[kind]) or types.generated_name(logical_id)
        self._call(operation, _request(operation, {**props, types.NAMED[kind]: name}, kind))
        return self._created(kind, self._definitions(kind)[name])

    def _definitions(self, kind: str) -> dict[str, Definition]:
        region = self._region()
        return region.models if kind == types.MODEL else region.configs

    @staticmethod
    def _created(kind: str, definition: Definition) -> Created:
        arn_attribute = types.NAMED[kind].removesuffix("Name") + "Arn"
        return definition.arn, {types.NAMED[kind]: definition.name, arn_attribute: definition.arn}

    def _retag(self, kind: str, arn: str, props: dict[str, Any]) -> Created:
        definition = next((d for d in self._definitions(kind).values() if d.arn == arn), None)
        if definition is None:
            fail(f"{arn} does not exist", "NotFound")
        self._set_tags(arn, props)
        return self._created(kind, definition)

    def _set_tags(self, arn: str, props: dict[str, Any]) -> None:
        region = self._region()
        region.tags.pop(arn, None)
        tags.set_tags(region, arn, props.get("Tags") or [])

    def _delete_definition(self, kind: str, arn: str) -> None:
        operation = {types.MODEL: "DeleteModel", types.CONFIG: "DeleteEndpointConfig"}[kind]
        definition = next((d for d in self._definitions(kind).values() if d.arn == arn), None)
        if definition is not None:
            self._call(operation, {types.NAMED[kind]: definition.name})

    def _create_endpoint(self, logical_id: str, props: dict[str, Any], stack: str) -> Created:
        name = props.get("EndpointName") or types.generated_name(logical_id)
        # The docs say that the properties of an update have no place at creation; the handler leaves them out.
        wanted = {key: value for key, value in props.items() if key not in _UPDATE_ONLY}
        self._call("CreateEndpoint", _request("CreateEndpoint", {**wanted, "EndpointName": name}, types.ENDPOINT))
        endpoint = self._region().endpoints[name]
        if express(stack):
            return _endpoint_created(endpoint)
        self._wait(endpoint)
        if endpoint.status != "InService":
            # CloudFormation knows the endpoint by now and deletes it when it rolls back; ministack forgets a resource
            # whose creation failed.
            self._delete_endpoint(endpoint.arn)
            fail(f"{endpoint.failure_reason or endpoint.status}", "NotStabilized")
        return _endpoint_created(endpoint)

    def _update_endpoint(self, arn: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> Created:
        endpoint = self._endpoint(arn)
        if endpoint is None:
            fail(f"{arn} does not exist", "NotFound")
        if old.get("Tags") != new.get("Tags"):
            self._bridge.run(lambda: self._set_tags(arn, new))
        wanted = new["EndpointConfigName"]
        skips = self._api.context.settings.assumptions.cloudformation_same_config == "skip"
        serves = endpoint.config_name == wanted and endpoint.status == "InService"
        if old["EndpointConfigName"] != wanted and not (skips and serves):
            request = {**new, "EndpointName": endpoint.name}
            self._call("UpdateEndpoint", _request("UpdateEndpoint", request, types.ENDPOINT, skip=("Tags",)))
            if express(stack):
                return _endpoint_created(endpoint)
            self._wait(endpoint, stack)
            if endpoint.config_name != wanted and self._notices(endpoint):
                fail(f"{endpoint.failure_reason or endpoint.status}", "NotStabilized")
        return _endpoint_created(endpoint)

    def _notices(self, endpoint: Endpoint) -> bool:
        choice = self._api.context.settings.assumptions.cloudformation_notices
        return choice == "always" or (choice == "unless-silent" and not endpoint.silent)

    def _delete_endpoint(self, arn: str) -> None:
        endpoint = self._endpoint(arn)
        if endpoint is None:
            return
        self._wait(endpoint)
        self._call("DeleteEndpoint", {"EndpointName": endpoint.name})
        while self._endpoint(arn) is endpoint:
            time.sleep(_POLL_SECONDS)

    def _endpoint(self, arn: str) -> Endpoint | None:
        return next((e for e in list(self._region().endpoints.values()) if e.arn == arn), None)

    @staticmethod
    def _wait(endpoint: Endpoint, stack: str = "") -> None:
        deadline = time.monotonic() + _CREATE_TIMEOUT_SECONDS
        while endpoint.status not in ("InService", "Failed"):
            if cancelled(stack):
                # SageMaker's own update goes on.
                raise HandlerError("Resource update cancelled")
            if time.monotonic() > deadline:
                fail(f"{endpoint.arn} is still {endpoint.status}", "NotStabilized")
            time.sleep(_POLL_SECONDS)


def _request(operation: str, properties: dict[str, Any], kind: str, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    request = request_of(SERVICE, operation, properties, kind, skip)
    routing = request.get("DeploymentConfig", {}).get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration")
    if routing:
        # Required by the API, not by the resource type.
        routing.setdefault("WaitIntervalInSeconds", 0)
    return request


def _endpoint_created(endpoint: Endpoint) -> Created:
    return endpoint.arn, {"EndpointName": endpoint.name, "EndpointArn": endpoint.arn}
