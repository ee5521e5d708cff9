"""What `add_shadow_test` is given, held against what CDK Pipelines and CodePipeline take, before a stage is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import aws_cdk as cdk
from aws_cdk import pipelines

from shadow_constructs.values.checks import check_text, checked_tuple
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.approving import LONGEST_DEADLINE_DAYS
from shadow_ops.contract.names import REGION
from shadow_ops.contract.problems import Problems, refuse

# CodePipeline User Guide, limits: stages of a pipeline.
MOST_STAGES = 50

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,79}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_MINUTES_A_DAY = 24 * 60


def check_given(
    pipeline: object, test: object, env: object, deadline_days: object, after_promotion: object
) -> tuple[pipelines.Step, ...]:
    """Check every argument by itself.

    Returns:
        The steps that follow the promotion.

    Raises:
        InvalidValueError: With one line per mistake.
    """
    problems = Problems("add_shadow_test")
    if not isinstance(pipeline, pipelines.CodePipeline):
        problems.add("pipeline", "be an aws_cdk.pipelines.CodePipeline", pipeline, _OWN, text=False)
    elif _built(pipeline):
        problems.add("pipeline", "not be built yet", pipeline.node.path, "add its tests before build_pipeline()")
    if not isinstance(test, ShadowTest):
        problems.add("test", "be a ShadowTest(...)", test, "a stage without one has no verdict to wait for", text=False)
    if env is not None and not isinstance(env, cdk.Environment):
        problems.add("env", "be a cdk.Environment(account=..., region=...)", env, text=False)
    elif env is not None:
        _check_env(problems, env)
    _check_deadline(problems, deadline_days, test)
    steps = checked_tuple(problems, "after_promotion", after_promotion)
    _check_steps(problems, steps, test)
    problems.raise_if_any()
    return steps


def check_together(
    pipeline: pipelines.CodePipeline, test: ShadowTest, name: str | None, steps: tuple[pipelines.Step, ...]
) -> str:
    """Check what the pipeline makes of them: names, stages, steps, and that somebody tells it of a verdict.

    Returns:
        How the stages' names begin.

    Raises:
        InvalidValueError: With one line per mistake.
    """
    problems = Problems("add_shadow_test")
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
    there = [*_steps_of(pipeline)] if steps else []
    for one in steps:
        if any(one is other for other in there):
            problems.add(
                "after_promotion", "hold steps that the pipeline doesn't have yet", one.id, "make one for each"
            )
    _check_stages(problems, pipeline, test)
    problems.raise_if_any()
    return prefix


def check_built(stages: int) -> None:
    """Refuse a pipeline that has too many stages with those that were added later.

    Raises:
        InvalidValueError: If CodePipeline takes fewer.
    """
    if stages > MOST_STAGES:
        refuse("add_shadow_test", "pipeline", _FEWER, stages, _SPLIT)


_FEWER = f"have at most {MOST_STAGES} stages, those of its tests, sources, synth, self-mutation and assets together"
_SPLIT = "CodePipeline takes no more: give some of the tests another pipeline"


_OWN = "one of aws_codepipeline is taken by pipelines.CodePipeline(code_pipeline=...)"


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
        check_text(problems, "env.region", env.region, pattern=REGION, rule="be a Region such as eu-west-1", fix=fix)


def _check_deadline(problems: Problems, days: object, test: object) -> None:
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST_DEADLINE_DAYS:
        must = f"be a whole number of days from 1 to {LONGEST_DEADLINE_DAYS}"
        problems.add("deadline_days", must, days, "no approval of CodePipeline waits longer")
    elif isinstance(test, ShadowTest) and days * _MINUTES_A_DAY <= test.policy.min_duration_minutes:
        lasts = f"{test.policy.min_duration_minutes / _MINUTES_A_DAY:g} days"
        problems.add("deadline_days", f"be more than what the policy demands, {lasts}", days, "no test could pass")


def _check_steps(problems: Problems, steps: tuple[object, ...], test: object) -> None:
    known = [one for one in steps if isinstance(one, pipelines.Step)]
    for one in steps:
        if not isinstance(one, pipelines.Step):
            problems.add(
                "after_promotion", "hold steps of aws_cdk.pipelines", one, "such as ShellStep(...)", text=False
            )
    ids = [one.id for one in known]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        problems.add("after_promotion", "hold steps of different ids", twice, "rename one of them")
    taken = test.endpoint_name if isinstance(test, ShadowTest) else None
    if taken in ids:
        problems.add("after_promotion", "hold no step with the id of the endpoint's stack", taken, "rename the step")


def _check_name(problems: Problems, pipeline: pipelines.CodePipeline, name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        problems.add("name", "begin with a letter and be up to 80 letters, digits and hyphens", name)
        return
    begun = [f"{name}-{kind}" for kind in ("shadow", "promotion", "serve")]
    waves, stack = {wave.id for wave in pipeline.waves}, cdk.Stack.of(pipeline).node
    if any(one in waves or stack.try_find_child(one) for one in begun):
        fix = "it has such a stage or wave; give the one in each Region or account a name of its own: name=..."
        problems.add("name", "be new in the pipeline and its stack", name, fix)


def _check_stages(problems: Problems, pipeline: pipelines.CodePipeline, test: ShadowTest) -> None:
    """Those that are known already: others may come, and `check_built` counts again."""
    own = 2 + pipeline.self_mutation_enabled + test.guard.enabled  # source, synth; the guard's function is an asset
    stages = own + len(pipeline.waves) + (1 if test.shadow is None else 2)
    if stages > MOST_STAGES:
        problems.add("pipeline", _FEWER, stages, _SPLIT)


def _steps_of(pipeline: pipelines.CodePipeline) -> Iterator[pipelines.Step]:
    for wave in pipeline.waves:
        yield from (*wave.pre, *wave.post)
        for stage in wave.stages:
            yield from (*stage.pre, *stage.post)
