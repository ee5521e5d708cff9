"""What one `ShadowTest` says twice: what its variants are, and how the endpoint is watched, updated and placed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shadow_constructs.values import instance_types
from shadow_constructs.values.hardware import Hardware, Serverless
from shadow_constructs.values.pairs import of_scaling
from shadow_constructs.values.pairs.pair import Clash, Pair
from shadow_constructs.values.pairs.places import disagreements
from shadow_ops.contract.rules import AgreementRule, UtilizationRule

if TYPE_CHECKING:
    from shadow_constructs.values.shadow_test import ShadowTest

_INVOCATIONS_EVERY = 60
_AN_HOUR_MINUTES = 60


def _serverless(test: ShadowTest) -> Iterator[Clash]:
    if not any(isinstance(variant.hardware, Serverless) for variant in test.variants):
        return
    if test.capture.enabled:
        fix = "or choose Hardware(...)"
        yield Clash("capture", "be Capture.off() with a serverless variant", "capture on", fix)
    if len(test.production_variants) > 1:
        must, got = "be empty with a serverless variant", f"{len(test.production_variants)} production variants"
        yield Clash("other_production", must, got, "give each serverless variant an endpoint of its own")
    if test.guardrails.shift == "rolling":
        must = "not be rolling with a serverless variant"
        yield Clash("guardrails", must, "Guardrails.rolling(...)", "use Guardrails()")


def _published_every(test: ShadowTest) -> tuple[int, int]:
    """Seconds between two points of the requests' metrics, and of utilisation (API member MetricsConfig)."""
    utilisation = test.metrics.frequency_seconds
    return utilisation if test.metrics.enhanced else _INVOCATIONS_EVERY, utilisation


def _too_short(what: str, period: int, every: int) -> Clash:
    must = f"have a period_seconds of at least {every}, as metrics are published every {every} s"
    fix = f"raise it to {every}, or publish more often: MetricsPublishing(frequency_seconds=..., enhanced=True)"
    return Clash(what, must, period, fix)


def _publishing(test: ShadowTest) -> Iterator[Clash]:
    slowest = max(_published_every(test))
    if test.alerts.enabled and test.alerts.period_seconds < slowest:
        yield _too_short("alerts", test.alerts.period_seconds, slowest)


def _judged(test: ShadowTest) -> Iterator[Clash]:
    requests, utilisation = _published_every(test)
    period = test.gate.period_seconds
    decides = any(not rule.report_only for rule in test.policy.of(UtilizationRule))
    # Where both come as seldom, what lies between two of them is no period: nothing is missing.
    if test.shadow is not None and decides and period is not None and max(period, requests) < utilisation:
        yield _too_short("gate", period, utilisation)


def _drawn(test: ShadowTest) -> Iterator[Clash]:
    slowest, period = max(_published_every(test)), test.dashboard.period_seconds
    if test.dashboard.enabled and period is not None and period < slowest:
        yield _too_short("dashboard", period, slowest)


def _volume_key(test: ShadowTest) -> Iterator[Clash]:
    if test.volume_key_arn is None:
        return
    for variant in test.variants:
        hardware = variant.hardware
        if isinstance(hardware, Hardware) and instance_types.has_local_nvme(hardware.instance_type):
            must = (
                f"encrypt every disk, but {hardware.instance_type} has local NVMe disks, which the hardware encrypts "
                "with keys of its own"
            )
            fix = "choose a type without local disks, or acknowledge this"
            yield Clash("volume_key_arn", must, f"variant {variant.name}", fix)


def _inf1(test: ShadowTest) -> Iterator[Clash]:
    if test.guardrails.shift == "off":
        return
    for variant in test.variants:
        hardware = variant.hardware
        if isinstance(hardware, Hardware) and hardware.instance_type.startswith("ml.inf1."):
            must = "be off with Inf1: SageMaker shifts all at once there, without a bake, and no alarm rolls it back"
            fix = "choose ml.inf2, or write Guardrails.off(reason=...)"
            yield Clash("guardrails", must, f"{variant.name} on {hardware.instance_type}", fix)


def _no_guard(test: ShadowTest) -> Iterator[Clash]:
    if test.guard.enabled:
        return
    limits = None if test.shadow is None else test.scaling.get(test.shadow.name or "")
    if test.shadow is not None and limits is not None:
        must = "be off for the shadow without a guard: a promotion removes it before CloudFormation removes its scaling"
        got = f"{test.shadow.name} from {limits.min_count} to {limits.max_count} instances"
        fix = "give the shadow scaling=Scaling.off() and a count that carries its share at production's peak"
        yield Clash("scaling", must, got, fix)
    if test.shadow is not None and test.production.name in test.scaling:
        types = [_type(one.hardware) for one in (test.production, test.promoted().production)]
        if types[0] != types[1]:
            must = f"keep production's {types[0]} without a guard: SageMaker changes the type of no variant that scales"
            fix = "say promote_on='production', or take production's scaling out for the promotion"
            yield Clash("promote_on", must, types[1], fix)
    if test.capture.delete_with_stack:
        must, fix = "be off without a guard: a function empties the bucket", "empty and delete the bucket yourself"
        yield Clash("delete_with_stack", must, True, fix)


def _public(test: ShadowTest) -> Iterator[Clash]:
    if test.guard.network is not None and test.guard.network.public:
        must = "run in private subnets: a function has no public address, and reaches no service through a public one"
        fix = "choose subnets with a NAT gateway, or acknowledge this where endpoints of the VPC lead to the services"
        yield Clash("guard", must, "public subnets", fix)


def _taking_over(test: ShadowTest) -> Iterator[Clash]:
    if not test.guard.enabled and test.scaling:
        must = (
            "come in a deployment of its own, without scaling in code, where a guard has scaled this endpoint: "
            "CloudFormation makes no policy that is there already"
        )
        fix = "deploy with the guard and without scaling first (docs/guard.md), or acknowledge this"
        yield Clash("guard", must, f"Guard.off beside scaling of {', '.join(test.scaling)}", fix)


def _uncounted(test: ShadowTest) -> Iterator[Clash]:
    if test.shadow is None or not test.gate.of(AgreementRule):
        return
    if test.counts_answers:
        if (minutes := test.watch.every_minutes) > _AN_HOUR_MINUTES:
            must = "look once an hour or more often with Rule.agreement, which holds by answers of the last three hours"
            fix = f"write Watch(every_minutes={_AN_HOUR_MINUTES}), or leave the rule out"
            yield Clash("watch", must, f"every_minutes={minutes}", fix)
        return
    lacks = (
        ("capture", not (test.capture.enabled and test.capture.responses), "keep responses", "write Capture()"),
        ("capture", test.capture.percent == 0, "keep requests", "write Capture(percent=100)"),
        ("guard", not test.guard.enabled, "be on", "without a function nobody counts"),
        ("watch", not test.watch.enabled, "be on", "write Watch()"),
        ("watch", not test.watch.answers, "read answers", "write Watch(answers=True)"),
    )
    what, must, fix = next((what, must, fix) for what, lacking, must, fix in lacks if lacking)
    got = getattr(test, what)
    yield Clash(what, f"{must} with Rule.agreement", f"{type(got).__name__} without", f"{fix}, or leave the rule out")


def _partly_captured(test: ShadowTest) -> Iterator[Clash]:
    if test.shadow is not None and test.capture.percent < 100 and test.gate.of(AgreementRule):
        must = "keep all requests with Rule.agreement: nobody promises that the same ones are kept of both variants"
        yield Clash("percent", must, test.capture.percent, "write Capture(percent=100), or acknowledge this")


def _type(hardware: Hardware | Serverless) -> str:
    return hardware.instance_type if isinstance(hardware, Hardware) else "serverless"


def _swallowed(test: ShadowTest) -> Iterator[Clash]:
    if not test.retains_counts:
        return
    for variant in test.variants:
        if variant.name not in test.scaling and isinstance(variant.hardware, Hardware):
            must = (
                "be that of the first deployment with this variant: beside a production variant that scales, updates "
                "keep all live counts, and without a guard a count that changes in code is not applied"
            )
            fix = "change it in SageMaker, too (UpdateEndpointWeightsAndCapacities); shadow-test status shows both"
            yield Clash("count", must, f"{variant.name} with {variant.hardware.count}", fix)


PAIRS: tuple[Pair[ShadowTest], ...] = (
    Pair(
        id="agreement-and-capture",
        facts="`Rule.agreement` and data capture, watch and guard",
        clash="the rule where answers aren't captured, nobody counts them or too seldom: it could never hold for long",
        source="Developer Guide, capture data from real-time endpoints",
        check=_uncounted,
    ),
    Pair(
        id="agreement-and-percent",
        facts="`Rule.agreement` and the share that is captured",
        clash="less than all: the fewer pairs can be joined, the less the rule can say",
        source="API member DataCaptureConfig.InitialSamplingPercentage",
        check=_partly_captured,
        then="warned",
    ),
    Pair(
        id="serverless-and-endpoint",
        facts="serverless inference and the endpoint's settings",
        clash="data capture, several production variants or a rolling update with `Serverless`",
        source="Developer Guide, serverless endpoints, feature exclusions; deployment guardrails, exclusions",
        check=_serverless,
    ),
    Pair(
        id="alarm-period-and-publishing",
        facts="period of the alarms and interval of the metrics",
        clash="an alarm period shorter than metrics are published in: it would see one period in several, and never "
        "fire",
        source="API members MetricsConfig and PutMetricAlarm.Period",
        check=_publishing,
    ),
    Pair(
        id="gate-period-and-publishing",
        facts="period of the gate and interval of utilisation",
        clash="a period shorter than utilisation is published in, where a rule of it decides: many would lack it, and "
        "the gate never pass",
        source="API member MetricsConfig.MetricPublishFrequencyInSeconds",
        check=_judged,
    ),
    Pair(
        id="dashboard-period-and-publishing",
        facts="period of the dashboard and interval of the metrics",
        clash="a period shorter than metrics are published in: lines become dots",
        source="API member MetricsConfig.MetricPublishFrequencyInSeconds",
        check=_drawn,
        then="warned",
    ),
    Pair(
        id="regions-of-one-endpoint",
        facts="Regions and partitions of images, topics, keys, packages and reservations",
        clash="two of them in different Regions or partitions: an endpoint and all that it uses are in one",
        source="API members ContainerDefinition.Image, AlarmActions, KmsKeyId; Developer Guide, your own image",
        check=disagreements,
    ),
    Pair(
        id="no-guard",
        facts="`Guard.off(...)` and scaling, promotion and bucket",
        clash="a shadow that scales, a promotion of a scaled production to another instance type, "
        "`delete_with_stack`: what only a function could do",
        source="Developer Guide, endpoint-scaling-update; CloudFormation User Guide, order of an update",
        check=_no_guard,
    ),
    *of_scaling.PAIRS,
    Pair(
        id="no-guard-after-guard",
        facts="`Guard.off(...)` with scaling and a guard before it",
        clash="scaling that a guard may have put: CloudFormation makes no policy that is there already",
        source="CloudFormation User Guide, creating resources whose name is taken",
        check=_taking_over,
        then="warned",
    ),
    Pair(
        id="no-guard-and-counts",
        facts="`Guard.off(...)` and counts beside a production that scales",
        clash="a count of a variant that doesn't scale: a later change of it is not applied",
        source="API member UpdateEndpoint.RetainAllVariantProperties",
        check=_swallowed,
        then="warned",
    ),
    Pair(
        id="guard-and-public-subnets",
        facts="network of the functions and its routes",
        clash="public subnets of a `Network.in_vpc(...)` for the guard, from which a function reaches nothing",
        source="Lambda Developer Guide, configuration-vpc-internet",
        check=_public,
        then="warned",
    ),
    Pair(
        id="volume-key-and-disks",
        facts="key of the volumes and instance type",
        clash="a `volume_key_arn` on a type with local NVMe disks, which it doesn't encrypt",
        source="API member CreateEndpointConfig.KmsKeyId",
        check=_volume_key,
        then="warned",
    ),
    Pair(
        id="guardrails-and-inf1",
        facts="deployment guardrails and instance type",
        clash="guardrails on Inf1, which fall back to all at once without a bake",
        source="Developer Guide, deployment guardrails, exclusions",
        check=_inf1,
        then="warned",
    ),
)
"""Walked by every `ShadowTest`; what is only warned about, by the construct."""
