"""A person's reason on record lets one deployment through: that for which it was written, once, in time."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.aws import giving_reasons, journal, reasons
from shadow_ops.aws.journal import Hold
from shadow_ops.aws.reasons import ReasonGoneError
from shadow_ops.contract.reasons import Reason
from shadow_ops.guard.change import standing
from shadow_ops.judge.verdict import Outcome
from tests.ops.guard.harm.outsider import shape
from tests.ops.guard.stack import Code, Stack, scaling, verdict
from tests.ops.guard.test_promotion import BIGGER, TESTING, promoted, refused, started
from tests.ops.guard.world import ENDPOINT
from tests.ops.parameter_store import aws_error

ANN = "arn:aws:sts::123456789012:assumed-role/Ops/ann"
PATH = f"/shadow-test/{ENDPOINT}/reasons"


def put(stack: Stack, **changes: Any) -> Reason:  # noqa: ANN401 - any attribute
    """Put a reason on record: by default for the shadow that is tested, for a day."""
    now = stack.world.now
    usual = Reason(
        id="one",
        purpose="promotion",
        text="the sale starts today",
        by=ANN,
        at=now,
        expires=now + datetime.timedelta(hours=24),
        config=stack.config,
        subject="model-v2",
        version="v2",
    )
    reason = replace(usual, **changes)
    giving_reasons.put(stack.world, ENDPOINT, reason)
    return reason


def on_record(stack: Stack) -> tuple[Reason, ...]:
    """What lies there."""
    return reasons.on_record(stack.world, ENDPOINT)


def failing() -> Stack:
    """A shadow test that the gate says FAIL of."""
    stack = started()
    stack.verdict = lambda: verdict(Outcome.FAIL)
    return stack


def test_a_reason_on_record_overrules_the_gate() -> None:
    """The history names the reason, what the gate said, and who put it there; the record says it was used."""
    stack = failing()
    put(stack)

    assert stack.deploy(TESTING.promoted()).ok
    (entry,) = stack.history()
    assert entry.gate == "overruled: the sale starts today (FAIL: measured for 30 h)"
    assert entry.reason_by == ANN
    assert on_record(stack)[0].used is not None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"config": "config-77"}, "was written for v2 while another config or model was on the endpoint"),
        ({"subject": "model-v9"}, "was written for v2 while another config or model was on the endpoint"),
        ({"expires": datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)}, "expired on 2026-11-24 12:00 UTC"),
        ({"purpose": "rollback"}, "the gate says FAIL"),
    ],
)
def test_what_was_written_for_something_else_or_has_expired_lets_nothing_through(
    changes: dict[str, Any], said: str
) -> None:
    """The refusal says why it doesn't count; it stays as it is."""
    stack = failing()
    made = put(stack, **changes)

    refused(stack.deploy(TESTING.promoted()), said, '-c override_gate="reason"')
    assert on_record(stack) == (made,)
    assert stack.history() == ()


def test_a_reason_is_used_once() -> None:
    """Whatever became of the deployment that took it."""
    stack = failing()
    put(stack)
    stack.fails_last = True
    refused(stack.deploy(TESTING.promoted()), "another resource failed")
    assert on_record(stack)[0].used is not None

    refused(stack.deploy(TESTING.promoted()), f"the reason on record ({ANN}) has been used")


MOVES = replace(TESTING, shadow_type=BIGGER, scaling=(scaling(),))


def on_its_way(*, back: bool) -> tuple[Stack, Code]:
    """A promotion that needs a reason and moves production, which scales, or its way back; with the reason for it."""
    stack, promoting = started(MOVES), MOVES.promoted(instance_type=BIGGER)
    if back:
        assert stack.deploy(promoting).ok
        put(stack, purpose="rollback", subject=stack.history()[0].id, version="v1")
    else:
        stack.verdict = lambda: verdict(Outcome.FAIL)
        put(stack)
    return stack, MOVES if back else promoting


def without(stack: Stack, number: int, code: str) -> list[str]:
    """From the guard's call of this number on, before the update, what it calls there is refused; until people see it.

    Returns:
        What was refused, once it was.
    """
    world, serving, calls, failing = stack.world, stack.config, itertools.count(1), list[str]()

    def watched(operation: str) -> None:
        assert world.live is not None
        if world.status != "UPDATE_IN_PROGRESS" or world.live.config != serving:
            world.refused.clear()
        elif next(calls) == number:
            failing.append(operation)
            world.refused[operation] = aws_error(code, "not now", operation)

    world.watched = watched
    return failing


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_deployment_that_the_guard_refuses_all_the_same_uses_no_reason_up(code: str, back: bool) -> None:
    """Whatever call is refused before the update: all is as it was, and once that is put right it goes through."""
    refusals = set[str]()
    for number in itertools.count(1):
        stack, asked = on_its_way(back=back)
        before = shape(stack.world.targets)
        failing = without(stack, number, code)
        result = stack.deploy(asked)
        if not failing:
            break
        if result.ok:
            continue
        refusals.update(failing)
        if failing == ["get_parameter"] and "counts as used" in result.reason:
            # Nobody can see whose it is.
            continue
        assert on_record(stack)[0].used is None, (number, failing)
        assert shape(stack.world.targets) == before, (number, failing)
        assert stack.deploy(asked).ok, (number, failing)
        assert [one.reason_by for one in stack.history() if one.undone is None][-1] == ANN
    assert refusals >= {"put_parameter", "register_scalable_target", "put_scaling_policy", "deregister_scalable_target"}


def test_a_deployment_that_is_cancelled_while_the_guard_is_at_it_uses_no_reason_up() -> None:
    """A call of its outlasts the lock; what it has taken is given back."""
    stack, asked = on_its_way(back=False)
    world, calls = stack.world, list[str]()

    def cancel(operation: str) -> None:
        if operation == "register_scalable_target" and operation not in calls:
            world.sleep(80)
            other = Hold(token="other", until=world.now + datetime.timedelta(seconds=75))
            assert journal.take(world, ENDPOINT, other, world.now)
            journal.release(world, ENDPOINT, "other")
            world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
            assert on_record(stack)[0].used is not None
        calls.append(operation)

    config, world.status = stack._new_config(asked), "UPDATE_IN_PROGRESS"
    world.watched = cancel
    answer = stack.ask("Update", "before", asked, config, (MOVES, stack.config))
    assert answer is not None
    assert "was cancelled meanwhile" in answer["Reason"]
    assert on_record(stack)[0].used is None


def test_a_reason_that_can_not_be_given_back_is_said_to_be_used_up() -> None:
    """So nobody relies on it."""
    stack, asked = on_its_way(back=False)
    for operation in ("register_scalable_target", "delete_parameters"):
        stack.world.refused[operation] = aws_error("AccessDeniedException", "not now", operation)

    refused(stack.deploy(asked), "register_scalable_target was refused", "the reason on record counts as used")
    assert on_record(stack)[0].used is not None


def test_a_reason_is_given_back_by_whoever_has_it_alone() -> None:
    """What another request has taken stays taken, and what nobody has is no trouble."""
    stack = failing()
    put(stack)
    ssm = stack.world
    reasons.give_back(ssm, ENDPOINT, "one", "first")
    reasons.use(ssm, ENDPOINT, "one", "first")
    reasons.give_back(ssm, ENDPOINT, "one", "second")
    assert on_record(stack)[0].used == "first"
    reasons.give_back(ssm, ENDPOINT, "one", "first")
    assert on_record(stack)[0].used is None


def test_what_passes_needs_no_reason() -> None:
    """It isn't taken where the gate says PASS, nor where it isn't enforced."""
    for policy in ("usual", "none"):
        stack = started()
        made = put(stack)
        assert stack.deploy(TESTING.promoted(policy=policy)).ok
        assert on_record(stack) == (made,)
        assert stack.history()[0].reason_by is None


def test_the_deployments_own_reason_comes_first() -> None:
    """Then the record's stays where it is."""
    stack = failing()
    made = put(stack)
    assert stack.deploy(TESTING.promoted(override="by hand")).ok
    assert (stack.history()[0].reason_by, on_record(stack)) == (None, (made,))


def test_a_promotion_is_taken_back_by_record() -> None:
    """Only the promotion that it was written for; the history names the reason and the person."""
    stack = promoted()
    first = stack.history()[0].id
    put(stack, purpose="rollback", subject="another promotion", version="v1")
    refused(stack.deploy(TESTING), '-c rollback="reason"', "another config or model")

    put(stack, id="two", purpose="rollback", subject=first, version="v1", text="it is slow")
    assert stack.deploy(TESTING).ok
    entry = stack.history()[-1]
    assert (entry.kind, entry.reason, entry.reason_by) == ("rollback", "it is slow", ANN)


def test_promotions_are_taken_back_by_record_one_after_the_other() -> None:
    """Each reason is for the last promotion that stands, as the refusal says, and `shadow-test override` finds it."""
    stack = promoted()
    for code in (Code(version="v2", shadow="v3"), Code(version="v2", shadow="v3").promoted()):
        assert stack.deploy(code).ok

    for code, entry in ((Code(version="v2"), stack.history()[1]), (Code(), stack.history()[0])):
        refused(stack.deploy(code), "shadow-test override churn --for rollback")
        assert standing(stack.history())[-1] == entry
        put(stack, id=entry.id, purpose="rollback", subject=entry.id, version=entry.from_version)
        assert stack.deploy(code).ok
    assert standing(stack.history()) == []


def test_the_request_that_took_a_reason_may_come_again() -> None:
    """The function dies after it took the reason: CloudFormation's request is delivered again, and goes through."""
    stack = failing()
    put(stack)
    use = reasons.use
    use(stack.world, ENDPOINT, "one", f"request-{stack._number + 2}")

    assert stack.deploy(TESTING.promoted()).ok


def test_two_deployments_never_share_a_reason() -> None:
    """Of two that saw it unused, one gets it; one that was withdrawn meanwhile is nobody's."""
    stack = failing()
    put(stack)
    ssm = stack.world
    reasons.use(ssm, ENDPOINT, "one", "first")
    reasons.use(ssm, ENDPOINT, "one", "first")
    with pytest.raises(ReasonGoneError, match="another deployment has used it"):
        reasons.use(ssm, ENDPOINT, "one", "second")

    made = put(stack, id="two")
    assert giving_reasons.withdraw(ssm, ENDPOINT, made)
    with pytest.raises(ReasonGoneError, match="withdrawn"):
        reasons.use(ssm, ENDPOINT, "two", "third")
    assert f"{PATH}/two.used" not in stack.world.parameters


def test_a_reason_that_is_gone_when_it_is_taken_stops_the_deployment() -> None:
    """Between the look and the step somebody withdrew it: one line, and nothing was touched."""
    stack = failing()
    put(stack)
    world, before = stack.world, dict(stack.world.parameters)

    def withdrawn(operation: str) -> None:
        # The first parameter that the guard writes after its lock is the one by which it takes the reason.
        if operation == "put_parameter" and world.parameters.get(f"/shadow-test/{ENDPOINT}/lock"):
            world.parameters.pop(f"{PATH}/one", None)

    world.watched = withdrawn
    refused(stack.deploy(TESTING.promoted()), "doesn't count: it was withdrawn meanwhile", "nothing was touched")
    assert stack.history() == ()
    assert f"/shadow-test/{ENDPOINT}/scaling" not in str(set(world.parameters) - set(before))


@pytest.mark.parametrize("damaged", ["{damaged", '{"id": 1}', '{"format": 99}'])
def test_a_damaged_reason_counts_for_nothing(damaged: str) -> None:
    """Who needs none goes on; who needs one reads which parameter can't be read."""
    stack = failing()
    stack.world.parameters[f"{PATH}/one"] = [damaged]
    refused(stack.deploy(TESTING.promoted()), "what people put on record", f"{PATH}/one")

    stack.verdict = verdict
    assert stack.deploy(TESTING.promoted()).ok


def test_a_new_reason_takes_the_place_of_one_that_nobody_used() -> None:
    """And that of the other purpose stays."""
    stack = started()
    put(stack)
    kept = put(stack, id="back", purpose="rollback")
    newer = put(stack, id="two", text="again", at=stack.world.now + datetime.timedelta(minutes=1))
    assert on_record(stack) == (kept, newer)


def test_reasons_go_with_their_stack() -> None:
    """Whoever makes an endpoint of that name again doesn't find them."""
    stack = Stack()
    assert stack.deploy(Code(shadow="v2")).ok
    put(stack)
    stack.delete()
    assert not [name for name in stack.world.parameters if name.startswith(PATH)]


def test_a_reason_is_read_as_it_was_written() -> None:
    """To text and back; a newer release's is refused, not half read."""
    stack = started()
    made = put(stack)
    assert Reason.from_json(made.to_json()) == made
    with pytest.raises(ValueError, match="newer release"):
        Reason.from_json({**made.to_json(), "format": 99})
    for name in made.to_json():
        if name != "format":
            with pytest.raises(ValueError, match="a reason on record"):
                Reason.from_json({key: value for key, value in made.to_json().items() if key != name})


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (replace(TESTING, count=3, rollback="it is slow"), "nothing is taken back, so the reason for a rollback isn't"),
        (replace(TESTING, count=3, override="the sale"), "nothing is promoted, so the reason to overrule it isn't"),
        (TESTING.promoted(override="the sale"), "the gate says PASS: measured for 30 h, so the reason to overrule"),
        (TESTING.promoted(rollback="it is slow"), "nothing is taken back"),
    ],
)
def test_a_reason_that_nothing_asked_for_is_said_in_the_answer(code: Code, said: str) -> None:
    """It came with the deployment, and is kept nowhere else: not in silence."""
    stack = started()
    config = stack._new_config(code)
    stack.world.status = "UPDATE_IN_PROGRESS"
    answer = stack.ask("Update", "before", code, config, (TESTING, stack.config))
    assert answer is not None
    assert answer["Status"] == "SUCCESS"
    assert said in answer["Reason"]
    assert answer["Reason"].endswith(str(code.rollback or code.override))


@pytest.mark.parametrize("code", [TESTING, replace(TESTING, override="the sale"), replace(TESTING, count=3)])
def test_nothing_is_said_of_reasons_that_count_or_that_nobody_gave(code: Code) -> None:
    """An overruled gate, a way back, a deployment without any."""
    stack = started()
    stack.verdict = lambda: verdict(Outcome.FAIL)
    promotes = code.override is not None
    asked = code.promoted(override=code.override) if promotes else replace(code, policy="other", count=5)
    config = stack._new_config(asked)
    stack.world.status = "UPDATE_IN_PROGRESS"
    answer = stack.ask("Update", "before", asked, config, (TESTING, stack.config))
    assert answer is not None
    assert (answer["Status"], answer["Reason"]) == ("SUCCESS", "done")
