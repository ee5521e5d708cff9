"""Turn the gate's verdict into a yes with a reason or a refusal with one. Pure, but for the gate itself."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.guard.clients import Clients, TimeUpError
from shadow_ops.guard.lock import OvertakenError
from shadow_ops.guard.on_record import Why
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.seen import Unread
from shadow_ops.judge.verdict import Outcome, Verdict

LOG = logging.getLogger(__name__)

Gate = Callable[[LiveEndpoint, GatePolicy, Instances | None, datetime.datetime], Verdict]
_FINDINGS_SAID = 3
_LONGEST_FINDING = 160
_LONGEST_ON_RECORD = 1000


def live_gate(clients: Clients) -> Gate:
    """The gate that judges by CloudWatch's metrics."""

    def judge(
        endpoint: LiveEndpoint, policy: GatePolicy, promoted: Instances | None, now: datetime.datetime
    ) -> Verdict:
        # Only a promotion needs the judge; every other request is answered sooner without loading it.
        from shadow_ops.judge.live import judge_live

        _, verdict = judge_live(clients, endpoint, policy, promoted, now)
        return verdict

    return judge


def judged(gate: Gate, live: LiveEndpoint, asked: Asked, now: datetime.datetime) -> Verdict | Unread:
    """The gate's verdict on a shadow test, or why there is none."""
    assert asked.policy is not None
    try:
        return gate(live, asked.policy, asked.promoted, now)
    except (OvertakenError, TimeUpError):
        # Somebody else is at it, or another invocation goes on: that says nothing of the test.
        raise
    except Exception as error:
        LOG.exception("the gate could not judge")
        return Unread(f"{error}")


def policy_of(asked: Asked) -> GatePolicy:
    """The policy of a test.

    Raises:
        Refusal: If this release can't read it.
    """
    if asked.policy is None or asked.unread:
        # Nobody is promoted by half a policy.
        raise Refusal(f"the gate's policy can't be read ({'; '.join(asked.unread)}); synthesize the stack again")
    return asked.policy


def consent(asked: Asked, judged: Verdict | Unread, reason: Why) -> tuple[str, Why]:
    """Whether a promotion may go on.

    Args:
        asked: The guard's properties.
        judged: The verdict, or why there is none.
        reason: A person's reason to promote whatever it is.

    Returns:
        What goes to the history: the verdict, or why it was overruled; and the reason, as far as it was needed.

    Raises:
        Refusal: If it may not.
    """
    if isinstance(judged, Unread):
        if reason.text is not None:
            return f"overruled: {reason.text} (the gate could not judge: {judged.why})"[:_LONGEST_ON_RECORD], reason
        raise Refusal(
            f"the gate could not judge the shadow test of {asked.endpoint}: {judged.why}; put that right and deploy "
            f"again, or {_override(asked.endpoint)}{reason.void}"
        )
    said = f"{judged.outcome}: {judged.reason}"
    if judged.outcome is Outcome.PASS:
        return said[:_LONGEST_ON_RECORD], Why()
    if reason.text is not None:
        return f"overruled: {reason.text} ({said})"[:_LONGEST_ON_RECORD], reason
    raise Refusal(
        f"{asked.endpoint} is not promoted, the gate says {said}{_because(judged)}; "
        f"{_what_to_do(asked.endpoint, judged)}{reason.void}"
    )


def _because(verdict: Verdict) -> str:
    """What else decided: the verdict's own reason is said already."""
    agreeing = [one for one in verdict.findings if one.gates and one.outcome is verdict.outcome]
    deciding = [one for one in agreeing if one.reason not in verdict.reason]
    lines = [f"{one.rule.id}: {one.reason}"[:_LONGEST_FINDING] for one in deciding[:_FINDINGS_SAID]]
    more = len(deciding) - len(lines)
    text = "; ".join(line for line in lines if line)
    return (f" [{text}" + (f"; and {more} more]" if more > 0 else "]")) if text else ""


def _override(endpoint: str) -> str:
    """By hand, and where the template is a pipeline's and can't be changed."""
    return f'deploy with -c override_gate="reason" (in a pipeline: shadow-test override {endpoint} --reason "...")'


def _what_to_do(endpoint: str, verdict: Verdict) -> str:
    override = _override(endpoint)
    if verdict.outcome is Outcome.FAIL:
        return f"test a better candidate, or {override}"
    if verdict.minutes_to_go is None:
        return f"let the test run on and deploy again, or {override}"
    minutes = max(1, round(verdict.minutes_to_go))
    wait = f"about {minutes} min" if minutes < 90 else f"about {round(minutes / 60)} h"
    return f"wait {wait} and deploy again, or {override}"
