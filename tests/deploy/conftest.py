"""One local AWS per test process, and a shadow test of its own for each test."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from rehearsal.cdk import Cdk
from rehearsal.local import LocalAws
from shadow_constructs import ShadowTest
from tests.deploy.managed import Place
from tests.deploy.submission import Submission
from tests.deploy.support import CAPTURES, MODELS, Case, CaseMaker, Change, Stages, artifact, gated, shadow_test

# A small script is up in well under a second; a model that never is should not be waited for long. Ten minutes of bake
# are a second here.
_OPTIONS = ("--startup-timeout", "8", "--wait-scale", "0.002", "--enforce-iam")


def _unchanged(test: ShadowTest) -> ShadowTest:
    return test


@dataclass
class _Ground:
    local: LocalAws
    cdk: Cdk
    folder: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def case(self, change: Change = _unchanged) -> Case:
        name = f"case-{next(self.numbers)}"
        stages = Stages(change(shadow_test(name)), self.folder / name)
        return Case(self.local, self.cdk, stages, name)

    def clear(self, case: Case | Place) -> None:
        self.local.clear_faults()
        # The stack may stay: only its model servers, and alarms that are looked at every second, cost the next test
        # something.
        with contextlib.suppress(ClientError):
            self.local.client("sagemaker").delete_endpoint(EndpointName=case.name)
        cloudwatch = self.local.client("cloudwatch")
        kinds = ["MetricAlarm", "CompositeAlarm"]
        found = cloudwatch.describe_alarms(AlarmNamePrefix=f"{case.name}-", AlarmTypes=kinds, MaxRecords=100)
        # Composite alarms first, one in a call: those that they look at can't go before them.
        for one in found["CompositeAlarms"]:
            cloudwatch.delete_alarms(AlarmNames=[one["AlarmName"]])
        if found["MetricAlarms"]:
            cloudwatch.delete_alarms(AlarmNames=[one["AlarmName"] for one in found["MetricAlarms"]])


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Ground]:
    """A bootstrapped local AWS with two models in S3. The demo has the command line itself bootstrap one."""
    folder = tmp_path_factory.mktemp("deploy")
    with LocalAws(folder, options=_OPTIONS) as local:
        cdk = Cdk(local.endpoint_url, folder)
        Submission(local).bootstrap()
        s3 = local.client("s3")
        for bucket in (MODELS, CAPTURES):
            s3.create_bucket(Bucket=bucket)
        for version in ("v1", "v2"):
            s3.put_object(Bucket=MODELS, Key=f"{version}/model.tar.gz", Body=artifact(version))
        yield _Ground(local, cdk, folder)


@pytest.fixture
def make_case(ground: _Ground) -> Iterator[CaseMaker]:
    """Make a shadow test that differs from the usual one."""
    made: list[Case] = []

    def make(change: Change = _unchanged) -> Case:
        made.append(ground.case(change))
        return made[-1]

    yield make
    for case in made:
        ground.clear(case)


@pytest.fixture
def case(make_case: CaseMaker) -> Case:
    """The usual shadow test, not deployed yet."""
    return make_case()


@pytest.fixture(scope="module")
def running(ground: _Ground) -> Iterator[Case]:
    """The usual shadow test, deployed, for tests that only look at it."""
    case = ground.case()
    case.deploy("shadow").check()
    yield case
    ground.clear(case)


@pytest.fixture
def place(ground: _Ground, tmp_path: Path) -> Iterator[Place]:
    """A test of v2 beside v1 on all requests that SageMaker is to run; nothing is made yet."""
    name = f"managed-{next(ground.numbers)}"
    place = Place(ground.local, ground.cdk, name, tmp_path, gated(shadow_test(name)))
    yield place
    ground.clear(place)
