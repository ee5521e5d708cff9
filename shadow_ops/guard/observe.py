"""Look at everything that a decision may need. Reads only."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from shadow_ops.aws import experiment, history, parameters, reasons, records
from shadow_ops.aws.boto import pages
from shadow_ops.aws.endpoint import Config, LiveEndpoint, describe, describe_config, describe_contents, is_missing
from shadow_ops.aws.errors import error_code
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.history import Entry
from shadow_ops.aws.records import Pending
from shadow_ops.aws.scaling import Scaling
from shadow_ops.contract.declared import Declared
from shadow_ops.contract.problems import CannotTellError, InvalidValueError
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.clients import Clients, is_passing
from shadow_ops.guard.direction import went_beyond
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import PASSING_STATES, Seen, Unread, kept_of, variants

T = TypeVar("T")
Made = dict[str, Any]
_ENDPOINT, _TARGET = "AWS::SageMaker::Endpoint", "AWS::ApplicationAutoScaling::ScalableTarget"
# Deleted, or left behind: no resource of the stack's any more.
_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
_GUARD = ("Custom::EndpointUpdateGuardBefore", "Custom::EndpointUpdateGuardAfter")


def observe(
    clients: Clients, endpoint: str, request: Request | None, now: datetime.datetime, made: Made, *, waits: bool
) -> Seen:
    """Look at the world.

    Args:
        clients: The services.
        endpoint: The endpoint's name.
        request: The request of CloudFormation; None for an event.
        now: The time.
        made: What was seen before that can't change: the config that is asked for, what models are made of.
        waits: Whether an endpoint that is changing will be waited for.
    """
    look = _Looker(clients, endpoint)
    pending = look.pending(None if request is None else request.stack)
    stack = request.stack if request is not None else pending.stack if isinstance(pending, Pending) else None
    if stack is None:
        # An event about an endpoint of which nothing is on record.
        return Seen(now=now, pending=pending)
    status = look.status(stack)
    live, owned = look.live(), look.owned(stack)
    if waits and isinstance(live, LiveEndpoint) and live.status in PASSING_STATES:
        # It is waited for: what else there is will be looked at when it has settled.
        return Seen(now=now, stack=status, owned=owned, live=live, pending=pending)
    names = [one.name for one in variants(live)] if isinstance(live, LiveEndpoint) else []
    if isinstance(live, Unread):
        # What there may be, by name: scaling can be looked at without the endpoint.
        said = () if request is None else (request.asked, request.old)
        declared = [name for one in said if one is not None for name in one.scaling]
        names = [*dict.fromkeys((*declared, *kept_of(pending)))]
    seen = Seen(
        now=now,
        stack=status,
        owned=owned,
        live=live,
        scaled=look.scaled(names),
        pending=pending,
        recorded=look.recorded(stack),
    )
    if request is None:
        return replace(seen, history=look.history(made)) if went_beyond(seen) else seen
    if request.kind == "Delete":
        own = look.tell(
            lambda: records.own_names(clients.ssm, endpoint, stack, gone=live is None), "the guard's records"
        )
        return replace(seen, own_records=own, native=look.native(stack), heir=look.heir(stack, request))
    forward = isinstance(status, str) and "ROLLBACK" not in status
    if request.asked.step == "after" and isinstance(pending, Pending) and forward:
        return seen
    past = look.history(made)
    if request.asked.step == "after":
        return replace(seen, history=past)
    serving = live.config.name if isinstance(live, LiveEndpoint) else None
    asked = made.get(f"config {request.asked.config}") or look.config(request.asked.config)
    contents: Mapping[str, str | None] | Unread = {}
    if isinstance(live, LiveEndpoint) and isinstance(asked, Config) and forward and serving != asked.name:
        made[f"config {asked.name}"], read = (
            asked,
            partial(describe_contents, clients.sagemaker, live.config, asked, made),
        )
        contents = look.tell(partial(read, told=past != ()), "a model")
    return replace(
        seen,
        asked=asked,
        left=None if request.old is None or request.old.config == serving else look.config(request.old.config),
        contents=contents,
        keeps=look.keeps(pending),
        history=past,
        reasons=look.tell(lambda: reasons.on_record(clients.ssm, endpoint), "what people put on record"),
        firing=look.tell(lambda: firing(clients, request.asked.alarms), "the alarms"),
        native=look.native(stack) if request.kind == "Create" and live is not None else (),
        # A managed test begins on production alone; one that runs is seen by its shadow.
        tested=look.tested() if isinstance(live, LiveEndpoint) and live.shadow is None else None,
    )


def firing(clients: Clients, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the alarms that fire, composite ones included.

    Raises:
        ClientError: If the call is refused.
    """
    wanted = list(names)
    if not wanted:
        return ()
    kinds = ["MetricAlarm", "CompositeAlarm"]
    # API member DescribeAlarmsInput.AlarmNames takes a hundred names; guardrails take ten.
    found = clients.cloudwatch.describe_alarms(AlarmNames=wanted, AlarmTypes=kinds, StateValue="ALARM")
    listed = (*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ()))
    return tuple(sorted(one["AlarmName"] for one in listed))


class _Looker:
    def __init__(self, clients: Clients, endpoint: str) -> None:
        self._clients = clients
        self._endpoint = endpoint
        self._listed: list[Mapping[str, str]] | None = None

    def tell(self, look: Callable[[], T], what: str) -> T | Unread:
        """What is there, or why it can't be told."""
        try:
            return look()
        except ClientError as error:
            said = error.response.get("Error", {}).get("Message", "")
            return Unread(
                f"{what} of {self._endpoint} can't be read: {error.operation_name} was refused with "
                f"{error_code(error)}: {said}; nothing is lost, deploy again once that is put right",
                passing=is_passing(error),
            )
        except BotoCoreError as error:
            why = f"{what} of {self._endpoint} can't be read: {error}; nothing is lost, deploy again"
            return Unread(why, passing=is_passing(error))
        except parameters.DamagedRecordError as error:
            why = f"{what} of {self._endpoint} can't be read: {error}; look at it in Parameter Store, then delete it"
            return Unread(why, damaged=True)

    def pending(self, stack: str | None) -> Pending | Unread | None:
        """The record, if it is that of the stack that asks."""
        found = self.tell(lambda: records.pending(self._clients.ssm, self._endpoint), "the guard's record")
        if isinstance(found, Pending) and stack is not None and found.stack != stack:
            return None
        return found

    def keeps(self, pending: Pending | Unread | None) -> Mapping[str, bool] | Unread:
        """What was answered before: the record of the deployment says it, where the parameter for it doesn't."""
        found = self.tell(lambda: records.keeps(self._clients.ssm, self._endpoint), "what was answered before")
        also = pending.keeps if isinstance(pending, Pending) else {}
        if isinstance(found, Unread):
            return also if found.damaged and also else found
        return {**also, **found}

    def history(self, made: Made) -> tuple[Entry, ...] | Unread:
        return self.tell(lambda: history.history(self._clients.ssm, self._endpoint, made), "the history")

    def status(self, stack: str) -> str | Unread | None:
        def look() -> str | None:
            try:
                found = self._clients.cloudformation.describe_stacks(StackName=stack)
            except ClientError as error:
                if error_code(error) == "ValidationError" and "does not exist" in str(error):
                    return None
                raise
            return str(found["Stacks"][0]["StackStatus"])

        return self.tell(look, "the stack")

    def owned(self, stack: str) -> bool | Unread:
        """Whether the endpoint is a resource of the stack: CloudFormation lists it, and has not deleted it."""

        def look() -> bool:
            # The physical id is the ARN, in which SageMaker writes names in lower case.
            names = (one["PhysicalResourceId"].rpartition("/")[2] for one in self._resources(stack, _ENDPOINT))
            return any(name.lower() == self._endpoint.lower() for name in names)

        return self.tell(look, "the stack's resources")

    def native(self, stack: str) -> tuple[str, ...] | Unread:
        """The variants that CloudFormation scales: a target's physical id begins with endpoint and variant."""

        def look() -> tuple[str, ...]:
            names = (one["PhysicalResourceId"] for one in self._resources(stack, _TARGET))
            found = (name.partition("|")[0].split("/") for name in names)
            return tuple(parts[-1] for parts in found if parts[:2] == ["endpoint", self._endpoint])

        return self.tell(look, "the stack's resources")

    def heir(self, stack: str, request: Request) -> bool | Unread:
        """Whether another resource of the stack stands for the same endpoint and step."""

        def look() -> bool:
            name = f"{request.asked.endpoint}/{request.asked.step}"
            found = [one for one in self._resources(stack, *_GUARD) if one["PhysicalResourceId"] == name]
            return any(one["LogicalResourceId"] != request.resource for one in found)

        return self.tell(look, "the stack's resources")

    def _resources(self, stack: str, *kinds: str) -> list[Mapping[str, str]]:
        """A stack's resources of some types, as far as it has made them and still has them."""
        if self._listed is None:
            listed = pages(self._clients.cloudformation.list_stack_resources, StackName=stack)
            self._listed = [one for page in listed for one in page["StackResourceSummaries"]]
        made = (one for one in self._listed if one.get("PhysicalResourceId") and one["ResourceStatus"] not in _GONE)
        return [one for one in made if one["ResourceType"] in kinds]

    def live(self) -> LiveEndpoint | Unread | None:
        """The endpoint. One whose serving config was deleted can't be told: SageMaker can't update from it."""
        try:
            return self.tell(lambda: self._described(), "the endpoint")
        except _ConfigGoneError as error:
            return Unread(
                f"the endpoint config that {self._endpoint} serves with has been deleted, and SageMaker can't update "
                f"from it ({error}); create a config of that name again, then deploy again",
                serving=error.serving,
            )

    def _described(self) -> LiveEndpoint | None:
        try:
            return describe(self._clients.sagemaker, self._endpoint)
        except ClientError as error:
            if not is_missing(error):
                raise
            found = self._clients.sagemaker.describe_endpoint(EndpointName=self._endpoint)
            names = [
                one["VariantName"]
                for role in ("ProductionVariants", "ShadowProductionVariants")
                for one in found.get(role, ())
            ]
            raise _ConfigGoneError(error.response["Error"]["Message"], tuple(names)) from None

    def tested(self) -> Experiment | Unread | None:
        """The managed test that the endpoint's other stack says of it."""

        def look() -> Experiment | None:
            read = partial(parameters.text_of, self._clients.ssm)
            said = Declared.read(self._endpoint, read, managed=True)
            if said is None or said.experiment is None:
                return None
            return experiment.describe(self._clients.sagemaker, said.experiment)

        try:
            return self.tell(look, "the managed test")
        except (CannotTellError, InvalidValueError) as error:
            return Unread(f"the managed test of {self._endpoint} can't be read: {error}")

    def config(self, name: str) -> Config | Unread | None:
        def look() -> Config | None:
            try:
                return describe_config(self._clients.sagemaker, name)
            except ClientError as error:
                if is_missing(error):
                    return None
                raise

        return self.tell(look, f"the endpoint config {name}")

    def scaled(self, names: Iterable[str]) -> Mapping[str, Scaled] | Unread:
        scaling = Scaling(self._clients, self._endpoint)
        return self.tell(lambda: scaling.read(names), "the scaling")

    def recorded(self, stack: str) -> Mapping[str, Scaled] | Unread:
        """The recorded scaling that this stack wrote, or an earlier version of the guard that didn't say who."""
        found = self.tell(lambda: records.scalings(self._clients.ssm, self._endpoint, stack), "the recorded scaling")
        if isinstance(found, Unread):
            return found
        read = {name: records.plausible(name, data) for name, data in found.items()}
        return {name: one for name, one in read.items() if one is not None}


class _ConfigGoneError(Exception):
    def __init__(self, said: str, serving: tuple[str, ...]) -> None:
        super().__init__(said)
        self.serving = serving
