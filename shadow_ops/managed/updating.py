"""Updates of an endpoint after its managed test: the other model in production's place, or no shadow any more."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from shadow_ops.aws.boto import Client
from shadow_ops.managed.conclude import once
from shadow_ops.managed.promotion import Update
from shadow_ops.managed.steps import Seen
from shadow_ops.managed.stopping import promoted_prefix, serving_on

# Of a described config, what no request takes, and what is put in anew.
_NOT_ASKED = (
    *("EndpointConfigName", "EndpointConfigArn", "CreationTime", "ResponseMetadata"),
    *("ProductionVariants", "ShadowProductionVariants"),
)
# Of a variant, what belongs to its instance type.
_OF_THE_TYPE = ("InferenceAmiVersion", "CapacityReservationConfig", "InstancePools")
# A config of this name is no promotion's, whatever model it serves.
_ALONE = "alone-"


def promote(sagemaker: Client, seen: Seen, step: Update) -> None:
    """Serve by the config that serves, with another model, under the same variant name, and without a shadow."""
    served = sagemaker.describe_endpoint_config(EndpointConfigName=seen.live.config.name)
    [variant] = served["ProductionVariants"]
    same_type = variant["InstanceType"] == step.instances.instance_type
    promoted = {
        **{key: value for key, value in variant.items() if same_type or key not in _OF_THE_TYPE},
        "ModelName": step.model,
        "InstanceType": step.instances.instance_type,
        "InitialInstanceCount": step.instances.count,
    }
    _serve(sagemaker, seen, promoted_prefix(seen.experiment), served, promoted)


def remove_shadow(sagemaker: Client, seen: Seen) -> None:
    """Serve by production alone, on as many instances as now; all else as the endpoint's stack says, if one owns it."""
    served = sagemaker.describe_endpoint_config(EndpointConfigName=seen.live.config.name)
    [variant] = served["ProductionVariants"]
    alone = {**variant, "InitialInstanceCount": serving_on(seen.experiment, seen.live).count}
    rest = served if seen.own is None else sagemaker.describe_endpoint_config(EndpointConfigName=seen.own)
    _serve(sagemaker, seen, f"{seen.experiment.name[:40].rstrip('-')}-{_ALONE}", rest, alone)


def _serve(sagemaker: Client, seen: Seen, prefix: str, rest: dict[str, Any], variant: dict[str, Any]) -> None:
    made = {key: value for key, value in rest.items() if key not in _NOT_ASKED and value is not None}
    made["ProductionVariants"] = [variant]
    # What is in it is in its name: a config of another attempt is never taken for this one.
    content = hashlib.sha256(json.dumps(made, sort_keys=True, default=str).encode()).hexdigest()[:8]
    once(sagemaker.create_endpoint_config, EndpointConfigName=f"{prefix}{content}", **made)
    sagemaker.update_endpoint(EndpointName=seen.live.name, EndpointConfigName=f"{prefix}{content}")
