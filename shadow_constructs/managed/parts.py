"""What a managed test is made of: of an endpoint of this library, or of one that is nobody's here."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk

from shadow_constructs.endpoint.capture_bucket import CaptureBucket
from shadow_constructs.endpoint.made import check_deployed, serving_models
from shadow_constructs.endpoint.outputs import (
    PEOPLE,
    SERVING_MODEL,
    SERVING_ROLE,
    TESTED_MODEL,
    TESTED_ROLE,
    TESTED_VERSIONS,
    versions_of,
)
from shadow_constructs.endpoint.shadow_endpoint import ShadowEndpoint
from shadow_constructs.endpoint.shared import deployed_text, shared_text
from shadow_constructs.placing.given import Part
from shadow_constructs.placing.place import place_of
from shadow_constructs.values.capture import CaptureDestination
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import refuse


@dataclass(frozen=True)
class Parts:
    """What takes part.

    Attributes:
        production_model: The SageMaker model that serves.
        tested_model: The SageMaker model that is tested.
        model_roles: Their execution roles, as far as they are known.
        captured: Where captured data goes, or None.
        topic_arn: Who is told by the endpoint's own stack, or None.
        deployed: The versions that the endpoint's stack was deployed with, or None if there is none.
    """

    production_model: str
    tested_model: str
    model_roles: tuple[str, ...]
    captured: CaptureDestination | None
    topic_arn: str | None = None
    deployed: str | None = None


def of_endpoint(scope: Part, managed: ManagedShadowTest, endpoint: ShadowEndpoint) -> Parts:
    """The parts that the endpoint's own stack has, to be used in this one.

    Args:
        scope: The managed test.
        managed: What is tested.
        endpoint: The endpoint.

    Raises:
        InvalidValueError: If the endpoint isn't of this managed test, or somewhere else.
    """
    subject, name = "ManagedShadowTestStack", managed.test.endpoint_name
    if endpoint.managed != managed:
        fix = f'ShadowTestStack(app, "{name}", test=managed), with the same value'
        refuse(subject, "endpoint", "be made of this managed test", endpoint.endpoint_name, fix)
    for what in ("account", "region"):
        here, there = (getattr(place_of(stack), what) for stack in (scope.stack, endpoint.stack))
        if here != there and not is_token(here) and not is_token(there):
            refuse(subject, "env", f"be of the endpoint's {what} {there}", here, "give both stacks the same env=")
    models = [endpoint.models[one.model.version] for one in (managed.test.production, managed.shadow)]
    roles = [
        shared_text(endpoint, model.role_arn, output)
        for model, output in zip(models, (SERVING_ROLE, TESTED_ROLE), strict=True)
        if model.role_arn is not None
    ]
    captured = endpoint.capture_destination
    if captured is not None and endpoint.capture_bucket is not None:
        bucket = endpoint.capture_bucket
        key = bucket.encryption_key
        captured = CaptureDestination(bucket.bucket_name, captured.prefix, None if key is None else key.key_arn)
    topic = endpoint.alarms.topic_arn
    return Parts(
        production_model=shared_text(endpoint, models[0].model_name, SERVING_MODEL),
        tested_model=shared_text(endpoint, models[1].model_name, TESTED_MODEL),
        model_roles=tuple(dict.fromkeys(roles)),
        captured=captured,
        topic_arn=None if topic is None else shared_text(endpoint, topic, PEOPLE),
        deployed=deployed_text(endpoint, versions_of(managed), TESTED_VERSIONS),
    )


def of_nobody(scope: Part, managed: ManagedShadowTest) -> Parts:
    """The parts of a test on an endpoint that no stack of this library owns: all but production are made here.

    Args:
        scope: The managed test.
        managed: What is tested.

    Raises:
        InvalidValueError: If the code doesn't say by its name which model serves.
    """
    test = managed.test
    if test.production.model.model_name is None:
        fix = (
            'Model(version="v1", model_name="the-model-that-serves"); of an endpoint that a stack of this library '
            "owns, give that: endpoint=stack.endpoint"
        )
        must = "name the SageMaker model that serves an endpoint from elsewhere"
        refuse("ManagedShadowTestStack", "production", must, test.production.model.label, fix)
    check_deployed(scope.stack, managed.running)
    captured = _destination(scope, managed)
    models = serving_models(scope, managed.running, captured, managed)
    used = [models[one.model.version] for one in (test.production, managed.shadow)]
    for made in used[1].node.find_all():
        # SageMaker's promotion has it serve: an endpoint needs its model and role for each further instance.
        if isinstance(made, cdk.CfnResource):
            made.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    roles = dict.fromkeys(one.role_arn for one in used if one.role_arn is not None)
    return Parts(used[0].model_name, used[1].model_name, tuple(roles), captured)


def _destination(scope: Part, managed: ManagedShadowTest) -> CaptureDestination | None:
    capture = managed.test.capture
    if not capture.enabled:
        return None
    if capture.bucket is not None:
        return CaptureDestination(capture.bucket, capture.prefix, capture.key_arn)
    made = CaptureBucket(scope, "Captured", capture=capture)
    made.bound_emptying(managed.test.guard.permissions_boundary)
    return CaptureDestination(made.bucket.bucket_name, capture.prefix, made.key_arn)
