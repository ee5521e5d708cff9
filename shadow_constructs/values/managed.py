"""SageMaker's own shadow test (InferenceExperiment): a test that it begins, runs for a time, and ends."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace

from shadow_constructs.values.checks import check_role_arn, check_text, check_type
from shadow_constructs.values.pairs.of_managed import PAIRS
from shadow_constructs.values.pairs.pair import check_pairs
from shadow_constructs.values.scaling import Scaling
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.variant import Variant
from shadow_ops.contract.checks import check_flag, checking
from shadow_ops.contract.managed import LONGEST_BASE
from shadow_ops.contract.problems import Problems

# API member InferenceExperiment.Schedule.
_SHORTEST, _LONGEST = datetime.timedelta(hours=1), datetime.timedelta(days=30)
_USUAL = datetime.timedelta(days=7)
_RULE = "be from 1 hour to 30 days"
# What a test's end and another time zone need is there, and SageMaker is younger.
_YEARS = (2017, 9000)
# API member InferenceExperimentName.
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")


@dataclass(frozen=True, kw_only=True)
class ManagedShadowTest:
    """A shadow test that SageMaker manages: it copies requests for a time, then puts back what served before.

    It can say less of its variants than an endpoint can: of the shadow no more than instance type and count.

    Attributes:
        test: What is tested beside what; its share must be a whole percent.
        days: How long it runs, 1/24 to 30 days. By default 7.
        duration: The same as a ``timedelta``, where days are too coarse.
        starts: When it begins, to the second, with an offset from UTC. By default as soon as it is deployed.
        name: Begins its name in SageMaker, which ends in eight characters of its own for each test. By default the
            endpoint's name.
        role_arn: Role that SageMaker takes to run it; nothing is granted to it. By default one is made that may do what
            such a test needs on this endpoint. A CDK token is accepted.
        native: Whether the template has the test as its own resource (``AWS::SageMaker::InferenceExperiment``), for
            those who want it there. By default a function makes it, which knows when it is deployed and what serves
            then; a template knows neither, so it needs ``starts``, and production must not scale.
    """

    test: ShadowTest
    days: float | None = None
    duration: datetime.timedelta | None = None
    starts: datetime.datetime | None = None
    name: str | None = None
    role_arn: str | None = None
    native: bool = False

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_type(problems, "test", self.test, ShadowTest, "be a ShadowTest(...)")
        self._check_duration(problems)
        if self.starts is not None:
            zoned = isinstance(self.starts, datetime.datetime) and self.starts.utcoffset() is not None
            if not zoned:
                fix = "datetime(2027, 1, 4, 8, tzinfo=timezone.utc) is one"
                problems.add("starts", "be a datetime with an offset from UTC", self.starts, fix)
            elif not _YEARS[0] <= self.starts.year <= _YEARS[1]:
                must = f"be in a year from {_YEARS[0]} to {_YEARS[1]}"
                problems.add("starts", must, self.starts.isoformat(), "write when the test shall begin")
            elif self.starts.astimezone(datetime.UTC).microsecond:
                # A request's times have no fractions, nor has a template's; an offset may have.
                problems.add("starts", "be of whole seconds", self.starts.isoformat(), "starts.replace(microsecond=0)")
        if self.name is not None:
            rule = "be letters, digits and inner hyphens"
            check_text(problems, "name", self.name, pattern=_NAME, rule=rule, longest=LONGEST_BASE)
        if self.role_arn is not None:
            check_role_arn(problems, "role_arn", self.role_arn)
        check_flag(problems, "native", self.native)
        if problems.count == 0:
            check_pairs(problems, PAIRS, self)
        problems.raise_if_any()

    @property
    def lasts(self) -> datetime.timedelta:
        """How long it runs, in whole seconds."""
        given = self.duration if self.days is None else datetime.timedelta(days=self.days)
        return datetime.timedelta(seconds=round((_USUAL if given is None else given).total_seconds()))

    @property
    def base(self) -> str:
        """How its name in SageMaker begins."""
        return self.test.endpoint_name if self.name is None else self.name

    @property
    def shadow(self) -> Variant:
        """The shadow; a managed test always has one."""
        shadow = self.test.shadow
        assert shadow is not None  # the value refuses a test without one
        return shadow

    @property
    def running(self) -> ShadowTest:
        """What the endpoint serves while the test runs: the shadow stays at its count, whatever production does."""
        return replace(self.test, shadow=replace(self.shadow, scaling=Scaling.off()))

    @property
    def serving(self) -> ShadowTest:
        """What the endpoint serves before and after: production alone."""
        return replace(self.test, shadow=None, sampling_percent=None, promote_on=None)

    def _check_duration(self, problems: Problems) -> None:
        days, duration = self.days, self.duration
        if days is not None and duration is not None:
            problems.add("duration", "be left out with days", duration, "give one of them")
        elif days is not None:
            # NaN compares with nothing, so it is refused too.
            is_number = isinstance(days, int | float) and not isinstance(days, bool)
            if not is_number or not _SHORTEST / datetime.timedelta(days=1) <= days <= _LONGEST.days:
                problems.add("days", _RULE, days, "a number of days, such as 7; or duration=timedelta(hours=1)")
        elif duration is not None and not (
            isinstance(duration, datetime.timedelta) and _SHORTEST <= duration <= _LONGEST
        ):
            problems.add("duration", _RULE, duration, "a timedelta, such as timedelta(hours=12)")
