"""The one value that everything else is a function of: what an endpoint serves, and what is tested beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Self

from shadow_constructs.values import instance_types
from shadow_constructs.values.alerts import Alerts
from shadow_constructs.values.capture import Capture
from shadow_constructs.values.checks import (
    check_key_arn,
    check_service_name,
    check_share,
    check_tags,
    check_type,
    checked_mapping,
    doubles,
)
from shadow_constructs.values.dashboard import Dashboard
from shadow_constructs.values.frozen import freeze
from shadow_constructs.values.guard import Guard
from shadow_constructs.values.guardrails import Guardrails
from shadow_constructs.values.hardware import Hardware, Serverless
from shadow_constructs.values.metrics_publishing import MetricsPublishing
from shadow_constructs.values.model import Model
from shadow_constructs.values.pairs.of_test import PAIRS
from shadow_constructs.values.pairs.pair import check_pairs
from shadow_constructs.values.promotion import PromoteOn, check_promotion, promoted_variant
from shadow_constructs.values.scaling import Scaling
from shadow_constructs.values.toml.file import read_file
from shadow_constructs.values.variant import Variant
from shadow_constructs.values.watch import Watch
from shadow_ops.contract.added import effective
from shadow_ops.contract.checks import ByPlace, checked_list, checking
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import Problems, refuse

# API member VariantWeight is a float of 32 bits beside production's 1; a request in a million tells nothing.
_LEAST_WEIGHT = 1e-6
_MOST_VARIANTS = 10


@dataclass(frozen=True, kw_only=True)
class ShadowTest:
    """An endpoint: its production variant and, while a candidate is tested, the shadow beside it.

    Attributes:
        endpoint_name: The endpoint's name, the only physical name the library gives. A literal, because dashboards,
            permissions and log groups are addressed by it.
        production: Answers every request.
        shadow: Gets a copy of a share of the requests; its answers reach nobody. Without one the endpoint simply
            serves: after a promotion has been folded, or before a test.
        other_production: Up to nine more production variants that share the requests by weight. Not possible with
            a shadow (SageMaker Developer Guide, shadow tests).
        sampling_percent: Share of the requests copied to the shadow, above 0 and up to 100. By default all.
            Changing it makes SageMaker replace the whole fleet, as any change of an endpoint config does.
        promote_on: What the promoted model runs on: ``production`` for production's hardware, ``shadow`` for the
            shadow's with its count, or a `Hardware`. By default production's; where the shadow tests nothing but
            other hardware for the same model, that hardware, on at least as many instances as production has unless
            their number is all that is tested. Gate, guard, dashboard and warnings judge by it.
        capture: Which requests and responses are kept in S3. By default all, in a bucket made for it.
        metrics: How metrics are published.
        volume_key_arn: KMS key of the instances' storage volumes; its policy must admit the execution roles. By
            default SageMaker's own key. A CDK token is accepted.
        gate: When the shadow may be promoted. The same thresholds make the alarms and the dashboard's lines.
        alerts: Alarms, and who hears of them. By default alarms that notify nobody yet.
        dashboard: The comparison dashboard.
        guardrails: How SageMaker shifts traffic in an update, and when it takes the update back.
        guard: What the function that guards updates runs as, where it runs, and the boundary of the roles;
            ``Guard.off(reason)`` does without.
        watch: Who asks the gate while a shadow is tested, and tells people. By default every quarter of an hour.
        tags: Tags of everything that is made. At most 49; the guard's function has one of its own.
    """

    endpoint_name: str
    production: Variant
    shadow: Variant | None = None
    other_production: Sequence[Variant] = ()
    sampling_percent: float | None = None
    promote_on: PromoteOn = None
    capture: Capture = field(default_factory=Capture)
    metrics: MetricsPublishing = field(default_factory=MetricsPublishing)
    volume_key_arn: str | None = None
    gate: GatePolicy = field(default_factory=GatePolicy)
    alerts: Alerts = field(default_factory=Alerts)
    dashboard: Dashboard = field(default_factory=Dashboard)
    guardrails: Guardrails = field(default_factory=Guardrails)
    guard: Guard = field(default_factory=Guard)
    watch: Watch = field(default_factory=Watch)
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check the value and give the variants their default names.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_service_name(problems, "endpoint_name", self.endpoint_name)
        must = "be one Variant(...); more of them go into other_production"
        is_variant = check_type(problems, "production", self.production, Variant, must)
        if self.shadow is not None:
            must = "be one Variant(...): SageMaker allows a single shadow"
            is_variant &= check_type(problems, "shadow", self.shadow, Variant, must)
        before, must = problems.count, "be a list of Variant(...)"
        freeze(self, other_production=checked_list(problems, "other_production", self.other_production, must))
        for other in self.other_production[: _MOST_VARIANTS + 1]:
            check_type(problems, "other_production", other, Variant, must)
        is_variant &= problems.count == before
        check_type(problems, "capture", self.capture, Capture, "be a Capture(...) or Capture.off()")
        check_type(problems, "metrics", self.metrics, MetricsPublishing, "be a MetricsPublishing(...)")
        if self.volume_key_arn is not None:
            check_key_arn(problems, "volume_key_arn", self.volume_key_arn)
        freeze(self, tags=checked_mapping(problems, "tags", self.tags))
        check_tags(problems, "tags", self.tags)
        check_type(problems, "gate", self.gate, GatePolicy, "be a GatePolicy(...) or GatePolicy.none(reason=...)")
        check_type(problems, "alerts", self.alerts, Alerts, "be an Alerts(...) or Alerts.off(...)")
        check_type(problems, "dashboard", self.dashboard, Dashboard, "be a Dashboard(...) or Dashboard.off()")
        must = "be a Guardrails(...) or Guardrails.off(reason=...)"
        has_guardrails = check_type(problems, "guardrails", self.guardrails, Guardrails, must)
        check_type(problems, "guard", self.guard, Guard, "be a Guard(...) or Guard.off(reason)")
        check_type(problems, "watch", self.watch, Watch, "be a Watch(...) or Watch.off(reason)")
        self._check_sampling(problems)
        if is_variant:
            self._resolve_names()
            self._check_variants(problems)
            check_promotion(problems, self.production, self.shadow, self.promote_on)
            if has_guardrails:
                self._check_guardrails(problems)
            if problems.count == 0:
                check_pairs(problems, PAIRS, self)
        problems.raise_if_any()

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a test that is written as data: a TOML file with every field of this value, under the same names.

        ``[production]`` and ``[shadow]`` are tables of `Variant`'s arguments, and so on inwards. Where code would call
        a factory, the table has its name as the only key: ``container = { xgboost = "3.0-5" }``. Rules of the gate are
        written as in a policy file. Local paths are relative to the file's folder.

        Args:
            path: The file.

        Raises:
            InvalidValueError: With one line per mistake: file, line, field and what is allowed.
        """
        if not isinstance(path, str | Path):
            refuse("ShadowTest.from_file", "path", "be the path of a TOML file", path)
        return read_file(cls, Path(path))

    @property
    def production_variants(self) -> tuple[Variant, ...]:
        """The production variants, the main one first."""
        return (self.production, *self.other_production)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """All variants, the shadow last."""
        return self.production_variants if self.shadow is None else (*self.production_variants, self.shadow)

    @property
    def models(self) -> tuple[Model, ...]:
        """The models, each version once: two variants that differ in hardware only share one."""
        return tuple({variant.model.version: variant.model for variant in self.variants}.values())

    @property
    def sampled_percent(self) -> float:
        """Share of the requests that the shadow gets, with the default resolved; 0 without a shadow."""
        if self.shadow is None:
            return 0
        return 100 if self.sampling_percent is None else self.sampling_percent

    @property
    def policy(self) -> GatePolicy:
        """The gate's policy, with the bounds that the library adds: alarms, dashboard and gate read this one."""
        return effective(self.gate, captures=self.capture.enabled, takes_updates_back=self.guardrails.own_alarms)

    @property
    def shadow_weight(self) -> float:
        """The shadow's weight beside a production weight of 1: 33.3 % becomes 0.333, free of float dust."""
        return float(Decimal(str(self.sampled_percent)) / 100)

    @property
    def scaling(self) -> Mapping[str, Scaling]:
        """How each variant scales, by its name; what doesn't scale is absent.

        A shadow that says nothing of its own follows production, on the same instance type and on at least one
        instance, with limits in proportion to its share of the requests.
        """
        found = {v.name or "": v.scaling for v in self.variants if v.scaling is not None}
        shadow, ours = self.shadow, self.production
        if shadow is not None and shadow.scaling is None and ours.scaling is not None:
            types = {one.instance_type for one in (shadow.hardware, ours.hardware) if isinstance(one, Hardware)}
            if len(types) == 1 and ours.scaling.enabled:
                followed = ours.scaling.share(self.sampled_percent, ours.name or "", shadow.name or "")
                if followed is not None:
                    found[shadow.name or ""] = followed
        return {name: scaling for name, scaling in found.items() if scaling.enabled}

    @property
    def retains_counts(self) -> bool:
        """Whether every update keeps all live counts, because nobody is there to ask: a production variant scales."""
        return not self.guard.enabled and any(one.name in self.scaling for one in self.production_variants)

    @property
    def watched(self) -> bool:
        """Whether a watch looks at the test; where no function of the library may run, none does."""
        return self.shadow is not None and self.watch.enabled and self.guard.enabled

    @property
    def counts_answers(self) -> bool:
        """Whether the watch counts captured answers, while there is a shadow."""
        keeps = self.capture.enabled and self.capture.responses and self.capture.percent > 0
        return keeps and self.guard.enabled and self.watch.enabled and self.watch.answers

    def promoted(self) -> ShadowTest:
        """The endpoint as it must be after promotion: the shadow's model serves under the production variant's name.

        It equals the value you write when you fold the promotion into your code, so folding changes nothing.

        Raises:
            InvalidValueError: If there is no shadow.
        """
        if self.shadow is None:
            refuse("promoted", "shadow", "be there to be promoted", None, "this endpoint has no shadow test")
        production = promoted_variant(self.production, self.shadow, self.promote_on)
        return replace(self, production=production, shadow=None, sampling_percent=None, promote_on=None)

    def _resolve_names(self) -> None:
        for place, variant in (("production", self.production), ("shadow", self.shadow)):
            # One by default comes from where the variant stood before, such as of a shadow that has become production.
            if variant is not None and (variant.name is None or isinstance(variant.name, ByPlace)):
                freeze(self, **{place: replace(variant, name=ByPlace(place))})

    def _check_sampling(self, problems: Problems) -> None:
        if self.sampling_percent is None:
            return
        if self.shadow is None:
            problems.add("sampling_percent", "be left out without a shadow", self.sampling_percent)
            return
        before = problems.count
        fix = "to stop copying requests, drop the shadow"
        check_share(problems, "sampling_percent", self.sampling_percent, fix=fix)
        if problems.count == before and self.shadow_weight < _LEAST_WEIGHT:
            problems.add("sampling_percent", f"be at least {_LEAST_WEIGHT * 100:.4f}", self.sampling_percent, fix)

    def _check_variants(self, problems: Problems) -> None:
        if len(self.production_variants) > _MOST_VARIANTS:
            problems.add("other_production", "have at most 9 entries", len(self.other_production))
        names = [variant.name for variant in self.variants]
        if None in names:
            problems.add("other_production", "give each variant a name", None)
        for name in doubles(names):
            problems.add("name", "differ between the variants", name)
        for conflict in _version_conflicts(self.variants):
            problems.add("version", "mean one model", conflict, "give the changed model a version of its own")
        if len(self.production_variants) > 1 and all(variant.weight == 0 for variant in self.production_variants):
            problems.add("weight", "be above 0 for at least one production variant", 0)
        if self.shadow is not None:
            self._check_exclusions(problems)

    def _check_guardrails(self, problems: Problems) -> None:
        """What guardrails exclude (Developer Guide, deployment-guardrails-exclusions), and what isn't documented."""
        shift = self.guardrails.shift
        if shift == "rolling" and (self.shadow is not None or self.other_production):
            fix = "use Guardrails(), which shifts all at once with a bake time"
            problems.add("guardrails", "not be rolling with several variants", "Guardrails.rolling(...)", fix)
        if shift in ("canary", "linear") and self.shadow is not None and not self.guardrails.reason:
            must = "be Guardrails() where a shadow comes or goes: AWS describes no other shift for it"
            fix = f"or say what makes you sure: Guardrails.{shift}(..., reason=...)"
            problems.add("guardrails", must, f"Guardrails.{shift}(...)", fix)

    def _check_exclusions(self, problems: Problems) -> None:
        """What an endpoint with a shadow can't have (SageMaker Developer Guide, shadow-tests exclusions)."""
        if self.other_production:
            got = f"{len(self.production_variants)} production variants"
            problems.add("other_production", "be empty with a shadow", got, "SageMaker allows one and one")
        for variant in self.variants:
            if isinstance(variant.hardware, Serverless):
                problems.add("hardware", "be instances in a shadow test", f"serverless variant {variant.name}")
            elif instance_types.excludes_shadow(variant.hardware.instance_type):
                got = variant.hardware.instance_type
                problems.add("hardware", "not be Inf1 in a shadow test", got, "choose ml.inf2 or another type")
            if variant.model.multi_model:
                problems.add("multi_model", "be off in a shadow test", f"version {variant.model.version}")


def _version_conflicts(variants: Sequence[Variant]) -> Iterator[str]:
    known: dict[str, Model] = {}
    for variant in variants:
        version = variant.model.version
        if known.setdefault(version, variant.model) != variant.model:
            yield version
