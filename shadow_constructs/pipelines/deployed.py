"""What the pipelines of an app deploy where: two stacks of one name at one place are one stack in CloudFormation."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import pipelines

from shadow_constructs.pipelines.elsewhere import reports_name
from shadow_constructs.pipelines.whereabouts import Whereabouts
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.partitions import of_region
from shadow_ops.contract.problems import refuse

_Place = tuple[str, str | None, str | None]


@dataclass(frozen=True)
class Deployed:
    """An endpoint that a pipeline deploys.

    Attributes:
        endpoint_name: The endpoint.
        whereabouts: Where it is.
        stages: The names of the stages that deploy it.
    """

    endpoint_name: str
    whereabouts: Whereabouts
    stages: tuple[str, ...]

    @property
    def place(self) -> _Place:
        """Its stack, as CloudFormation tells it from others."""
        return _stack_at(self.endpoint_name, self.whereabouts.account, self.whereabouts.region)


def check_where(pipeline: pipelines.CodePipeline, new: Deployed) -> None:
    """Refuse an endpoint that the app's pipelines deploy already, or that no role of the pipeline's can reach.

    Raises:
        InvalidValueError: If it is deployed, as far as that is known, or in another partition, such as China's.
    """
    here, there = new.whereabouts.pipeline.region, new.whereabouts.region
    if not is_token(here) and not is_token(there) and of_region(here) != of_region(there):
        must = f"be of the pipeline's partition, {of_region(here).name}, as {here} is"
        refuse("add_shadow_test", "env", must, there, "give that Region a pipeline of its own, in its own partition")
    for other, deployed in _DEPLOYED.items():
        own = other is pipeline
        # Two pipelines that don't say where they are may be deployed to different accounts.
        told = own or (None not in new.place and other.node.root is pipeline.node.root)
        if told and any(one.place == new.place for one in deployed):
            whose = "the pipeline" if own else f"the pipeline {other.node.path}"
            must = f"be of an endpoint that {whose} doesn't deploy yet, or be elsewhere"
            where = f"{new.endpoint_name} in {new.whereabouts.account}/{new.whereabouts.region}"
            refuse("add_shadow_test", "test", must, where, "both would deploy the same stack; leave one out")
    _check_stacks(pipeline, new)
    _DEPLOYED.setdefault(pipeline, []).append(new)


def check_stacks(pipeline: pipelines.CodePipeline) -> None:
    """Refuse stages, whenever they were added, that would overwrite a stack of a shadow test.

    Raises:
        InvalidValueError: If one has a stack of such a name at such a place.
    """
    for one in _DEPLOYED.get(pipeline, ()):
        _check_stacks(pipeline, one)


def _check_stacks(pipeline: pipelines.CodePipeline, deployed: Deployed) -> None:
    own = cdk.Stack.of(pipeline)
    account, region = own.account, own.region
    there = {_stack_at(own.stack_name, account, region): "the pipeline's own stack"}
    for wave in pipeline.waves:
        for stage in wave.stages:
            if stage.stage_name in deployed.stages:
                continue
            for stack in stage.stacks:
                # Where a stack doesn't say where it is, it goes to where the pipeline is.
                place = _stack_at(stack.stack_name, stack.account or account, stack.region or region)
                there[place] = f"a stack of {stage.stage_name}"
    where, name = deployed.whereabouts, deployed.endpoint_name
    for one in (name, *([reports_name(name)] if where.elsewhere else [])):
        other = there.get(_stack_at(one, where.account, where.region))
        if other is not None:
            must = "have stacks of names that nothing else has in that account and Region"
            fix = f"{other} has it, and one would overwrite the other; rename that stack or the endpoint"
            refuse("add_shadow_test", "test", must, one, fix)


def _stack_at(name: str, account: str | None, region: str | None) -> _Place:
    """None where it isn't said."""
    return name, None if is_token(account) else account, None if is_token(region) else region


_DEPLOYED: WeakKeyDictionary[pipelines.CodePipeline, list[Deployed]] = WeakKeyDictionary()
