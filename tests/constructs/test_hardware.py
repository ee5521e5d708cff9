"""Every member of Hardware, alike for production and shadow."""

from __future__ import annotations

from typing import Any

import pytest

from shadow_constructs import CoreDump, Routing
from tests.constructs.rendering import config_of, rendered
from tests.values.samples import KEY_ARN, RESERVATION_ARN, hardware, shadow_test, variant

MEMBERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "count": ({"count": 4}, {"InitialInstanceCount": 4}),
    "volume": ({"volume_gb": 64}, {"VolumeSizeInGB": 64}),
    "download": ({"model_download_timeout_seconds": 900}, {"ModelDataDownloadTimeoutInSeconds": 900}),
    "startup": ({"startup_timeout_seconds": 600}, {"ContainerStartupHealthCheckTimeoutInSeconds": 600}),
    "provision": ({"instance_provision_timeout_seconds": 1200}, {"VariantInstanceProvisionTimeoutInSeconds": 1200}),
    "ami": (
        {"instance_type": "ml.g5.xlarge", "inference_ami_version": "al2-ami-sagemaker-inference-gpu-2"},
        {"InstanceType": "ml.g5.xlarge", "InferenceAmiVersion": "al2-ami-sagemaker-inference-gpu-2"},
    ),
    "routing": ({"routing": Routing("RANDOM")}, {"RoutingConfig": {"RoutingStrategy": "RANDOM"}}),
    "prefix routing": (
        {"routing": Routing("PREFIX_AWARE", prefix_length=2048, concurrency_threshold=8)},
        {
            "RoutingConfig": {
                "RoutingStrategy": "PREFIX_AWARE",
                "PrefixAwareRoutingConfig": {"PrefixLength": 2048, "ConcurrencyThreshold": 8},
            }
        },
    ),
    "ssm": ({"ssm_access": True}, {"EnableSSMAccess": True}),
    "no ssm": ({"ssm_access": False}, {"EnableSSMAccess": False}),
    "core dump": ({"core_dump": CoreDump("s3://dumps/x")}, {"CoreDumpConfig": {"DestinationS3Uri": "s3://dumps/x"}}),
    "encrypted core dump": (
        {"core_dump": CoreDump("s3://dumps/x", key_arn=KEY_ARN)},
        {"CoreDumpConfig": {"DestinationS3Uri": "s3://dumps/x", "KmsKeyId": KEY_ARN}},
    ),
    "reservation": (
        {"capacity_reservation_arn": RESERVATION_ARN},
        {
            "CapacityReservationConfig": {
                "CapacityReservationPreference": "capacity-reservations-only",
                "MlReservationArn": RESERVATION_ARN,
            }
        },
    ),
}


@pytest.mark.parametrize("case", MEMBERS)
@pytest.mark.parametrize("role", ["production", "shadow"])
def test_a_member_reaches_its_variant_only(case: str, role: str) -> None:
    """What is said of one variant isn't said of the other, and nothing is added to what was said."""
    given, expected = MEMBERS[case]
    sides = {"production": variant("v1"), "shadow": variant("v2")}
    sides[role] = variant(sides[role].model.version, hardware=hardware(**given))
    config = config_of(rendered(shadow_test(production=sides["production"], shadow=sides["shadow"])))
    found = {"production": config["ProductionVariants"][0], "shadow": config["ShadowProductionVariants"][0]}

    other = "shadow" if role == "production" else "production"
    basic = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1, "InitialVariantWeight": 1}
    for side, members in ((role, expected), (other, {})):
        plain = {key: value for key, value in found[side].items() if key not in {"ModelName", "VariantName"}}
        assert plain == {**basic, **members}
