"""`add_shadow_test`: the stages of a shadow test in a CDK pipeline. A function over CDK Pipelines, nothing hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import pipelines

from shadow_constructs.pipelines.answering import answering
from shadow_constructs.pipelines.deployed import Deployed, check_where
from shadow_constructs.pipelines.entering import entering
from shadow_constructs.pipelines.given import check_given, check_together
from shadow_constructs.pipelines.key_step import KeyStep
from shadow_constructs.pipelines.stages import EndpointStage
from shadow_constructs.pipelines.verdict_step import VerdictStep
from shadow_constructs.pipelines.whereabouts import Whereabouts
from shadow_constructs.pipelines.whole import look_at_the_whole
from shadow_constructs.values.declared import declared
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.approvals import VERDICT, Approval, Entry, beside, served
from shadow_ops.contract.declared import Declared
from shadow_ops.contract.declaring import to_text


@dataclass(frozen=True)
class ShadowStages:
    """The stages that were added.

    Attributes:
        shadow: Deploys the test and waits for its verdict. None where the code has no shadow.
        promotion: Deploys the promotion. None where the code has no shadow.
        serve: Deploys the endpoint. None where the code has a shadow.
    """

    shadow: pipelines.StageDeployment | None = None
    promotion: pipelines.StageDeployment | None = None
    serve: pipelines.StageDeployment | None = None


def add_shadow_test(
    pipeline: pipelines.CodePipeline,
    test: ShadowTest,
    *,
    env: cdk.Environment | None = None,
    deadline_days: int = 14,
    name: str | None = None,
    after_promotion: Sequence[pipelines.Step] = (),
) -> ShadowStages:
    """Add a shadow test to a pipeline: the test, a wait for its verdict without a machine, and the promotion.

    With a shadow these are the stages ``<name>-shadow`` (deploy the test, wait) and ``<name>-promotion`` (deploy it);
    without one it is ``<name>-serve``. The verdict of the test's watch answers the wait: PASS approves, FAIL rejects; a
    person may decide at any time, and a reason that `shadow-test override` put on record approves. A stage whose test
    is promoted already is skipped. The pipeline becomes one of type V2 that runs in SUPERSEDED mode, for all of its
    stages: one of your own that doesn't say so gets a warning, one that says otherwise is refused when it is built.

    Args:
        pipeline: The pipeline, not built yet. It may have several tests.
        test: The shadow test.
        env: Account and Region of the endpoint. By default the pipeline's own.
        deadline_days: How long the pipeline waits for a verdict, at most 60 days; after that its stage fails.
        name: Begins the stages' names. By default the endpoint's name; one in several Regions needs a name in each.
        after_promotion: Steps that follow the promotion, such as one that folds it into the code.

    Returns:
        The stages, for more steps.

    Raises:
        InvalidValueError: If a value can't be, the pipeline has a stage of that name, or nobody would send a verdict.
    """
    steps = check_given(pipeline, test, env, deadline_days, after_promotion)
    prefix = check_together(pipeline, test, name, steps)
    stack = cdk.Stack.of(pipeline)
    where = Whereabouts.of(pipeline, env)
    kinds = ("serve",) if test.shadow is None else ("shadow", "promotion")
    around = cdk.Stage.of(stack)
    # A pipeline that is itself in a stage has that one's name before its stages'; an app has none.
    begin = "" if around is None or not around.stage_name else f"{around.stage_name}-"
    check_where(pipeline, Deployed(test.endpoint_name, where, tuple(f"{begin}{prefix}-{kind}" for kind in kinds)))
    look_at_the_whole(pipeline)
    first = [KeyStep(test.endpoint_name, where.account)] if where.other_account else []

    def stage(kind: str, *, promotion: bool = False) -> EndpointStage:
        return EndpointStage(stack, f"{prefix}-{kind}", test=test, promotion=promotion, env=env, whereabouts=where)

    if test.shadow is None:
        return ShadowStages(serve=pipeline.add_stage(stage("serve"), pre=first))
    function = answering(pipeline)
    function.add(test.endpoint_name, where)
    # As whoever reads the promoted endpoint's settings finds it.
    promoted = Declared.from_text(to_text(declared(test.promoted(), "its-config")), "the promotion")
    entry = Entry(
        endpoint=test.endpoint_name,
        region=where.region if where.other_region else None,
        role=where.role_arn(test.endpoint_name),
        production=served(promoted.production),
    )
    entries = entering(pipeline, function)
    shadow, promotion = stage("shadow"), stage("promotion", promotion=True)
    for one in (shadow, promotion):
        entries.add(one.stage_name, entry)
    return ShadowStages(
        shadow=pipeline.add_stage(shadow, pre=first, post=[_verdict(shadow, test, where, deadline_days)]),
        promotion=pipeline.add_stage(promotion, post=list(steps)),
    )


def _verdict(stage: EndpointStage, test: ShadowTest, where: Whereabouts, deadline_days: int) -> VerdictStep:
    assert test.shadow is not None
    approval = Approval(
        version=test.shadow.model.version,
        endpoint=test.endpoint_name,
        account=where.account,
        region=where.region,
        config="what-this-execution-deployed",
    )
    config = stage.stack.endpoint.node.find_child("EndpointConfigNameOutput")
    assert isinstance(config, cdk.CfnOutput)
    return VerdictStep(
        beside(VERDICT, test.endpoint_name), approval=approval, config=config, deadline_days=deadline_days
    )
