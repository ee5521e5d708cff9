"""``shadow-test conclude`` and ``shadow-test sampling``: what is asked, refused, planned and done."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from shadow_ops.aws.clients import Clients
from shadow_ops.cli import durations
from shadow_ops.cli.commands import conclude as conclusion
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge
from shadow_ops.judge.verdict import Outcome, Verdict
from shadow_ops.managed import conclude, foreseen, verdict
from shadow_ops.managed.steps import Wait
from shadow_ops.measure.recording import Recording
from tests.ops.cli.conftest import Run, invoked
from tests.ops.managed.test_conclude import STATES, broken_off, hotfixed, ours, passing, retained
from tests.ops.managed.world import START, World
from tests.ops.parameter_store import aws_error


class Account:
    """What the command line meets: a world, and what the gate says."""

    def __init__(self) -> None:
        self.world = World()
        self.outcome = Outcome.PASS

    def client(self, service: str) -> object:
        """A client by its service's name."""
        member = {"application-autoscaling": "autoscaling"}.get(service, service)
        return getattr(self.world, member)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """An endpoint with a managed test that the gate passes."""
    account = Account()
    monkeypatch.setattr(Clients, "_client", lambda _self, name, **_options: account.client(name))
    monkeypatch.setattr(durations, "now", lambda: START)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    def judged(*_: object) -> tuple[Recording, Verdict]:
        recording = Recording(
            endpoint="churn",
            production_variant="production",
            shadow_variant="shadow",
            sampling_percent=50,
            period_seconds=300,
            periods=(),
        )
        found = judge(recording, GatePolicy())
        return recording, Verdict(account.outcome, "as the test says", found.findings)

    monkeypatch.setattr(verdict, "judge_experiment", judged)
    return account


@pytest.fixture
def run(account: Account) -> Run:  # noqa: ARG001 - it must be there first
    """Run a command."""
    return invoked


def test_a_promotion_that_the_gate_passes_is_done(account: Account, run: Run) -> None:
    """Exit code 0; what stands is told, what happens goes to standard error."""
    done = run("conclude", "churn", "promote")
    assert done.exit_code == 0, done.output
    assert "v2 serves churn on 3 x ml.m5.xlarge" in done.stdout
    assert "ending churn-trial: remove production, promote shadow" in done.stderr
    assert account.world.serving()["shadow"] == ("v2", "ml.m5.xlarge", 3)


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE])
def test_a_promotion_that_the_gate_does_not_pass_is_refused_until_somebody_says_why(
    account: Account, run: Run, outcome: Outcome
) -> None:
    """Exit code 3 and nothing changed; with a reason it is done, and the reason is on the test's record."""
    account.outcome = outcome
    before = account.world.serving()
    refused = run("conclude", "churn", "promote")
    assert (refused.exit_code, account.world.serving(), account.world.parameters) == (3, before, {})
    assert f"v2 is not promoted: the gate says {outcome}" in refused.stderr
    done = run("conclude", "churn", "promote", "--reason", "the sale starts today")
    assert done.exit_code == 0
    assert account.world.test is not None
    assert account.world.test["StatusReason"] == "the sale starts today"


@pytest.mark.parametrize(
    ("make", "action", "lines"),
    [
        (
            World,
            "promote",
            [
                "shadow stays, as production: v2 would serve on 3 x ml.m5.xlarge, by SageMaker's own promotion",
                "production goes: v1 on 3 x ml.m5.xlarge",
                "the promotion would go into the history, if it isn't there",
            ],
        ),
        (
            lambda: World("Completed"),
            "promote",
            [
                "production stays in name: v2 would serve on 3 x ml.m5.xlarge, by an update of the endpoint, and v1 "
                "goes",
                "the promotion would go into the history, if it isn't there",
            ],
        ),
        (
            ours,
            "promote",
            [
                "churn-trial would be ended, and production retained",
                "production stays: v1 on 3 x ml.m5.xlarge",
                "shadow goes: v2 on 1 x ml.m5.xlarge",
                "v2 would serve on 4 x ml.c7i.xlarge, by its stack, which may promote it then (cdk deploy "
                "churn-promotion)",
            ],
        ),
        *(
            (
                World,
                action,
                [
                    f"{action}: churn-trial of churn, which is Running, would be {state}",
                    "production stays: v1 on 3 x ml.m5.xlarge",
                    "shadow goes: v2 on 1 x ml.m5.xlarge",
                ],
            )
            for action, state in (("remove", "Completed"), ("cancel", "Cancelled"))
        ),
        (
            World,
            "retain",
            [
                "retain: churn-trial of churn, which is Running, would be Completed",
                "production stays: v1 on 3 x ml.m5.xlarge",
                "shadow stays, and is paid for: v2 on 1 x ml.m5.xlarge, 24 instance-hours a day",
            ],
        ),
        (
            retained,
            "remove",
            [
                "remove: churn-trial of churn, which is Completed",
                "production stays: v1 on 3 x ml.m5.xlarge",
                "shadow goes: v2 on 1 x ml.m5.xlarge, by an update of the endpoint: it was retained",
            ],
        ),
        (
            lambda: World("Created"),
            "cancel",
            [
                "churn-trial, which hasn't begun, would be deleted",
                "production stays: v1 on 3 x ml.m5.xlarge",
            ],
        ),
        (
            lambda: passing("Stopping", World),
            "remove",
            ["churn-trial is Stopping: that would be waited for, and then be looked what is left to do"],
        ),
        (
            lambda: passing("Stopping", World),
            "promote",
            [
                "churn-trial is Stopping: that would be waited for, and then be looked what is left to do; if somebody "
                "has ended it otherwise, and not its schedule, a promotion is refused",
            ],
        ),
        (
            lambda: passing("Starting", World),
            "remove",
            [
                "churn-trial is Starting: that would be waited for",
                "remove: churn-trial of churn, which is Running, would be Completed",
                "production stays: v1 on 3 x ml.m5.xlarge",
                "shadow goes: v2 on 1 x ml.m5.xlarge",
            ],
        ),
        (
            lambda: broken_off(World),
            "promote",
            [
                "shadow stays, as production: v2 would serve on 3 x ml.m5.xlarge, by SageMaker's own promotion",
                "production goes: v1 on 3 x ml.m5.xlarge",
                "shadow would scale again from 2 to 8, which a promotion that was broken off took away",
                "the promotion would go into the history, if it isn't there",
            ],
        ),
        (
            lambda: broken_off(World),
            "remove",
            [
                "production would scale again from 2 to 8, which a promotion that was broken off took away",
                "remove: churn-trial of churn, which is Running, would be Completed",
                "production stays: v1 on 3 x ml.m5.xlarge",
                "shadow goes: v2 on 1 x ml.m5.xlarge",
            ],
        ),
    ],
)
def test_a_dry_run_says_which_variant_stays_and_which_goes_and_does_nothing(
    account: Account, run: Run, make: Callable[[], World], action: str, lines: list[str]
) -> None:
    """With model, type and count; no call that changes anything."""
    account.world = make()
    account.world.calls.clear()
    done = run("conclude", "churn", action, "--dry-run", *(["--yes"] if action == "retain" else []))
    assert done.exit_code == 0, done.output
    assert [one for one in done.stdout.splitlines() if "the gate says" not in one][:-1] == lines
    assert done.stdout.endswith("nothing was changed (--dry-run)\n")
    reading = ("describe", "list", "get")
    assert [one for one in account.world.calls if not one.startswith(reading)] == []


def _with(**more: Any) -> Callable[[Callable[..., World]], World]:  # noqa: ANN401 - whatever World takes
    return lambda make: make(**more)


def _changed(change: Callable[[World], object], **more: Any) -> Callable[[Callable[..., World]], World]:  # noqa: ANN401 - likewise
    def made(make: Callable[..., World]) -> World:
        world = make(**more)
        change(world)
        return world

    return made


def _follows_itself(world: World) -> None:
    metric = {"MetricName": "Backlog", "Dimensions": [{"Name": "VariantName", "Value": "production"}]}
    tracking = {"TargetValue": 5.0, "CustomizedMetricSpecification": metric}
    world.policies["production"]["TargetTrackingScalingPolicyConfiguration"] = tracking


SITUATIONS: dict[str, Callable[[Callable[..., World]], World]] = {
    **STATES,
    **{
        f"{one}, scaled": _with(status=one, scaled=True, shadow_type="ml.c7i.xlarge")
        for one in ("Running", "Completed")
    },
    "the shadow scales": _changed(lambda world: world.targets.update(shadow={"MinCapacity": 1, "MaxCapacity": 2})),
    "retained, scaled": lambda make: retained(make, scaled=True),
    "broken off": lambda make: broken_off(make),
    "hotfixed": lambda make: hotfixed(make),
    "damaged": _changed(lambda world: world.parameters.update({"/shadow-test/churn/conclusion": "{}"}), scaled=True),
    "follows itself": _changed(_follows_itself, scaled=True),
    "follows itself, over": _changed(_follows_itself, status="Completed", scaled=True),
    "the candidate is gone": _changed(lambda world: world.missing.add("v2"), scaled=True),
    "the endpoint is gone": _changed(lambda world: setattr(world, "gone", True)),
    "the endpoint of a scheduled one is gone": _changed(lambda world: setattr(world, "gone", True), status="Created"),
    "there is no test": _changed(lambda world: world.delete_inference_experiment("churn-trial"), status="Created"),
    "the endpoint failed": _changed(lambda world: world.endpoint.update(status="Failed")),
}
ASKED: dict[str, list[list[str]]] = {
    "promote": [[], ["--reason", "now"], ["--hardware", "ml.c7i.xlarge:4"], ["--hardware", "shadow"]],
    **{action: [[], ["--yes"], ["--reason", "now"]] for action in ("remove", "retain", "cancel")},
}


@pytest.mark.parametrize("action", ASKED)
@pytest.mark.parametrize("make", [World, ours])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_dry_run_ends_as_the_real_run_does_and_foresees_its_very_steps(
    account: Account,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    situation: str,
    make: Callable[..., World],
    action: str,
) -> None:
    """Each conclusion in each situation, with and without what may be asked besides, whatever the gate says.

    Same exit code, same refusal, same steps in the same order with the same requests; but for what somebody else is at.
    What is refused is refused before anything is changed, and before the gate is asked unless that is its own word.
    """
    plans, steps, judged = list[foreseen.Plan](), list[object](), list[object]()
    act, foresee, judge_it = conclude._act, foreseen.foresee, verdict.judge_experiment
    monkeypatch.setattr(durations, "now", lambda: account.world.now)

    def acts(*of: Any) -> None:  # noqa: ANN401 - as what it stands for
        steps.append(of[2])
        act(*of)

    def foresees(*of: Any) -> foreseen.Plan:  # noqa: ANN401 - likewise
        plans.append(foresee(*of))
        return plans[-1]

    def judges(*of: Any) -> object:  # noqa: ANN401 - likewise
        judged.append(of)
        return judge_it(*of)

    monkeypatch.setattr(conclude, "_act", acts)
    monkeypatch.setattr(foreseen, "foresee", foresees)
    monkeypatch.setattr(verdict, "judge_experiment", judges)
    for more in ASKED[action]:
        for outcome in (Outcome.PASS, Outcome.FAIL) if action == "promote" else (Outcome.PASS,):
            account.outcome, account.world = outcome, SITUATIONS[situation](make)
            case, calls = (*more, outcome), len(account.world.calls)
            for found in (plans, steps, judged):
                found.clear()
            planned = run("conclude", "churn", action, *more, "--dry-run")
            foretold = plans[-1] if planned.exit_code == 0 and plans else None
            reading = ("describe", "list", "get")
            assert [one for one in account.world.calls[calls:] if not one.startswith(reading)] == [], case
            account.world, asked = SITUATIONS[situation](make), len(judged)
            steps.clear()
            done = run("conclude", "churn", action, *more)
            if foretold is not None and isinstance(foretold.last, Wait):
                continue
            assert (planned.exit_code, 2 * asked) == (done.exit_code, len(judged)), (case, planned.output, done.output)
            if done.exit_code == 0:
                assert steps == list(() if foretold is None else foretold.changes), case
            else:
                assert planned.stderr.splitlines()[-1] == done.stderr.splitlines()[-1], case
                assert (steps, asked == 0 or done.exit_code == 3) == ([], True), case


def test_the_candidates_model_is_looked_for_before_the_gate_is_asked(account: Account, run: Run) -> None:
    """Without it a promotion would fail once scaling is taken away."""
    account.world = World(scaled=True)
    account.world.missing.add("v2")
    refused = run("conclude", "churn", "promote", "--reason", "now")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1), refused.output
    assert "the model v2 is gone" in refused.stderr


def test_a_type_that_is_not_listed_is_refused_unless_somebody_says_so(account: Account, run: Run) -> None:
    """With the nearest that is; its count is a whole number that the API takes."""
    account.world = World(scaled=True)
    before, calls = account.world.serving(), list(account.world.calls)
    refused = run("conclude", "churn", "promote", "--hardware", "ml.m5.xlrge:4")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1), refused.output
    assert "'ml.m5.xlrge': did you mean ml.m5.xlarge? if it is newer" in refused.stderr
    assert (account.world.serving(), account.world.calls) == (before, calls)
    asked = ["conclude", "churn", "promote", "--unlisted-type", "--dry-run", "--hardware"]
    assert run(*asked, "ml.m9.xlarge:2147483648").exit_code == 2
    done = run(*asked, "ml.m9.xlarge:2147483647")
    assert (done.exit_code, "would serve on 2147483647 x ml.m9.xlarge" in done.stdout) == (0, True), done.output


def test_cancelling_a_scheduled_test_twice_is_cancelling_it_once(account: Account, run: Run) -> None:
    """By its name, too. A mistyped endpoint, or a mistyped name beside a test that runs, is told."""
    account.world = World("Created")
    assert run("conclude", "churn", "cancel").exit_code == 0
    for more in ([], ["--experiment", "churn-trial"]):
        again = run("conclude", "churn", "cancel", *more)
        assert (again.exit_code, "nothing is left to do" in again.stdout) == (0, True), again.output
    assert run("conclude", "churn", "remove").exit_code == 1
    assert run("conclude", "other", "cancel").exit_code == 1
    account.world = World()
    assert run("conclude", "churn", "cancel", "--experiment", "churn-trail").exit_code == 1


def test_a_terminal_is_asked_with_the_count_that_serves_and_only_where_it_matters(
    account: Account, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of a test that can't be promoted, nor of a promotion that is done."""
    asked = list[str]()
    monkeypatch.setattr(conclusion, "_is_terminal", lambda: True)

    def prompt(text: str, **_: object) -> str:
        asked.append(text)
        return "production"

    monkeypatch.setattr("click.prompt", prompt)
    done = run("conclude", "churn", "promote")
    assert (done.exit_code, len(asked)) == (0, 1), done.output
    assert "production serves on 3 x ml.m5.xlarge, the shadow was tested on 1 x ml.m5.xlarge" in done.stderr
    assert run("conclude", "churn", "promote").exit_code == 0
    account.world = World("Cancelled")
    assert run("conclude", "churn", "promote").exit_code == 1
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["conclude", "churn", "promot"], 2, "promote"),
        (["conclude", "churn", "remove", "--hardware", "shadow"], 2, "--hardware is of a promotion"),
        (["conclude", "churn", "promote", "--hardware", "m5.xlarge:2"], 2, "such as ml.m5.xlarge:2"),
        (["conclude", "churn", "promote", "--hardware", "ml.m5.xlarge:0"], 2, "such as ml.m5.xlarge:2"),
        (["conclude", "churn", "promote", "--hardware", "shadow"], 2, "shadow-test sampling churn 100"),
        (["conclude", "churn", "promote", "--reason", " "], 2, "'--reason' must be a sentence"),
        (["conclude", "churn", "retain"], 2, "24 instance-hours a day"),
        (["conclude", "other", "remove"], 1, "no managed shadow test of other"),
        (["conclude", "churn", "remove", "--experiment", "x"], 1, "no managed shadow test 'x'"),
        (["sampling", "churn", "12.5"], 2, "no whole number from 1 to 100"),
        (["sampling", "churn", "0"], 2, "no whole number from 1 to 100"),
        (["sampling", "churn", "101"], 2, "no whole number from 1 to 100"),
        (["sampling", "churn", "²"], 2, "no whole number from 1 to 100"),
        (["sampling", "churn", "00999"], 2, "no whole number from 1 to 100"),
        (["sampling", "churn"], 2, "give either PERCENT, such as 25, or --ramp"),
        (["sampling", "churn", "25", "--ramp", "1,5", "--every", "6h"], 2, "25 and --ramp exclude each other"),
        (["sampling", "churn", "25", "--ramp", "1,5"], 2, "25 and --ramp exclude each other"),
        (["sampling", "churn", "--every", "6h"], 2, "--every is of a ramp: give --ramp too"),
        (["sampling", "churn", "--ramp", "1,5"], 2, "--ramp wants --every, how long each share is looked at"),
        (["sampling", "churn", "25", "--every", "6h"], 2, "--every is of a ramp: leave it out with 25"),
        (["sampling", "churn", "--ramp", "1,5", "--every", "14m"], 2, "--every must be 15m or more, got 14 min"),
        (["sampling", "churn", "--ramp", "1,5", "--every", "6"], 2, "write 90s, 30m, 24h or 2d"),
        (["sampling", "churn", "--ramp", "5,1", "--every", "6h"], 2, "doesn't rise; write shares such as 1,5,25,100"),
        (["sampling", "churn", "--ramp", "5,5", "--every", "6h"], 2, "doesn't rise"),
        (["sampling", "churn", "--ramp", "50,101", "--every", "6h"], 2, "'101' is no whole number from 1 to 100"),
        (["sampling", "churn", "--ramp", "0,5", "--every", "6h"], 2, "'0' is no whole number from 1 to 100"),
        (["sampling", "churn", "--ramp", "1,2.5", "--every", "6h"], 2, "'2.5' is no whole number"),
        (["sampling", "churn", "--ramp", "1,,5", "--every", "6h"], 2, "'' is no whole number"),
        (["sampling", "churn", "--ramp", "5", "--every", "6h"], 2, "has 1 shares, a ramp has 2 to 20"),
        (["sampling", "churn", "--ramp", "1,5", "--every", "8d"], 1, "no ManagedShadowTestStack has made churn-trial"),
        (["conclude", "ch\nurn", "remove"], 2, "an endpoint's name must be"),
        (["conclude", "", "remove"], 2, "an endpoint's name must be"),
        *(
            ([*command, "--experiment", name], 2, "a managed test's name must be 1 to 120 letters")
            for command in (["conclude", "churn", "remove"], ["sampling", "churn", "5"])
            for name in ("", "-x", "a b", "a\n", "\u00e4", "x" * 121)
        ),
        *(
            ([*command], 2, "an endpoint's name must be")
            for command in (["sampling", "", "5"], ["sampling", "a$", "5"])
        ),
        (["conclude", "churn", "promote", "--hardware", "ml.m5.xlarge:1"], 1, "ask for at least 3"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_changed(
    account: Account, run: Run, arguments: list[str], exit_code: int, words: str
) -> None:
    """What was given, what is allowed, and the fix."""
    before = account.world.serving()
    done = run(*arguments)
    assert (done.exit_code, account.world.serving(), account.world.parameters) == (exit_code, before, {})
    assert words in " ".join(done.stderr.split())


def test_the_share_is_changed_and_looked_at(account: Account, run: Run) -> None:
    """Before and after are told; the same again changes nothing."""
    done = run("sampling", "churn", 25)
    assert "copies 25 % of the requests from now on, and is judged from here on, before it was 50 %" in done.stderr
    assert account.world.test is not None
    shadow = account.world.test["ShadowModeConfig"]["ShadowModelVariants"][0]
    assert shadow["SamplingPercentage"] == 25
    assert "already" in run("sampling", "churn", 25).stderr
    assert account.world.calls.count("update_inference_experiment") == 1


def test_a_dry_run_names_versions_and_a_promotion_that_is_done(account: Account, run: Run) -> None:
    """By what the code calls them where that is something else; and nothing is left to do."""
    account.world = ours()
    names = {"v1": "model-one", "v2": "model-two"}
    assert account.world.test is not None
    for one in account.world.test["ModelVariants"]:
        one["ModelName"] = names[one["ModelName"]]
    for config in account.world.configs.values():
        for one in (*config["ProductionVariants"], *config.get("ShadowProductionVariants", ())):
            one["ModelName"] = names.get(one["ModelName"], one["ModelName"])
    done = run("conclude", "churn", "remove", "--dry-run")
    assert "production stays: v1 (model-one) on 3 x ml.m5.xlarge\nshadow goes: v2 (model-two) on 1" in done.stdout
    account.world = World()
    run("conclude", "churn", "promote")
    done = run("conclude", "churn", "promote", "--dry-run")
    assert "nothing is left to do:\nv2 serves churn on 3 x ml.m5.xlarge" in done.stdout


def test_the_history_says_which_variant_a_promotion_by_sagemaker_has_renamed(account: Account, run: Run) -> None:
    """From the one to the other, with the models; after the scheduled end the name stays, and isn't said."""
    run("conclude", "churn", "promote")
    assert "v1 as production  v2 as shadow" in run("history", "churn").stdout
    account.world = World("Completed")
    run("conclude", "churn", "promote")
    assert " v1    v2  " in run("history", "churn").stdout


@pytest.mark.parametrize("status", ["Creating", "Starting", "Updating", "Stopping", "Completed", "Cancelled"])
@pytest.mark.parametrize("more", [["25"], ["--ramp", "1,5", "--every", "6h"]])
def test_a_test_that_is_not_at_rest_takes_no_other_share(
    account: Account, run: Run, status: str, more: list[str]
) -> None:
    """One line with its status; and what to do while SageMaker is at work on it."""
    passes = status not in ("Completed", "Cancelled")
    account.world = passing(status, World) if passes else World(status)
    done = run("sampling", "churn", *more)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1), done.output
    assert f"churn-trial is {status}: only a test that is Created or Running takes another share" in done.stderr
    assert ("try again then" in done.stderr) is (status in ("Creating", "Starting", "Updating"))
    assert "update_inference_experiment" not in account.world.calls


def test_retaining_a_paid_shadow_has_to_be_said_twice(account: Account, run: Run) -> None:
    """With --yes it stays."""
    assert run("conclude", "churn", "retain", "--yes").exit_code == 0
    assert account.world.serving()["shadow of"] == ["shadow"]


def test_a_hotfix_is_planned_and_undone_only_by_yes(account: Account, run: Run) -> None:
    """The plan names it too."""
    world = account.world
    world.config("hotfix", [world._variant("production", "v9", "ml.m5.xlarge", 3)], [])
    world._serve("hotfix")
    for more in (["--dry-run"], [], ["--reason", "seen enough"]):
        refused = run("conclude", "churn", "remove", *more)
        assert (refused.exit_code, world.serving()["production"][0]) == (1, "v9")
        assert "puts v1 as production back" in refused.stderr
        assert "--yes" in refused.stderr
    planned = run("conclude", "churn", "remove", "--yes", "--dry-run")
    assert (planned.exit_code, world.serving()["production"][0]) == (0, "v9")
    assert "puts v1 as production back" in planned.stdout
    done = run("conclude", "churn", "remove", "--yes")
    assert (done.exit_code, world.serving()["production"][0]) == (0, "v1")
    assert "puts v1 as production back" in done.stderr


def test_a_test_without_its_endpoint_is_ended_and_takes_no_share(account: Account, run: Run) -> None:
    """Each in one line; what would need the endpoint changes nothing."""
    account.world.gone = True
    for command in (["sampling", "churn", "5"], ["conclude", "churn", "promote"], ["conclude", "churn", "retain"]):
        refused = run(*command)
        assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
        assert "the endpoint churn is gone" in refused.stderr
    planned = run("conclude", "churn", "cancel", "--dry-run")
    assert (planned.exit_code, "nothing was changed" in planned.stdout) == (0, True)
    assert "stop_inference_experiment" not in account.world.calls
    done = run("conclude", "churn", "cancel")
    assert (done.exit_code, done.stdout) == (0, "churn-trial is Cancelled, and its endpoint churn is gone\n")


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
@pytest.mark.parametrize(
    "command",
    [
        ["sampling", "churn", "25"],
        ["conclude", "churn", "promote"],
        ["conclude", "churn", "promote", "--dry-run"],
        ["conclude", "churn", "remove"],
        ["conclude", "churn", "retain", "--yes"],
        ["conclude", "churn", "cancel", "--dry-run"],
    ],
    ids=" ".join,
)
def test_whichever_call_is_refused_is_told_in_one_line_or_tried_again(
    account: Account, run: Run, command: list[str], code: str
) -> None:
    """Denied or throttled at each call in turn: no trace of the program, and production and its scaling are there."""
    account.world = World(scaled=True)
    run(*command)
    for number in range(1, len(account.world.calls) + 1):
        account.world = World(scaled=True)

        def refuse() -> None:
            raise aws_error(code, "not now", "AnyCall")

        account.world.meanwhile[number] = refuse
        done = run(*command)
        assert done.exit_code in (0, 1), (number, done.output)
        assert done.exit_code == 0 or "AnyCall" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.output
        served = {name: one for name, one in account.world.serving().items() if name != "shadow of"}
        assert len(served) == 1
        kept = any(name.endswith("/conclusion") for name in account.world.parameters)
        assert account.world.targets or kept, number
