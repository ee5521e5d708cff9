"""A pipeline as a whole, with what was added to it after its shadow tests: looked at before the CDK builds it."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakSet

import aws_cdk as cdk
import jsii
from aws_cdk import pipelines
from constructs import IConstruct

from shadow_constructs.pipelines.deployed import check_stacks
from shadow_ops.contract.problems import refuse


# A validation would come too late: until then the CDK has failed in words about a graph.
@jsii.implements(cdk.IAspect)
class Whole:
    """Refuses names, stacks and steps that are in a pipeline twice.

    Args:
        pipeline: The pipeline.
    """

    def __init__(self, pipeline: pipelines.CodePipeline) -> None:
        self._pipeline = pipeline
        self._path = pipeline.node.path

    def visit(self, node: IConstruct) -> None:
        """Look at the pipeline, once the code has added what it has to add.

        Raises:
            InvalidValueError: If something is in it twice.
        """
        if node.node.path != self._path:
            return
        waves = self._pipeline.waves
        rename = "rename one of them"
        _check_once(self._path, "have stages and waves of different names", (wave.id for wave in waves), rename)
        stages = (stage.stage_name for wave in waves for stage in wave.stages)
        _check_once(self._path, "have stages of different names", stages, rename)
        steps: list[pipelines.Step] = []
        for wave in waves:
            steps += [*wave.pre, *wave.post]
            for stage in wave.stages:
                own = [*stage.pre, *stage.post]
                names = [*(step.id for step in own), *(stack.stack_name for stack in stage.stacks)]
                must = f"have steps in {stage.stage_name} that are called like nothing else in it"
                _check_once(self._path, must, names, rename)
                steps += own
        for at, step in enumerate(steps):
            if any(step is other for other in steps[:at]):
                refuse("add_shadow_test", self._path, "have each step once", step.id, "make one for each stage")
        check_stacks(self._pipeline)


def _check_once(path: str, must: str, names: Iterable[str], fix: str) -> None:
    known: set[str] = set()
    for name in names:
        if name in known:
            refuse("add_shadow_test", path, must, name, fix)
        known.add(name)


_KNOWN: WeakSet[pipelines.CodePipeline] = WeakSet()


def look_at_the_whole(pipeline: pipelines.CodePipeline) -> None:
    """Have a pipeline looked at before it is built; the first shadow test of it sees to that."""
    if pipeline not in _KNOWN:
        _KNOWN.add(pipeline)
        # Before the aspect by which CDK Pipelines builds it.
        cdk.Aspects.of(pipeline).add(Whole(pipeline), priority=cdk.AspectPriority.MUTATING - 1)
