"""What the guard says of a verdict: all that decided, once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from shadow_ops.contract.rules import Rule
from shadow_ops.guard.asking import consent
from shadow_ops.guard.on_record import Why
from shadow_ops.guard.refusal import Refusal
from shadow_ops.judge.verdict import Finding, Outcome, Verdict

SLOWER, FAILING = "p50 latency +80 %", "5xx errors 3 %"


def test_a_refusal_says_each_reason_once() -> None:
    """The verdict's own reason is not said again; what else decided follows it in brackets."""
    asked: Any = SimpleNamespace(endpoint="churn")
    slower = Finding(Rule.latency(percentile=50), Outcome.FAIL, True, SLOWER, {})
    failing = Finding(Rule.error_rate(errors="5xx"), Outcome.FAIL, True, FAILING, {})

    for findings, others in (((slower,), ""), ((slower, failing), f" [error-rate-5xx: {FAILING}]")):
        with pytest.raises(Refusal) as refused:
            consent(asked, Verdict(Outcome.FAIL, SLOWER, findings, (), None), Why())

        assert f"the gate says FAIL: {SLOWER}{others}; test a better candidate" in str(refused.value)
