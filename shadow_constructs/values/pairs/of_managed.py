"""What one `ManagedShadowTest` says twice: what its test asks for, and what SageMaker's own test can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.pairs.pair import Clash, Pair

if TYPE_CHECKING:
    from shadow_constructs.values.managed import ManagedShadowTest

_OTHERWISE = "or run it as a shadow variant: ShadowTestStack(app, ..., test=...)"
_CAN_SAY = ("instance_type", "count", "unlisted_type")


def _no_shadow(managed: ManagedShadowTest) -> Iterator[Clash]:
    if managed.test.shadow is None:
        yield Clash("test", "have a shadow to test", None, "give the ShadowTest a shadow=Variant(...)")


def _share(managed: ManagedShadowTest) -> Iterator[Clash]:
    share = managed.test.sampled_percent
    if managed.test.shadow is not None and (share < 1 or share != int(share)):
        must = "be a whole percent from 1 to 100 in a managed test"
        yield Clash("sampling_percent", must, share, f"write {max(1, round(share))}, {_OTHERWISE}")


def _hardware(managed: ManagedShadowTest) -> Iterator[Clash]:
    shadow = managed.test.shadow
    if shadow is None or not isinstance(shadow.hardware, Hardware):
        return
    for one in fields(Hardware):
        if one.name not in _CAN_SAY and getattr(shadow.hardware, one.name) is not None:
            must = "be left out of the shadow of a managed test, which takes its instance type and count only"
            yield Clash(one.name, must, getattr(shadow.hardware, one.name), _OTHERWISE)


def _scaling(managed: ManagedShadowTest) -> Iterator[Clash]:
    shadow = managed.test.shadow
    if shadow is not None and shadow.scaling is not None and shadow.scaling.enabled:
        must = "be left out of the shadow of a managed test, which runs on its count"
        yield Clash("scaling", must, f"up to {shadow.scaling.max_count} instances", f"raise its count, {_OTHERWISE}")


def _capture(managed: ManagedShadowTest) -> Iterator[Clash]:
    capture = managed.test.capture
    if capture.enabled and not (capture.percent == 100 and capture.requests and capture.responses):
        must = "be of all requests and responses in a managed test, or Capture.off()"
        kept = " and ".join(one for one in ("requests", "responses") if getattr(capture, one))
        yield Clash("capture", must, f"{capture.percent} % of the {kept}", _OTHERWISE)


def _function(managed: ManagedShadowTest) -> Iterator[Clash]:
    if not managed.test.guard.enabled:
        must = "be on for a managed test, which a function starts and ends"
        yield Clash("guard", must, "Guard.off(...)", "leave it out, " + _OTHERWISE)


def _native_start(managed: ManagedShadowTest) -> Iterator[Clash]:
    if managed.native and managed.starts is None:
        fix = "write when, at least ten minutes after the deployment, or leave native out"
        yield Clash("starts", "be given with native, because a template doesn't know when it is deployed", None, fix)


def _native_scaling(managed: ManagedShadowTest) -> Iterator[Clash]:
    scaling = managed.test.production.scaling
    if managed.native and scaling is not None and scaling.enabled:
        must = "not scale production with native: the test would put it on the count that the template says"
        yield Clash("scaling", must, f"up to {scaling.max_count} instances", "leave native out")


def _production(managed: ManagedShadowTest) -> Iterator[Clash]:
    hardware = managed.test.production.hardware
    others = [one.name for one in fields(Hardware) if one.name not in _CAN_SAY]
    said = [one for one in others if getattr(hardware, one, None) is not None]
    if said:
        must = (
            "be looked at once the test runs: a managed test says instance type and count of production, and what "
            "SageMaker's config of the run keeps of the rest isn't documented"
        )
        fix = "see the endpoint's config while the test runs (`shadow-test status` names it), " + _OTHERWISE
        yield Clash("production", must, ", ".join(said), fix)


PAIRS: tuple[Pair[ManagedShadowTest], ...] = (
    Pair(
        id="managed-and-shadow",
        facts="a managed test and its `ShadowTest`",
        clash="one without a shadow",
        source="API member ShadowModeConfig.ShadowModelVariants",
        check=_no_shadow,
    ),
    Pair(
        id="managed-and-share",
        facts="a managed test and `sampling_percent`",
        clash="a part of a percent",
        source="API member ShadowModelVariantConfig.SamplingPercentage",
        check=_share,
    ),
    Pair(
        id="managed-and-hardware",
        facts="a managed test and the shadow's hardware",
        clash="more than instance type and count, which it can't say",
        source="API member ModelInfrastructureConfig",
        check=_hardware,
    ),
    Pair(
        id="managed-and-scaling",
        facts="a managed test and the shadow's scaling",
        clash="a shadow that scales of its own",
        source="API member RealTimeInferenceConfig",
        check=_scaling,
    ),
    Pair(
        id="managed-and-capture",
        facts="a managed test and data capture",
        clash="a share of the requests, or requests or responses alone",
        source="API member InferenceExperimentDataStorageConfig",
        check=_capture,
    ),
    Pair(
        id="managed-and-guard",
        facts="a managed test and `Guard.off(...)`",
        clash="no function: a template knows neither when it is deployed nor how a test is ended",
        source="API operation StopInferenceExperiment",
        check=_function,
    ),
    Pair(
        id="native-and-start",
        facts="`native` and `starts`",
        clash="no start: the resource's handler takes a test that begins while it is made for a failure",
        source="the published source of AWS::SageMaker::InferenceExperiment's handler",
        check=_native_start,
    ),
    Pair(
        id="native-and-scaling",
        facts="`native` and production's scaling",
        clash="scaling: the template's count would take instances from production when the test begins",
        source="API member ModelVariantConfig.InfrastructureConfig",
        check=_native_scaling,
    ),
    Pair(
        id="managed-and-production",
        facts="a managed test and production's hardware",
        clash="more than instance type and count: whether the config of the run keeps it isn't documented",
        source="API member ModelInfrastructureConfig",
        check=_production,
        then="warned",
    ),
)
"""Walked by every `ManagedShadowTest`."""
