"""What an endpoint is made of: the models that it serves, and the config that names them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from shadow_constructs.endpoint.config import capture_property, metrics_property, variant_property
from shadow_constructs.endpoint.rollback_alarms import deployment_digest, watched_names
from shadow_constructs.model.serving_model import ServingModel
from shadow_constructs.placing.given import Part
from shadow_constructs.placing.place import found, place_of
from shadow_constructs.values.capture import CaptureDestination
from shadow_constructs.values.intent import Intent
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.model import Model
from shadow_constructs.values.pairs.of_stack import PAIRS, Deployed
from shadow_constructs.values.pairs.pair import check_pairs
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import Problems


def check_deployed(stack: cdk.Stack, test: ShadowTest) -> None:
    """Refuse what can't be where the stack is deployed.

    Raises:
        InvalidValueError: With one line per mistake.
    """
    place = place_of(stack)
    problems = Problems("ShadowTest")
    region, account = (None if is_token(one) else one for one in (place.region, place.account))
    check_pairs(problems, PAIRS, Deployed(test, region, account, partial(found, stack)))
    problems.raise_if_any()


def model_id(model: Model) -> str:
    """The construct id of a model: the same for the same version, so that what was tested is what is promoted."""
    return f"Model-{model.version}"


def serving_models(
    scope: Part, test: ShadowTest, captured: CaptureDestination | None, managed: ManagedShadowTest | None
) -> dict[str, ServingModel]:
    """Make the SageMaker models of an endpoint, by version.

    Args:
        scope: The endpoint.
        test: What it serves.
        captured: Where captured data goes, or None.
        managed: The managed test that is to be on it, whose candidate is made as well; None for none.
    """
    whole = test if managed is None else managed.running
    return {
        model.version: ServingModel(
            scope,
            model_id(model),
            model=model,
            endpoint_name=test.endpoint_name,
            test=whole,
            captured=captured,
            alarms=watched_names(test),
        )
        for model in whole.models
    }


def endpoint_config(
    scope: Part,
    test: ShadowTest,
    intent: Intent | None,
    models: Mapping[str, ServingModel],
    captured: CaptureDestination | None,
) -> sagemaker.CfnEndpointConfig:
    """Make the endpoint config.

    Args:
        scope: The endpoint.
        test: What it serves.
        intent: What the deployment is meant to be, or None.
        models: The models by version.
        captured: Where captured data goes, or None.
    """
    # A weight means something beside other production variants only. Alone, production has 1: a shadow's weight is
    # a share of it, and 0 would be an endpoint that nobody has told what it is for.
    alone = len(test.production_variants) == 1
    production = [
        variant_property(one, models[one.model.version].model_name, 1 if alone else one.weight)
        for one in test.production_variants
    ]
    shadow = None
    if test.shadow is not None:
        shadow = [variant_property(test.shadow, models[test.shadow.model.version].model_name, test.shadow_weight)]
    config = sagemaker.CfnEndpointConfig(
        scope,
        f"Config{deployment_digest(test, intent)}",
        production_variants=production,
        shadow_production_variants=shadow,
        data_capture_config=None if captured is None else capture_property(test.capture, captured),
        metrics_config=metrics_property(test.metrics),
        kms_key_id=test.volume_key_arn,
    )
    for model in models.values():
        for policy in model.attached:
            config.add_resource_dependency(policy)
    return config
