"""The steps of the demo about the gate: a promotion that is refused, and a verdict."""

from __future__ import annotations

import subprocess
import sys

from rehearsal import environment
from rehearsal.errors import expect
from rehearsal.example import SHORT_POLICY
from rehearsal.stage import ENDPOINT, RATE, Stage
from rehearsal.sure import MODEL_MILLISECONDS, send_until, take_time
from shadow_ops.judge.verdict import Outcome

PAGE = environment.PROJECT / ".rehearsal" / "report.html"
"""Where the report goes; not under version control."""
_SLOWER_MS = 60
FULL = {"sampling_percent": "100"}
"""The second test copies every request: a changed test begins anew, and nothing of the first counts."""


def refuse(stage: Stage) -> None:
    """Try to promote a shadow that is slow."""
    stage.narrator.step("A promotion that is refused: the shadow is made slow on purpose")
    minutes = SHORT_POLICY.min_duration_minutes * 60
    stage.narrator.say(
        f"The demo's policy is openly short: periods of {SHORT_POLICY.period_seconds} s instead of five minutes, "
        f"{minutes:g} s of measurements instead of a day, p50 latency within +100 %. The judge is the real one."
    )
    stage.local.fault("slow", endpoint=ENDPOINT, variant="shadow", milliseconds=_SLOWER_MS)
    _send(stage, f"requests, with the shadow {_SLOWER_MS} ms slower", "slow", Outcome.FAIL)
    before = stage.serving()
    with stage.narrator.waiting("cdk deploy churn-promotion"):
        run = stage.cdk.deploy("churn-promotion")
    said = " ".join(run.output.split())
    expect(run.exit_code != 0 and "the gate says FAIL" in said, "the promotion is refused.", said[-600:])
    expect(stage.serving() == before, "nothing has changed.", stage.serving())
    stage.narrator.quote(refusal(run.output))
    stage.narrator.seen("refused, with the reason; the endpoint was not touched and the shadow test runs on")


def judge(stage: Stage) -> None:
    """Test anew without the fault, and ask for the verdict."""
    stage.narrator.step("A test anew, and its verdict: shadow-test gate churn")
    stage.local.clear_faults()
    take_time(stage.local, ENDPOINT, "production", "shadow")
    stage.narrator.say(
        f"The shadow is as fast as production again; both now take {MODEL_MILLISECONDS} ms, as larger models do, so "
        "that a busy laptop isn't what is judged. The new test copies all requests, not half of them."
    )
    stage.run("cdk deploy churn-shadow -c sampling_percent=100", "deploy", "churn-shadow", **FULL)
    _send(stage, "requests", "anew", Outcome.PASS)
    code, output = shadow_test(stage, "gate", ENDPOINT)
    stage.narrator.quote(output)
    expect(code == 0, "the verdict is PASS, and the exit code 0.", f"exit code {code}")
    stage.narrator.seen("PASS: the command line asks the same judge, over the same policy, as the deployment will")


def answers(stage: Stage) -> None:
    """Compare what both models answered, and write the page for others."""
    stage.narrator.step("Are the answers right? shadow-test responses churn, and a page for others")
    code, output = shadow_test(stage, "responses", ENDPOINT, "--classes", "threshold", "--examples", "2")
    expect(code == 0, "the captured answers are compared.", output[-600:])
    stage.narrator.quote(output)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    code, output = shadow_test(stage, "report", ENDPOINT, "--output", str(PAGE), "--force")
    expect(code == 0 and PAGE.exists(), "the report is written.", output[-600:])
    stage.narrator.seen(f"open {PAGE.relative_to(environment.PROJECT)} in a browser: the test on one page")


def history(stage: Stage) -> None:
    """Show what is on record."""
    code, output = shadow_test(stage, "history", ENDPOINT)
    expect(code == 0, "the history can be read.", output)
    stage.narrator.quote(output)


def _send(stage: Stage, what: str, prefix: str, outcome: Outcome) -> None:
    traffic = stage.traffic(prefix, rate=RATE)
    with stage.narrator.waiting(f"{what}, until the judge is sure"):
        send_until(stage.local, traffic, ENDPOINT, SHORT_POLICY, outcome)
    expect(not traffic.tally.failures, "no request fails.", traffic.tally.failures[:3])
    stage.narrator.seen(f"{traffic.tally.sent} requests, none failed, and nobody waited for the shadow")


def shadow_test(stage: Stage, *arguments: str) -> tuple[int, str]:
    """Run a command of shadow-test; its exit code, and all that it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "shadow_ops", *arguments],
        cwd=environment.PROJECT,
        env=environment.for_cdk(stage.local.endpoint_url, stage.folder / "cdk-home") | {"COLUMNS": "110"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def refusal(output: str) -> str:
    """What `cdk deploy` says of the refusal, without the talk around it."""
    lines = output.splitlines()
    first = next((number for number, line in enumerate(lines) if "DeploymentError" in line), 0)
    rest = lines[first:]
    end = next((number for number, line in enumerate(rest) if not line.strip()), len(rest))
    return "\n".join(line.strip() for line in rest[:end])
