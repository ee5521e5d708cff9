"""What a shadow test declares to whoever meets its endpoint later: the guard, the command line. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.scaling import Scaling
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.variant import Variant
from shadow_ops.contract.declared import Declared, DeclaredVariant
from shadow_ops.contract.instances import Instances


def declared(
    test: ShadowTest,
    endpoint_config_name: str,
    *,
    captured_uri: str | None = None,
    dashboard: str | None = None,
    alarms: Sequence[str] = (),
    experiment: str | None = None,
) -> Declared:
    """What the code says.

    Args:
        test: What the endpoint serves.
        endpoint_config_name: The config that must serve; a token.
        captured_uri: Folder of captured data, or None.
        dashboard: The dashboard's name, or None.
        alarms: Names of the alarms; tokens.
        experiment: Name of the managed test that this is about, a token; by default it is about the endpoint.
    """
    scaling = test.scaling
    return Declared(
        config=endpoint_config_name,
        production=tuple(_variant(one, scaling) for one in test.production_variants),
        shadow=None if test.shadow is None else _variant(test.shadow, scaling),
        sampling_percent=test.sampled_percent,
        promoted=None if test.shadow is None else promoted_instances(test),
        capture_uri=captured_uri,
        dashboard=dashboard,
        alarms=tuple(alarms),
        policy=test.policy,
        guard_off=test.guard.off_because,
        experiment=experiment,
        watch_off=None if experiment is None else test.watch.off_because,
    )


def promoted_instances(test: ShadowTest) -> Instances | None:
    """What a promotion serves on, or what serves where nothing is tested; None on serverless."""
    hardware = (test if test.shadow is None else test.promoted()).production.hardware
    return Instances(hardware.instance_type, hardware.count) if isinstance(hardware, Hardware) else None


def _variant(variant: Variant, scaling: Mapping[str, Scaling]) -> DeclaredVariant:
    name = variant.name or ""
    scales = scaling.get(name)
    return DeclaredVariant(
        name=name,
        version=variant.model.version,
        label=variant.label,
        minimum=None if scales is None else scales.min_count,
        maximum=None if scales is None else scales.max_count,
    )
