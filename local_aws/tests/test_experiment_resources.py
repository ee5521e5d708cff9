"""AWS::SageMaker::InferenceExperiment: what an update does by the status that it meets, silence included."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.glue import handler
from local_aws.glue.bridge import LoopBridge
from local_aws.glue.experiment_resources import ExperimentResources
from local_aws.glue.handler import HandlerError
from local_aws.loose import Json
from local_aws.tests.support import run
from local_aws.tests.test_experiments import (
    HOUR,
    PRODUCTION,
    SHADOW,
    Trial,
    experiment,
    lasting,
    model_variant,
    shadow_mode,
)

LATER = lasting(2, wait=24 * HOUR)


@pytest.fixture(autouse=True)
def _no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where a stack is deployed is there a region of its own."""
    monkeypatch.setattr(handler, "current_region", lambda: "us-east-1")


class Resource(Trial):
    """A resource of a stack: its handler, called from a thread as CloudFormation does."""

    def __init__(self) -> None:
        super().__init__()
        bridge = LoopBridge(asyncio.get_running_loop())
        self._then = ""
        self._seen: list[str] = []

        def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            answer = self.cloud(operation, request)
            if operation == self._then:
                self._seen.append(operation)
                self.cloud("StartInferenceExperiment", {"Name": "trial"})
            return answer

        self._handler = ExperimentResources(handler.calling(bridge, lambda _region, *asked: call(*asked)))
        self.template: dict[str, Any] = {}

    async def create(self, **properties: Json) -> None:
        """Deploy the endpoint, then create the resource."""
        await self.cloud.deploy(shadow=False)
        self.template = experiment(**properties)
        await asyncio.to_thread(self._handler.create, self.template)

    async def update(self, **properties: Json) -> None:
        """Deploy the template with other properties."""
        new = {**self.template, **properties}
        await asyncio.to_thread(self._handler.update, "trial", self.template, new)
        self.template = new

    def begins_after(self, operation: str) -> list[str]:
        """Begin the test right after the handler's next call of an operation; returns what was then called."""
        self.cloud.fleets.delay = 60.0
        self._then = operation
        return self._seen

    async def delete(self) -> None:
        """Take the resource out of the template."""
        await asyncio.to_thread(self._handler.delete, "trial", self.template)


def rows(test: Callable[[Resource], Any]) -> None:
    """Run a test's coroutine on a resource."""

    async def main() -> None:
        await test(Resource())

    run(main())


def test_a_start_at_creation_is_waited_for_until_it_is_paper() -> None:
    """Created counts as done; DesiredState is not looked at."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER, DesiredState="Running")
        assert resource.describe()["Status"] == "Created"

    rows(row)


def test_a_created_test_is_started_and_other_edits_of_that_update_are_lost() -> None:
    """DesiredState Running on Created calls Start only."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        await resource.update(DesiredState="Running", ShadowModeConfig=shadow_mode(7))
        assert resource.describe()["Status"] == "Running"
        assert resource.describe()["ShadowModeConfig"] == shadow_mode(50)

    rows(row)


@pytest.mark.parametrize("desired", [{}, {"DesiredState": "Completed"}, {"DesiredState": "Cancelled"}])
def test_a_created_test_is_updated_whatever_else_is_desired(desired: dict[str, str]) -> None:
    """A scheduled test can't be cancelled by DesiredState."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        larger = [PRODUCTION, model_variant("shadow", "v2", count=3)]
        await resource.update(ModelVariants=larger, ShadowModeConfig=shadow_mode(7), **desired)
        found = resource.describe()
        assert (found["Status"], found["ShadowModeConfig"]) == ("Created", shadow_mode(7))
        assert found["ModelVariants"][1]["InfrastructureConfig"] == larger[1]["InfrastructureConfig"]

    rows(row)


def test_a_running_test_takes_description_end_and_share_and_swallows_the_rest() -> None:
    """Other variants and another place for answers are dropped in silence."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        await resource.update(DesiredState="Running")
        schedule = resource.describe()["Schedule"]
        larger = [PRODUCTION, model_variant("shadow", "v2", count=3)]
        changed = {"Schedule": schedule, "ShadowModeConfig": shadow_mode(7), "Description": "longer"}
        await resource.update(ModelVariants=larger, **changed)
        found = resource.describe()
        assert (found["Description"], found["ShadowModeConfig"]) == ("longer", shadow_mode(7))
        assert found["ModelVariants"][1]["InfrastructureConfig"] == SHADOW["InfrastructureConfig"]

    rows(row)


def test_the_stale_start_of_a_running_test_fails_the_update() -> None:
    """The template's schedule is sent with its old StartTime, which a running test refuses."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        await resource.update(DesiredState="Running")
        with pytest.raises(HandlerError, match="start of a running experiment"):
            await resource.update(Description="longer")

    rows(row)


@pytest.mark.parametrize(
    ("variants", "serving"),
    [
        ([SHADOW], ({"shadow": "v2"}, {})),
        ([PRODUCTION], ({"production": "v1"}, {})),
        ([PRODUCTION, SHADOW], ({"production": "v1"}, {"shadow": "v2"})),
    ],
)
def test_a_running_test_ends_with_what_the_template_still_lists(variants: list[Json], serving: Json) -> None:
    """The actions follow from ModelVariants: only the shadow is a promotion."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        await resource.update(DesiredState="Running")
        await resource.update(ModelVariants=variants, DesiredState="Completed", StatusReason="decided")
        found = resource.describe()
        assert (found["Status"], found["StatusReason"]) == ("Completed", "decided")
        assert resource.serving() == serving

    rows(row)


def test_the_actions_are_of_the_variants_that_run_and_not_of_those_that_the_template_names() -> None:
    """ShadowModeConfig in the template may name others by then: what it doesn't list of the test, is removed."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        await resource.update(DesiredState="Running")
        renamed = {"SourceModelVariantName": "shadow", "ShadowModelVariants": shadow_mode()["ShadowModelVariants"]}
        await resource.update(ModelVariants=[SHADOW], ShadowModeConfig=renamed, DesiredState="Completed")
        assert resource.serving() == ({"shadow": "v2"}, {})

    rows(row)


def test_tags_are_changed_in_whatever_status() -> None:
    """Before it runs, while it runs, and once it is over."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER, Tags=[{"Key": "team", "Value": "risk"}, {"Key": "old", "Value": "yes"}])
        for more in ({}, {"DesiredState": "Running"}, {"DesiredState": "Completed"}, {}):
            tags = [{"Key": "team", "Value": f"risk-{len(more)}"}]
            await resource.update(Tags=tags, **more)
            assert resource.cloud("ListTags", {"ResourceArn": resource.describe()["Arn"]})["Tags"] == tags

    rows(row)


@pytest.mark.parametrize(
    "time", ["2027-01-04T08:00:00", "2027-01-04T09:00:00+01:00", "2027-01-04T08:00Z", "2027-01-04"]
)
def test_a_time_that_is_no_instant_in_utc_is_refused(time: str) -> None:
    """The handler reads times as Java does, which need not know another zone."""

    async def row(resource: Resource) -> None:
        with pytest.raises(HandlerError, match="could not be parsed"):
            await resource.create(Schedule={"StartTime": time})

    rows(row)


def test_a_deletion_waits_for_the_end_of_a_test_and_for_nothing_else() -> None:
    """One that is starting is deleted as it is, which SageMaker refuses."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        resource.cloud.fleets.delay = 60.0
        resource.cloud("StartInferenceExperiment", {"Name": "trial"})
        assert resource.describe()["Status"] == "Starting"
        with pytest.raises(HandlerError, match="is Starting"):
            await resource.delete()

    rows(row)


def test_a_change_of_a_test_that_ends_meanwhile_is_an_error() -> None:
    """After its call the handler takes Updating, Created and Running, and nothing else."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        begin = resource.begins_after("UpdateInferenceExperiment")
        with pytest.raises(HandlerError, match="unexpected status Starting"):
            await resource.update(Description="longer")
        assert begin == ["UpdateInferenceExperiment"]

    rows(row)


def test_a_desired_state_left_behind_stops_a_test_at_the_next_update() -> None:
    """Completed in the template does nothing at creation, and ends the test as soon as an update finds it running."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER, DesiredState="Completed")
        resource.cloud("StartInferenceExperiment", {"Name": "trial"})
        await resource.reach("Running")
        await resource.update(Description="only words")
        assert resource.describe()["Status"] == "Completed"

    rows(row)


@pytest.mark.parametrize("desired", [{}, {"DesiredState": "Completed"}])
def test_a_change_that_lands_while_it_starts_is_lost(desired: dict[str, str]) -> None:
    """Tags only, and SUCCESS."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        resource.cloud.fleets.delay = 1.0
        resource.cloud("StartInferenceExperiment", {"Name": "trial"})
        await resource.reach("Starting")
        await resource.update(ModelVariants=[SHADOW], ShadowModeConfig=shadow_mode(7), **desired)
        assert resource.describe()["Status"] == "Starting"
        await resource.reach("Running")
        assert resource.describe()["ShadowModeConfig"] == shadow_mode(50)

    rows(row)


def test_a_promotion_that_lands_while_it_stops_is_lost() -> None:
    """Stopping is waited for, and nothing else."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        await resource.update(DesiredState="Running")
        removed = {"production": "Retain", "shadow": "Remove"}
        request = {"Name": "trial", "ModelVariantActions": removed, "DesiredModelVariants": [PRODUCTION]}
        resource.cloud("StopInferenceExperiment", request)
        await resource.update(ModelVariants=[SHADOW], DesiredState="Completed")
        assert resource.serving() == ({"production": "v1"}, {})

    rows(row)


def test_a_promotion_after_the_end_succeeds_and_does_nothing() -> None:
    """Completed and Cancelled take tags only."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=lasting(1, wait=HOUR))
        await resource.reach("Completed")
        await resource.update(ModelVariants=[SHADOW], DesiredState="Completed")
        assert resource.serving() == ({"production": "v1"}, {})

    rows(row)


def test_a_deleted_resource_leaves_a_running_shadow() -> None:
    """Both variants are retained: the shadow stays on the endpoint and is paid for."""

    async def row(resource: Resource) -> None:
        await resource.create(Schedule=LATER)
        await resource.update(DesiredState="Running")
        await resource.delete()
        assert resource.serving() == ({"production": "v1"}, {"shadow": "v2"})
        assert resource.cloud("ListInferenceExperiments", {}) == {"InferenceExperiments": []}

    rows(row)


def test_a_start_at_once_can_fail_the_creation() -> None:
    """A look that finds the test Starting takes that for an error."""

    async def row(resource: Resource) -> None:
        resource.cloud.fleets.delay = 0.5
        with pytest.raises(HandlerError, match="unexpected status Starting"):
            await resource.create()

    rows(row)
