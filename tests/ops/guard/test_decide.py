"""The decision alone, over whatever may be seen: no promise depends on how it came to be seen."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from shadow_ops.aws.endpoint import Config, LiveEndpoint, LiveVariant
from shadow_ops.aws.history import Entry
from shadow_ops.aws.records import Pending
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.decide import decide
from shadow_ops.guard.decision import (
    AskGate,
    Close,
    Deregister,
    Go,
    RecordScaling,
    Refuse,
    SaveRecord,
    Scale,
    SetCounts,
    Trim,
    Wait,
)
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import PASSING_STATES, Seen, Unread
from shadow_ops.judge.verdict import Outcome
from tests.ops.guard.stack import verdict

# Five times what the profile says: 300 in the suite.
MANY = 5 * settings().max_examples
NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/churn/1"
# What changes something that isn't a record.
TOUCHES = (Deregister, Scale, Trim, SetCounts)
MODELS, TYPES = ("model-v1", "model-v2", "model-v3"), ("ml.m5.xlarge", "ml.m5.2xlarge")


def scaleds(name: str) -> st.SearchStrategy[Scaled]:
    """A variant's scaling."""
    return st.builds(lambda low, more: Scaled(name, low, low + more), st.integers(1, 3), st.integers(0, 6))


@st.composite
def configs(draw: st.DrawFn, name: str) -> Config:
    """An endpoint config."""

    def variant(variant: str) -> dict[str, Any]:
        return {
            "VariantName": variant,
            "ModelName": draw(st.sampled_from(MODELS)),
            "InstanceType": draw(st.sampled_from(TYPES)),
            "InitialInstanceCount": draw(st.integers(1, 4)),
        }

    production = [variant(draw(st.sampled_from(("production", "main"))))]
    if draw(st.booleans()):
        production.append(variant("second"))
    created = NOW - datetime.timedelta(hours=draw(st.integers(1, 99)))
    return Config(name, created, tuple(production), (variant("shadow"),) if draw(st.booleans()) else (), None)


@st.composite
def endpoints(draw: st.DrawFn) -> LiveEndpoint:
    """An endpoint, at rest or not."""
    config = draw(st.sampled_from(("old", "new", "other")).flatmap(configs))

    def live(one: Any) -> LiveVariant:  # noqa: ANN401 - JSON
        count = draw(st.integers(1, 9))
        initial = one["InitialInstanceCount"]
        return LiveVariant(one["VariantName"], one["ModelName"], one["InstanceType"], initial, count, count, 1.0)

    status = draw(st.sampled_from(("InService", "InService", "InService", "Updating", "Failed", "OutOfService")))
    shadow = live(config.shadow[0]) if config.shadow else None
    return LiveEndpoint("churn", "arn", status, config, tuple(map(live, config.production)), shadow, None, NOW)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What was read, or that it could not be."""
    return st.one_of(strategy, strategy, strategy, st.builds(Unread, st.just("it can't be read"), st.booleans()))


def scalings() -> st.SearchStrategy[dict[str, Scaled]]:
    """How some variants scale."""
    return st.fixed_dictionaries({}, optional={name: scaleds(name) for name in ("production", "main", "shadow")})


def entries() -> st.SearchStrategy[Entry]:
    """A promotion in the history."""
    return st.builds(
        Entry,
        id=st.just("entry"),
        kind=st.just("promotion"),
        at=st.just(NOW - datetime.timedelta(hours=2)),
        by=st.just("ann"),
        stack=st.just(STACK),
        from_version=st.just("v1"),
        from_model=st.sampled_from(MODELS),
        from_config=st.just("old"),
        to_version=st.just("v2"),
        to_model=st.sampled_from(MODELS),
        to_config=st.just("new"),
    )


def records() -> st.SearchStrategy[Pending]:
    """A record of this stack."""
    names = st.lists(st.sampled_from(("production", "main", "shadow")), unique=True).map(tuple)
    return st.builds(
        Pending,
        id=st.just("before"),
        stack=st.just(STACK),
        started=st.just(NOW - datetime.timedelta(hours=1)),
        source=st.sampled_from(("old", "new", "other")),
        target=st.sampled_from(("old", "new", "other")),
        variants=names,
        taken=names,
        counts=st.dictionaries(st.sampled_from(("production", "shadow")), st.integers(1, 9)),
        keep=st.booleans(),
        entry=st.none() | entries(),
        done=st.booleans(),
    )


def seens() -> st.SearchStrategy[Seen]:
    """Whatever may be seen."""
    statuses = ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE", "CREATE_IN_PROGRESS")
    more = ("DELETE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", None)
    return st.builds(
        Seen,
        now=st.just(NOW),
        stack=maybe(st.sampled_from((*statuses, *more))),
        owned=maybe(st.booleans()),
        live=maybe(st.none() | endpoints()),
        asked=maybe(st.none() | configs("new")),
        scaled=maybe(scalings()),
        pending=maybe(st.none() | records()),
        recorded=maybe(scalings()),
        keeps=maybe(st.dictionaries(st.sampled_from(("old", "new")), st.booleans())),
        history=maybe(st.lists(entries(), max_size=2).map(tuple)),
        firing=maybe(st.sampled_from(((), ("alarm",)))),
        judged=st.none() | st.sampled_from(list(Outcome)).map(verdict) | st.just(Unread("no metrics")),
        patient=st.booleans(),
        began_forward=st.booleans(),
        own_records=st.sampled_from(((), ("/shadow-test/churn/pending",))),
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request of CloudFormation."""

    def asked(config: str) -> Asked:
        return Asked(
            step=step,
            endpoint="churn",
            config=config,
            variant="production",
            version="v2",
            scaling=draw(scalings()),
            shadow_version=None,
            promotion=draw(st.booleans()),
            override=draw(st.sampled_from((None, None, "it is urgent"))),
            rollback=draw(st.sampled_from((None, "it is slow"))),
            policy=draw(st.sampled_from((GatePolicy(), GatePolicy.none("a demo")))),
            promoted=None,
            alarms=(),
        )

    kind = draw(st.sampled_from(("Create", "Update", "Update", "Delete")))
    step: Literal["before", "after"] = "before" if draw(st.booleans()) else "after"
    old = asked(draw(st.sampled_from(("old", "new", "other")))) if kind == "Update" else None
    return Request(kind, "request", STACK, asked(draw(st.sampled_from(("new", "old")))), old)


@settings(max_examples=MANY)
@given(requests(), seens())
def test_every_request_has_a_decision_and_every_refusal_a_sentence(request: Request, seen: Seen) -> None:
    """Whatever was seen; and a Delete is never refused."""
    decision = decide(request, seen)
    if isinstance(decision, Refuse):
        assert decision.sentence
        assert request.kind != "Delete"
    assert decide(request, seen) == decision


@settings(max_examples=MANY)
@given(requests(), seens())
def test_what_is_not_this_stacks_is_never_touched(request: Request, seen: Seen) -> None:
    """Neither scaling nor counts of an endpoint that CloudFormation doesn't list, whatever the records say."""
    decision = decide(request, replace(seen, owned=False))
    steps = decision.steps if isinstance(decision, Go | Refuse) else ()
    if request.kind != "Delete":
        assert not [one for one in steps if isinstance(one, TOUCHES)]


@settings(max_examples=MANY)
@given(requests(), seens())
def test_nothing_is_taken_away_before_it_is_on_record(request: Request, seen: Seen) -> None:
    """Before an update, a variant that is deregistered was named, and its scaling written down, by earlier steps."""
    decision = decide(request, seen)
    if request.asked.step == "after" or not isinstance(decision, Go):
        return
    recorded: set[str] = set()
    known = seen.recorded if not isinstance(seen.recorded, Unread) else {}
    named: set[str] = set()
    for step in decision.steps:
        if isinstance(step, RecordScaling):
            recorded.add(step.scaled.variant)
        elif isinstance(step, SaveRecord | Close):
            named |= {*step.record.taken, *step.record.variants}
        elif isinstance(step, Deregister):
            # A guard that goes ends what the code declared; for an update, only what was recorded may be unreadable.
            going = request.kind == "Delete" and isinstance(seen.pending, Unread)
            assert step.variant in recorded | {*known} or going or isinstance(seen.recorded, Unread)
            assert step.variant in named or going or (request.kind == "Delete" and isinstance(seen.recorded, Unread))


@settings(max_examples=MANY)
@given(requests(), seens())
def test_no_candidate_goes_on_without_a_pass_or_a_reason(request: Request, seen: Seen) -> None:
    """A promotion that goes forward has the gate's word, or says why not."""
    forward = replace(seen, stack="UPDATE_IN_PROGRESS", began_forward=True, owned=True)
    live = forward.live
    if request.kind == "Delete" or request.asked.step == "after" or not isinstance(live, LiveEndpoint):
        return
    decision = decide(request, forward)
    requested = forward.asked
    if live.shadow is None or not isinstance(requested, Config) or live.config.name == request.asked.config:
        return
    candidate = live.shadow.model_name
    answers = {one["ModelName"] for one in requested.production}
    if candidate in {one.model_name for one in live.production} or candidate not in answers:
        return
    policy = request.asked.policy
    passed = not isinstance(forward.judged, Unread | None) and forward.judged.outcome is Outcome.PASS
    if isinstance(decision, Go):
        assert passed or request.asked.override is not None or (policy is not None and not policy.enforced)
        (record,) = [one.record for one in decision.steps if isinstance(one, SaveRecord)]
        assert record.entry is not None
        assert record.entry.gate


@settings(max_examples=MANY)
@given(requests(), seens(), st.sampled_from(sorted(PASSING_STATES)))
def test_an_endpoint_that_changes_is_never_taken_for_an_answer(request: Request, seen: Seen, status: str) -> None:
    """While there is patience it is waited for, forward and back; without it nothing is counted as done."""
    if not isinstance(seen.live, LiveEndpoint) or request.kind == "Delete":
        return
    changing = replace(seen, owned=True, patient=True, live=replace(seen.live, status=status))
    decision = decide(request, changing)
    assert isinstance(decision, Wait | Refuse | AskGate) or not [
        one for one in decision.steps if isinstance(one, TOUCHES | Close)
    ]


@settings(max_examples=MANY)
@given(seens())
def test_an_event_does_nothing_while_a_stack_is_under_way_or_has_failed(seen: Seen) -> None:
    """What has failed isn't over: whoever continues it meets nothing in his way that wasn't there."""
    for status in ("UPDATE_IN_PROGRESS", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS"):
        decision = decide(None, replace(seen, stack=status))
        assert decision == Go()


@settings(max_examples=MANY)
@given(seens(), st.sampled_from(("pending", "stack", "live", "owned", "scaled", "recorded")))
def test_an_event_takes_nothing_that_it_can_not_read_for_nothing_to_do(seen: Seen, unread: str) -> None:
    """What it would have to look at for what it would do otherwise: then it fails, and Lambda delivers it again."""
    rest = replace(seen, stack="UPDATE_ROLLBACK_COMPLETE", history=())
    done = decide(None, rest)
    if isinstance(done, Go) and done.steps:
        blind: dict[str, Any] = {unread: Unread("denied")}
        refused = decide(None, replace(rest, **blind))
        assert isinstance(refused, Refuse)
        assert refused.sentence == "denied"
