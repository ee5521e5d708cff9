"""What is let through and what is refused: promotions, ways back, and everything else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shadow_ops.aws.history import Entry
from shadow_ops.contract.instances import Instances
from shadow_ops.guard.change import replaced_by, standing
from shadow_ops.judge.verdict import Outcome, Verdict
from tests.ops.guard.stack import Code, Result, Stack, verdict
from tests.ops.guard.world import World
from tests.ops.parameter_store import aws_error

TESTING = Code(shadow="v2")
BIGGER = "ml.m5.2xlarge"


def started(code: Code = TESTING) -> Stack:
    """A stack that was created."""
    stack = Stack()
    assert stack.deploy(code).ok
    return stack


def promoted() -> Stack:
    """A stack whose shadow was promoted."""
    stack = started()
    assert stack.deploy(TESTING.promoted()).ok
    return stack


def refused(result: Result, *said: str) -> None:
    """Check a refusal: one line, short enough for CloudFormation, with these words in it."""
    assert not result.ok
    assert "\n" not in result.reason
    assert len(result.reason) <= 1000
    for words in said:
        assert words in result.reason


def test_a_passing_shadow_is_promoted_and_remembered() -> None:
    """Who, when, from which model and config to which, and the verdict."""
    stack = started()
    config = stack.config

    assert stack.deploy(TESTING.promoted()).ok
    (entry,) = stack.history()
    assert (entry.kind, entry.from_version, entry.to_version) == ("promotion", "v1", "v2")
    assert (entry.from_model, entry.to_model) == ("model-v1", "model-v2")
    assert (entry.from_config, entry.to_config) == (config, stack.config)
    assert (entry.by, entry.gate) == ("the stack churn", "PASS: measured for 30 h")
    assert entry.at == stack.world.now
    assert entry.undone is None


def test_the_gate_gets_the_policy_and_what_would_serve() -> None:
    """The policy of the deployment, and instances after the promotion."""
    stack = started()
    stack.deploy(TESTING.promoted(policy="other", instance_type=BIGGER, count=3))

    ((policy, instances),) = stack.judged
    assert policy.min_requests == 7
    assert instances == Instances(BIGGER, 3)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (verdict(Outcome.INCONCLUSIVE, 300), "wait about 5 h and deploy again"),
        (verdict(Outcome.INCONCLUSIVE, 40), "wait about 40 min and deploy again"),
        (verdict(Outcome.INCONCLUSIVE), "let the test run on and deploy again"),
        (verdict(Outcome.FAIL), "test a better candidate"),
    ],
)
def test_fails_without_the_gates_consent(said: Verdict, advice: str) -> None:
    """The verdict, what decided, and what to do; nothing was touched."""
    stack = started()
    stack.verdict = lambda: said

    result = stack.deploy(TESTING.promoted())
    ways = ('-c override_gate="reason"', "shadow-test override churn --reason")
    refused(result, str(said.outcome), "measured for 30 h", "latency-p99", advice, *ways)
    assert stack.history() == ()


def test_an_overruled_gate_is_remembered() -> None:
    """With the reason, and with what it had said."""
    stack = started()
    stack.verdict = lambda: verdict(Outcome.FAIL)

    assert stack.deploy(TESTING.promoted(override="the sale starts today")).ok
    assert stack.history()[0].gate == "overruled: the sale starts today (FAIL: measured for 30 h)"


def test_a_gate_that_is_not_enforced_is_not_asked() -> None:
    """The record says why."""
    stack = started()

    assert stack.deploy(TESTING.promoted(policy="none")).ok
    assert stack.judged == []
    assert stack.history()[0].gate == "not enforced: only a demo"


def broken() -> Verdict:
    """A gate that gets no metrics."""
    raise RuntimeError("no metrics to be had")


def test_fails_if_the_gate_cannot_judge() -> None:
    """No answer is no consent."""
    stack = started()
    stack.verdict = broken

    refused(stack.deploy(TESTING.promoted()), "could not judge", "no metrics to be had", "override_gate")


def test_a_gate_that_cannot_judge_can_be_overruled() -> None:
    """An emergency needs no metrics, but a reason."""
    stack = started()
    stack.verdict = broken

    assert stack.deploy(TESTING.promoted(override="production is on fire")).ok
    assert "no metrics to be had" in (stack.history()[0].gate or "")


def test_making_the_shadow_production_in_code_is_a_promotion_too() -> None:
    """What it is doesn't depend on which stack class does it."""
    stack = started()
    stack.verdict = lambda: verdict(Outcome.FAIL)

    refused(stack.deploy(Code(version="v2")), "the gate says FAIL")


def test_a_test_of_hardware_alone_is_gated() -> None:
    """The same model taking the shadow's instances over is a promotion."""
    stack = started(Code(shadow="v1", shadow_type=BIGGER))
    stack.verdict = lambda: verdict(Outcome.FAIL)

    refused(stack.deploy(Code(instance_type=BIGGER)), "the gate says FAIL")
    stack.verdict = verdict
    assert stack.deploy(Code(instance_type=BIGGER)).ok
    assert stack.history()[0].kind == "promotion"


MOVED = Code(shadow="v1", shadow_type=BIGGER)


@pytest.mark.parametrize("back", [MOVED, replace(MOVED, shadow=None), replace(MOVED, count=5), Code(shadow="v2")])
@pytest.mark.parametrize("between", [None, Code(instance_type=BIGGER, count=3), Code(instance_type="ml.c5.xlarge")])
def test_the_way_back_of_hardware_is_one_too(back: Code, between: Code | None) -> None:
    """Refused without a reason, in the history with it, whatever changed in between; then it is free again."""
    stack = started(MOVED)
    assert stack.deploy(MOVED.promoted(instance_type=BIGGER)).ok
    assert between is None or stack.deploy(between).ok
    serves = BIGGER if between is None else between.instance_type

    said = f"replaced v1 on ml.m5.xlarge with v1 on {BIGGER}"
    refused(stack.deploy(back), said, f"have it on {BIGGER} in the code", '-c rollback="reason"')
    assert stack.deploy(replace(back, rollback="it starves")).ok
    assert [one.kind for one in stack.history()] == ["promotion", "rollback"]
    entry = stack.history()[-1]
    assert (entry.from_model, entry.to_model, entry.reason) == ("model-v1", "model-v1", "it starves")
    assert (entry.from_type, entry.to_type) == (serves, "ml.m5.xlarge")
    assert entry.from_content
    assert entry.from_content == entry.to_content

    # Without a test there and back: nothing stands that it would take back.
    assert stack.deploy(Code()).ok
    assert stack.deploy(Code(instance_type=BIGGER)).ok
    assert stack.deploy(Code()).ok
    assert len(stack.history()) == 2


def test_hardware_that_a_model_came_back_on_is_no_way_back_any_more() -> None:
    """A rollback of the model to the instances it had first brings those back as well."""
    stack = started(MOVED)
    assert stack.deploy(MOVED.promoted(instance_type=BIGGER)).ok
    assert stack.deploy(Code(instance_type=BIGGER, shadow="v2")).ok
    assert stack.deploy(Code(version="v2", instance_type=BIGGER)).ok
    assert stack.deploy(Code(rollback="more refunds")).ok

    assert stack.deploy(Code(instance_type=BIGGER)).ok
    assert stack.deploy(Code()).ok
    assert [one.kind for one in stack.history()] == ["promotion", "promotion", "rollback"]


def written_by_an_earlier_version(stack: Stack, **unknown: object) -> None:
    """Have the history as a version of the guard left it that knew less."""
    (name,) = (name for name in stack.world.parameters if "/history/" in name)
    hidden = dict.fromkeys(("from_content", "to_content", "from_hardware", "to_hardware")) | unknown
    stack.world.parameters[name] = [json.dumps(json.loads(stack.world.parameters[name][-1]) | hidden)]


@pytest.mark.parametrize("known", [True, False])
def test_the_way_back_of_hardware_promoted_by_an_earlier_version_needs_a_reason(known: bool) -> None:
    """Its entry may have no instance types, as those of managed tests: any others may be those that it had."""
    stack = started(MOVED)
    assert stack.deploy(MOVED.promoted(instance_type=BIGGER)).ok
    written_by_an_earlier_version(stack, **({} if known else {"from_type": None, "to_type": None}))

    assert stack.deploy(Code(instance_type=BIGGER, count=5)).ok
    said = f"v1 on ml.m5.xlarge with v1 on {BIGGER}" if known else "v1 on instances that aren't on record with v1 on"
    refused(stack.deploy(Code()), said, '-c rollback="reason"')
    assert stack.deploy(Code(rollback="it starves")).ok
    assert stack.deploy(Code(instance_type=BIGGER)).ok
    assert stack.deploy(Code()).ok


def test_a_model_replaced_by_an_earlier_version_is_known_by_its_label_or_asked_about() -> None:
    """Where neither label nor content is on record, nobody can say that what comes isn't what was replaced."""
    stack = promoted()
    written_by_an_earlier_version(stack)
    refused(stack.deploy(Code()), "replaced v1 with v2")
    assert stack.deploy(Code(version="v2", made="anew")).ok

    written_by_an_earlier_version(stack, from_version=None)
    assert stack.deploy(Code(version="v2")).ok
    refused(stack.deploy(Code(version="v3")), "replaced model-v1 with v2", "would bring v3 back")
    assert stack.deploy(Code(version="v3", rollback="it is new")).ok
    assert stack.deploy(Code(version="v4")).ok


def test_hardware_promoted_beside_production_is_taken_out_by_a_way_back() -> None:
    """The promotion that stands is the hardware's; one of the model before it goes on standing."""
    model = Entry(
        id="1",
        kind="promotion",
        at=World().now,
        by="",
        stack="",
        from_version="v0",
        from_model="model-v0",
        from_config="",
        to_version="v1",
        to_model="model-v1",
        to_config="",
        from_type="ml.m5.xlarge",
        to_type="ml.m5.xlarge",
    )
    moved = replace(model, id="2", from_version="v1", from_model="model-v1", to_type=BIGGER)
    back = replace(moved, id="3", kind="rollback", from_type=BIGGER, to_type="ml.m5.xlarge")

    assert standing([model, moved]) == [model, moved]
    assert standing([model, moved, back]) == [model]
    assert replaced_by([model, moved]) == [model, moved]
    assert replaced_by([model, moved, back]) == [model]
    assert replaced_by([model, moved, replace(back, undone=back.at)]) == [model, moved]


@pytest.mark.parametrize(
    "code",
    [
        Code(),
        Code(shadow="v3"),
        replace(TESTING, shadow_type=BIGGER),
        replace(TESTING, instance_type=BIGGER),
        replace(TESTING, policy="other"),
        Code(version="v4"),
        Code(shadow="v1"),
    ],
)
def test_everything_else_is_never_gated(code: Code) -> None:
    """Ending or changing a test, production's hardware, the policy, another model in code."""
    stack = started()
    stack.verdict = lambda: verdict(Outcome.FAIL)

    assert stack.deploy(code).ok
    assert stack.history() == ()


def test_fails_to_promote_without_a_test() -> None:
    """Nothing was tested, so nothing is promoted."""
    stack = started(Code())

    refused(stack.deploy(TESTING.promoted()), "no shadow test is running on churn", "model-v1")


def test_fails_to_promote_what_does_not_exist() -> None:
    """Without an endpoint there is no test either."""
    refused(Stack().deploy(TESTING.promoted()), "no shadow test is running", "ShadowTestStack")


def test_fails_to_promote_another_model_than_the_tested_one() -> None:
    """Both are named."""
    stack = started()

    refused(
        stack.deploy(replace(TESTING, shadow="v3").promoted()), "model-v2", "model-v3", "isn't what is being tested"
    )


def test_folding_leaves_the_endpoint_alone() -> None:
    """The promoted variant made production in code: no update, no gate, no new record."""
    stack = promoted()
    config = stack.config

    assert stack.deploy(Code(version="v2")).ok
    assert stack.config == config
    assert len(stack.judged) == len(stack.history()) == 1


def test_fails_to_demote_without_a_reason() -> None:
    """An old pipeline is run again: what serves, since when, and both ways on."""
    stack = promoted()
    since = f"{stack.history()[0].at:%Y-%m-%d %H:%M} UTC"

    refused(
        stack.deploy(TESTING),
        "churn serves the model model-v2",
        since,
        "replaced v1 with v2",
        '-c rollback="reason"',
        "shadow-test override churn --for rollback",
        "make v2 the production model in the code",
    )


def test_fails_to_demote_even_after_another_model_came_directly() -> None:
    """v1 was replaced by a promotion; that v3 came after it without one changes nothing."""
    stack = promoted()
    assert stack.deploy(Code(version="v3")).ok

    refused(stack.deploy(TESTING), "model-v3", '-c rollback="reason"', "--for rollback", "make v3 the production model")


def test_fails_to_go_back_over_two_promotions_by_a_way_that_there_is() -> None:
    """A reason on record is for the last one, so nobody is told to write one; what is to be kept is what serves."""
    stack = promoted()
    for code in (replace(TESTING, version="v2", shadow="v3"), Code(version="v2", shadow="v3").promoted()):
        assert stack.deploy(code).ok

    answer = stack.deploy(TESTING)
    refused(answer, "replaced v1 with v2", "is for the last promotion that stands", "make v3 the production model")
    assert "--for rollback" not in answer.reason
    assert stack.deploy(replace(TESTING, rollback="v3 and v2 are both wrong")).ok


def test_the_way_back_with_a_reason_is_remembered() -> None:
    """It returns to the tested state."""
    stack = promoted()

    assert stack.deploy(replace(TESTING, rollback="more refunds")).ok
    assert set(stack.world.named(stack.config)) == {"production", "shadow"}
    entry = stack.history()[-1]
    assert (entry.kind, entry.from_version, entry.to_version) == ("rollback", "v2", "v1")
    assert (entry.reason, entry.gate) == ("more refunds", None)


def test_after_the_way_back_the_shadow_can_be_promoted_again() -> None:
    """And then demoting it needs a reason again."""
    stack = promoted()
    assert stack.deploy(replace(TESTING, rollback="more refunds")).ok

    assert stack.deploy(TESTING.promoted()).ok
    refused(stack.deploy(TESTING), '-c rollback="reason"')
    assert [entry.kind for entry in stack.history()] == ["promotion", "rollback", "promotion"]


def test_a_promotion_that_cloudformation_rolled_back_is_undone() -> None:
    """It stays in the history, marked, and demotes nothing."""
    stack = started()
    stack.fails_last = True

    assert not stack.deploy(TESTING.promoted()).ok
    (entry,) = stack.history()
    assert entry.undone == stack.world.now
    assert stack.deploy(replace(TESTING, policy="other")).ok


def test_a_promotion_that_sagemaker_took_back_fails_with_its_reason() -> None:
    """CloudFormation believes the update; the guard doesn't."""
    stack = started()
    config = stack.config
    stack.world.next_update = "alarm churn-5xx fired"

    refused(
        stack.deploy(TESTING.promoted()), "SageMaker took the update of churn back", "alarm churn-5xx fired", config
    )
    assert stack.config == config
    assert stack.history() == ()


def test_an_endpoint_that_is_updating_is_waited_for() -> None:
    """The deployment goes on once it has settled."""
    stack = started()
    stack.busy_at_start = True

    assert stack.deploy(TESTING.promoted()).ok


def test_fails_if_the_endpoint_updates_for_longer_than_there_is_time() -> None:
    """The state is named, and what to do."""
    stack = started()
    stack.world.busy("Updating", 5000)

    refused(stack.deploy(TESTING.promoted()), "still Updating", "deploy again when it is InService")


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed", "Deleting"])
def test_fails_in_a_state_without_a_way_out(status: str) -> None:
    """State, SageMaker's reason, and what to do."""
    stack = started()
    assert stack.world.live is not None
    stack.world.live.status, stack.world.live.reason = status, "the image is gone"

    refused(stack.deploy(TESTING.promoted()), f"churn is {status} (the image is gone)", "then deploy again")


def test_fails_if_the_serving_config_was_deleted() -> None:
    """SageMaker could not update from it; the message says so before it tries."""
    stack = started()
    del stack.world.configs[stack.config]

    answer = stack.ask("Update", "before", TESTING.promoted(), stack._new_config(TESTING.promoted()))
    assert answer is not None
    assert answer["Status"] == "FAILED"
    assert "has been deleted" in answer["Reason"]
    assert stack.config in answer["Reason"]


def test_fails_with_the_service_s_own_words_if_a_call_is_refused() -> None:
    """A missing permission is named as it is."""
    stack = started()
    stack.world.refused["describe_scaling_policies"] = aws_error("AccessDeniedException", "not authorized", "X")
    stack.world.refused["describe_scalable_targets"] = aws_error("AccessDeniedException", "not authorized", "Y")

    refused(stack.deploy(TESTING.promoted()), "AccessDeniedException", "not authorized")


def test_an_endpoint_of_the_past_starts_anew() -> None:
    """A stack deleted with everything, then created again: only the history is remembered, and demands nothing."""
    world = World()
    stack = Stack(world)
    assert stack.deploy(TESTING).ok
    assert stack.deploy(TESTING.promoted()).ok
    stack.delete()

    kept = dict(world.parameters)
    assert [name.split("/")[3] for name in kept] == ["history"]
    assert stack.deploy(TESTING).ok
    assert [one.to_version for one in stack.history()] == ["v2"]
