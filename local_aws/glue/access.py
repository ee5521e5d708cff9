"""IAM: teaches ministack's evaluator what SageMaker, Application Auto Scaling and some calls of SSM act on.

Callers' policies are evaluated: those of Lambda functions and of roles that the cdk command line assumes. The key
``test`` is the account's root and may do everything. Execution roles that a service uses itself are not evaluated.
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

from local_aws import ACCOUNT_ID
from local_aws.autoscaling import api as autoscaling
from local_aws.codepipeline import api as codepipeline
from local_aws.errors import ServiceError
from local_aws.glue import private
from local_aws.loose import Foreign
from local_aws.sagemaker import api as sagemaker
from local_aws.sagemaker.records import arn

# In CBOR a text of up to 23 bytes follows its length in one byte.
_NAMESPACE = re.compile(
    rb"iNamespace(?P<cbor>[\x60-\x77])|\"Namespace\": *\"(?P<json>[^\"]*)\"|Namespace=(?P<query>[^&]*)"
)
# The request that is being authorized.
_body: ContextVar[bytes] = ContextVar("body", default=b"")
_NAMED = (("ModelName", "model"), ("EndpointName", "endpoint"), ("EndpointConfigName", "endpoint-config"))


def install() -> None:
    """Make the services known to the evaluator."""
    actions = private.module("core.iam_actions")
    for service in (sagemaker.SERVICE, autoscaling.SERVICE, codepipeline.SERVICE):
        actions.SERVICE_TO_IAM_NAMESPACE[service] = service
    original = actions.extract_resource_arn

    def extract(service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Foreign) -> str:
        region = rest[1]
        _body.set(body)
        if service == sagemaker.SERVICE:
            return sagemaker_resource(region, _operation(headers), _decoded(body))
        if service == codepipeline.SERVICE:
            return pipeline_resource(region, _decoded(body))
        if service == autoscaling.SERVICE:
            return autoscaling_resource(region, _operation(headers))
        if service == "ssm" and (parameter := ssm_resource(region, _decoded(body))) is not None:
            return parameter
        found: str = original(service, method, path, headers, body, *rest)
        return found

    actions.extract_resource_arn = extract
    evaluator = private.module("core.iam_evaluator")
    evaluate = evaluator.enforce

    def enforce(
        key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Foreign:
        # By these keys Application Auto Scaling tells apart what is scaled (Service Authorization Reference).
        keys = {"service-namespace": "sagemaker", "scalable-dimension": "sagemaker:variant:DesiredInstanceCount"}
        named = {f"{service}:{key}": one for key, one in keys.items()} if service == autoscaling.SERVICE else {}
        context = {**(service_context or {}), **named, **request_keys(action, _body.get())}
        for one in (resource_arn, *also_authorized(region, action, _decoded(_body.get()))):
            denied = evaluate(key, action, service, region, resource_arn=one, service_context=context)
            if denied:
                break
        return denied

    evaluator.enforce = enforce


def request_keys(action: str, body: bytes) -> dict[str, str]:
    """The keys by which a call can be told apart beside its resource (Service Authorization Reference).

    Args:
        action: Such as ``events:PutEvents``; of other calls than the three that are known, nothing is said.
        body: The call's, in whichever protocol it came.
    """
    if action == "events:PutEvents":
        return {"events:source": str((_decoded(body).get("Entries") or [{}])[0].get("Source", ""))}
    if action == "ssm:PutParameter":
        return {"ssm:Overwrite": "true" if _decoded(body).get("Overwrite") else "false"}
    found = _NAMESPACE.search(body) if action == "cloudwatch:PutMetricData" else None
    if found is None:
        return {}
    by_length, quoted = found["cbor"], found["json"] or found["query"]
    name = quoted if by_length is None else body[found.end() : found.end() + by_length[0] - 0x60]
    return {"cloudwatch:namespace": unquote(name.decode())}


def sagemaker_resource(region: str, operation: str, request: dict[str, Any]) -> str:
    """Return the resource that a SageMaker call is authorized on first; List calls have none."""
    if operation.startswith("List") and operation != "ListTags":
        return "*"
    if "ResourceArn" in request:
        return str(request["ResourceArn"])
    if operation.endswith("InferenceExperiment"):
        return arn(region, "inference-experiment", str(request.get("Name", "*")))
    for member, kind in _NAMED:
        if isinstance(request.get(member), str):
            return arn(region, kind, request[member])
    return "*"


def also_authorized(region: str, action: str, request: dict[str, Any]) -> list[str]:
    """Return what else a call is authorized on: of an endpoint that is made or updated, the configuration.

    Args:
        region: Where.
        action: Such as ``sagemaker:UpdateEndpoint`` (Service Authorization Reference, SageMaker AI).
        request: The call's members.
    """
    if action not in ("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"):
        return []
    return [arn(region, "endpoint-config", str(request.get("EndpointConfigName", "*")))]


def ssm_resource(region: str, request: dict[str, Any]) -> str | None:
    """Return the parameter or path that an SSM call on several parameters is authorized on; None for other calls."""
    names = request.get("Names")
    name = request.get("Path") or (names[0] if isinstance(names, list) and names else None)
    return None if name is None else f"arn:aws:ssm:{region}:{ACCOUNT_ID}:parameter/{str(name).lstrip('/')}"


def pipeline_resource(region: str, request: dict[str, Any]) -> str:
    """Return what a CodePipeline call is authorized on: an approval's action, a pipeline; results of jobs have none."""
    name = request.get("pipelineName") or request.get("name")
    if name is None:
        return "*"
    parts = [str(name), *(str(request[key]) for key in ("stageName", "actionName") if key in request)]
    return f"arn:aws:codepipeline:{region}:{ACCOUNT_ID}:{'/'.join(parts)}"


def autoscaling_resource(region: str, operation: str) -> str:
    """Return the resource that an Application Auto Scaling call is authorized on; Describe calls have none."""
    if operation.startswith("Describe"):
        return "*"
    return f"arn:aws:application-autoscaling:{region}:{ACCOUNT_ID}:scalable-target/*"


def authorize_invocation(access_key: str, region: str, endpoint: str) -> ServiceError | None:
    """Return the refusal of a caller that may not invoke an endpoint, or None."""
    resource = arn(region, "endpoint", endpoint)
    enforce = private.module("core.iam_evaluator").enforce
    with private.module("core.responses").request_scope(ACCOUNT_ID, region):
        denied = enforce(access_key, "sagemaker:InvokeEndpoint", sagemaker.SERVICE, region, resource_arn=resource)
    if not denied:
        return None
    caller = getattr(denied, "principal_arn", "the caller")
    message = f"User: {caller} is not authorized to perform: sagemaker:InvokeEndpoint on resource: {resource}"
    return ServiceError("AccessDeniedException", message, 403)


def _operation(headers: dict[str, str]) -> str:
    return headers.get("x-amz-target", "").rpartition(".")[2]


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
