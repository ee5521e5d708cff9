"""`add_shadow_test`: the stages of a shadow test in a CDK pipeline. A function over CDK Pipelines, nothing hidden."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import pipelines

from shadow_constructs.pipelines.answering import answering
from shadow_constructs.pipelines.entering import entering
from shadow_constructs.pipelines.stages import EndpointStage
from shadow_constructs.pipelines.verdict_step import VerdictStep
from shadow_constructs.pipelines.whereabouts import Whereabouts
from shadow_constructs.values.checks import check_text, checked_tuple
from shadow_constructs.values.declared import declared
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.approvals import LONGEST_DEADLINE_DAYS, Approval, Entry, served
from shadow_ops.contract.declared import Declared
from shadow_ops.contract.problems import Problems

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,79}")
_ACCOUNT, _REGION = re.compile(r"[0-9]{12}"), re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_MINUTES_A_DAY = 24 * 60


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
    is promoted already is skipped. The pipeline becomes one of type V2 that runs in SUPERSEDED mode.

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
    problems = Problems("add_shadow_test")
    if not isinstance(pipeline, pipelines.CodePipeline):
        problems.add("pipeline", "be an aws_cdk.pipelines.CodePipeline", pipeline)
    elif _built(pipeline):
        problems.add("pipeline", "not be built yet", pipeline.node.path, "add its tests before build_pipeline()")
    if not isinstance(test, ShadowTest):
        problems.add("test", "be a ShadowTest(...)", test, "a stage without one has no verdict to wait for")
    if env is not None and not isinstance(env, cdk.Environment):
        problems.add("env", "be a cdk.Environment(account=..., region=...)", env)
    elif env is not None:
        _check_env(problems, env)
    _check_deadline(problems, deadline_days, test)
    steps = checked_tuple(problems, "after_promotion", after_promotion)
    for one in steps:
        if not isinstance(one, pipelines.Step):
            problems.add("after_promotion", "hold steps of aws_cdk.pipelines", one, "such as ShellStep(...)")
    ids = [one.id for one in steps if isinstance(one, pipelines.Step)]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        problems.add("after_promotion", "hold steps of different ids", twice, "rename one of them")
    problems.raise_if_any()
    prefix = test.endpoint_name if name is None else name
    if name is None and not _NAME.fullmatch(prefix):
        must = "be of an endpoint whose name begins with a letter: its stacks and stages are named like it"
        problems.add("test", must, prefix, "rename the endpoint")
    else:
        _check_name(problems, pipeline, prefix)
    if test.shadow is not None and not (test.watch.enabled and test.guard.enabled):
        off = "watch" if not test.watch.enabled else "guard"
        fix = f"nobody would tell the pipeline of a verdict with {off.title()}.off(...)"
        problems.add("test", "be watched", getattr(test, off), fix)
    problems.raise_if_any()
    stack = cdk.Stack.of(pipeline)
    where = Whereabouts.of(pipeline, env)

    def stage(kind: str, *, promotion: bool = False) -> EndpointStage:
        return EndpointStage(stack, f"{prefix}-{kind}", test=test, promotion=promotion, env=env, whereabouts=where)

    if test.shadow is None:
        return ShadowStages(serve=pipeline.add_stage(stage("serve")))
    function = answering(pipeline)
    function.add(test.endpoint_name, where)
    # As whoever reads the promoted endpoint's settings finds it.
    promoted = Declared.from_text(declared(test.promoted(), "its-config").to_text(), "the promotion")
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
        shadow=pipeline.add_stage(shadow, post=[_verdict(shadow, test, where, deadline_days)]),
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
    return VerdictStep("Verdict", approval=approval, config=config, deadline_days=deadline_days)


def _built(pipeline: pipelines.CodePipeline) -> bool:
    try:
        return pipeline.pipeline is not None
    except RuntimeError:
        # CDK Pipelines has no other word for it: until then there is no such property.
        return False


def _check_env(problems: Problems, env: cdk.Environment) -> None:
    """Account and Region are written into names, roles and the approval before anything is deployed."""
    fix = "leave it out where it is the pipeline's own"
    if env.account is not None:
        check_text(
            problems, "env.account", env.account, pattern=_ACCOUNT, rule="be the 12 digits of an account", fix=fix
        )
    if env.region is not None:
        check_text(problems, "env.region", env.region, pattern=_REGION, rule="be a Region such as eu-west-1", fix=fix)


def _check_deadline(problems: Problems, days: object, test: object) -> None:
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST_DEADLINE_DAYS:
        must = f"be a whole number of days from 1 to {LONGEST_DEADLINE_DAYS}"
        problems.add("deadline_days", must, days, "no approval of CodePipeline waits longer")
    elif isinstance(test, ShadowTest) and days * _MINUTES_A_DAY <= test.policy.min_duration_minutes:
        lasts = f"{test.policy.min_duration_minutes / _MINUTES_A_DAY:g} days"
        problems.add("deadline_days", f"be more than what the policy demands, {lasts}", days, "no test could pass")


def _check_name(problems: Problems, pipeline: pipelines.CodePipeline, name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        problems.add("name", "begin with a letter and be up to 80 letters, digits and hyphens", name)
    elif any(cdk.Stack.of(pipeline).node.try_find_child(f"{name}-{kind}") for kind in ("shadow", "promotion", "serve")):
        fix = "give the one in each Region or account a name of its own: name=..."
        problems.add("name", "be new in the pipeline's stack", name, fix)
