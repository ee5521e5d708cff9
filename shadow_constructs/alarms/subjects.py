"""What alarms are about: one variant, both compared, or the new fleet of an update; each begins its own alarms."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from shadow_constructs.alarms.spec import About, AlarmSpec, Missing, Term
from shadow_constructs.values.alerts import LONGEST_WARM_UP_MINUTES
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.variant import Variant
from shadow_ops.contract import catalogue
from shadow_ops.contract.rules import Bound

_UPDATE_PERIOD_SECONDS = 60


@dataclass(frozen=True)
class Watched:
    """A variant that alarms are made about.

    Attributes:
        test: The endpoint.
        variant: The variant.
        about: Its role.
        prefix: Begins the ids of its alarms.
    """

    test: ShadowTest
    variant: Variant
    about: About
    prefix: str

    @property
    def dimensions(self) -> dict[str, str]:
        """The dimensions of its metrics."""
        return catalogue.dimensions(self.test.endpoint_name, self.variant.name or "")

    @property
    def without_requests(self) -> Missing:
        """What a period without enough requests counts as."""
        # Production: without requests nobody is failed, and the alarm is over. Shadow: what it showed under load still
        # holds when the night is quiet; fewer requests than the floor neither make it fit nor unfit.
        return "notBreaching" if self.about == "production" else "ignore"

    @property
    def advice(self) -> str:
        """What to do about bad answers."""
        if self.about == "production":
            return "Callers notice: look at the endpoint's logs and last update."
        return "Callers don't notice: don't promote it."

    def alarm(
        self,
        name: str,
        happened: str,
        *,
        bound: Bound,
        threshold: float,
        terms: Mapping[str, Term],
        expression: str | None = None,
        missing: Missing,
        critical: bool = True,
    ) -> AlarmSpec:
        """An alarm about the variant; `happened` continues the sentence "The production variant ...:"."""
        shadow, alerts = self.about == "shadow", self.test.alerts
        who = f"The {self.about} variant ({self.variant.model.version}) of {self.test.endpoint_name}"
        return AlarmSpec(
            id=f"{self.prefix}-{name}",
            about=self.about,
            severity="critical" if critical and not shadow else "warning",
            description=f"{who}: {happened}",
            terms=terms,
            expression=expression,
            bound=bound,
            threshold=threshold,
            missing=missing,
            period_seconds=alerts.period_seconds,
            periods=alerts.periods,
            warm_up_minutes=_warm_up(self.test) if shadow else 0,
            fresh_with=_tested(self.test) if shadow else None,
        )


@dataclass(frozen=True)
class Pair:
    """Production and shadow, compared.

    Attributes:
        test: The endpoint.
        shadow: Its shadow.
    """

    test: ShadowTest
    shadow: Variant

    @property
    def who(self) -> str:
        """Begins the descriptions."""
        return f"The shadow of {self.test.endpoint_name} ({self.shadow.model.version})"

    @property
    def production_dimensions(self) -> dict[str, str]:
        """The dimensions of production's metrics."""
        return catalogue.dimensions(self.test.endpoint_name, self.test.production.name or "")

    @property
    def shadow_dimensions(self) -> dict[str, str]:
        """The dimensions of the shadow's metrics."""
        return catalogue.dimensions(self.test.endpoint_name, self.shadow.name or "")

    @property
    def requests(self) -> dict[str, Term]:
        """The requests of both, as ``np`` and ``ns``."""
        return {
            "np": Term(catalogue.INVOCATIONS, self.production_dimensions, "Sum"),
            "ns": Term(catalogue.INVOCATIONS, self.shadow_dimensions, "Sum"),
        }

    @staticmethod
    def floor(requests: int) -> str:
        """A divisor: zero where a variant has fewer requests, and a division by zero drops the point."""
        return f"((np >= {requests}) * (ns >= {requests}))"

    def alarm(
        self,
        id: str,
        description: str,
        *,
        bound: Bound,
        terms: Mapping[str, Term],
        expression: str,
        # With too few requests nothing can be compared. What was last shown stands: neither does a quiet night make a
        # slow shadow fit, nor does one busy period among quiet ones, all there is to judge then, make a good one unfit.
        missing: Missing = "ignore",
        above: bool = True,
    ) -> AlarmSpec:
        """An alarm about the difference."""
        alerts = self.test.alerts
        return AlarmSpec(
            id=id,
            about="comparison",
            severity="warning",
            description=description,
            terms={**self.requests, **terms},
            expression=expression,
            bound=bound,
            threshold=bound.limit,
            above=above,
            missing=missing,
            period_seconds=alerts.period_seconds,
            periods=alerts.periods,
            warm_up_minutes=_warm_up(self.test),
            fresh_with=_tested(self.test),
        )


@dataclass(frozen=True)
class NewFleet:
    """Production's new fleet while an update runs, seen alone by the dimension EndpointConfigName.

    Attributes:
        test: The endpoint.
        endpoint_config_name: The config of the new fleet; a token.
    """

    test: ShadowTest
    endpoint_config_name: str

    def alarm(self, name: str, said: str, *, bound: Bound, metric: catalogue.Statistic, threshold: float) -> AlarmSpec:
        """An alarm that takes the update back; `said` continues the sentence "5xx errors of ... fleet:"."""
        production = self.test.production.name or ""
        dimensions = catalogue.dimensions(self.test.endpoint_name, production, self.endpoint_config_name)
        return AlarmSpec(
            id=f"update-{name}",
            about="update",
            severity="critical",
            description=f"{metric.metric.title} of production's new fleet: {said}. While an update runs, SageMaker "
            "rolls it back to the old fleet; afterwards it only shows.",
            terms={"m": Term(metric.metric, dimensions, metric.name)},
            expression=None,
            bound=bound,
            threshold=threshold,
            # The new fleet has no data until it takes traffic, and a quiet minute is no failure.
            missing="notBreaching",
            period_seconds=_UPDATE_PERIOD_SECONDS,
            periods=1,
        )


def watched(test: ShadowTest) -> Iterator[Watched]:
    """The variants of an endpoint.

    Ids go by the role, because names and models change; further production variants have their name in it.
    """
    yield Watched(test, test.production, "production", "production")
    for other in test.other_production:
        yield Watched(test, other, "production", f"production-{other.name}")
    if test.shadow is not None:
        yield Watched(test, test.shadow, "shadow", "shadow")


def _warm_up(test: ShadowTest) -> int:
    """How long a fresh alarm waits: at least as long as it looks back, so that it sees nothing of what was before."""
    alerts = test.alerts
    looks_back = math.ceil(alerts.periods * alerts.period_seconds / 60)
    return min(max(alerts.warm_up_minutes, looks_back), LONGEST_WARM_UP_MINUTES)


def _tested(test: ShadowTest) -> str | None:
    """What tells one comparison from another: both versions, what they run on, and the share that is copied.

    Any of them makes a new endpoint config, with a fleet that is new, and what was seen of the old one no longer holds.
    """
    if test.shadow is None:
        return None
    sides = [f"{one.model.version} on {one.hardware.label}" for one in (test.production, test.shadow)]
    digest = sha256(json.dumps([*sides, test.sampled_percent]).encode()).hexdigest()[:6]
    return f"{test.shadow.model.version}-{digest}"
