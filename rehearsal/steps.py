"""The steps of the demo. Each does one thing, holds what it promises against what it sees, and says so."""

from __future__ import annotations

from rehearsal import drawn, environment, gate_steps, seen, sure
from rehearsal.cdk import Run
from rehearsal.errors import expect
from rehearsal.schedule import Schedule
from rehearsal.stage import ENDPOINT, MODEL_BUCKET, RATE, Stage
from rehearsal.traffic import Tally
from shadow_ops.sending import Answer

_REQUESTS = 400
_REASON = "v2 calls good customers churners"
# 400 requests at 50 % are within 15 points of their share but once in a billion runs.
_SHARE_TOLERANCE_POINTS = 15
# Before a promotion that the gate wasn't sure of is tried again.
_WAIT_SECONDS = 10


def train(stage: Stage) -> None:
    """Train two models and upload them."""
    stage.narrator.step("Two models: train them, upload them")
    stage.narrator.say("v1 serves today; v2 is the candidate. Both predict which customers leave (churn).")
    with stage.narrator.waiting("training two XGBoost models"):
        stage.train()
    stage.upload()
    stage.narrator.seen(f"s3://{MODEL_BUCKET}/churn/v1/model.tar.gz and .../v2/model.tar.gz, in the local S3")


def bootstrap(stage: Stage) -> None:
    """Bootstrap the account."""
    stage.narrator.step("Prepare the account: cdk bootstrap")
    with stage.narrator.waiting("cdk bootstrap"):
        stage.cdk.bootstrap().check()
    stage.before = seen.inventory(stage.local.client)
    stage.narrator.seen(f"the account is ready, as after the real `cdk bootstrap` (CLI {stage.cdk.version})")


def deploy(stage: Stage) -> None:
    """Start the shadow test."""
    stage.narrator.step("Start the shadow test: cdk deploy churn-shadow")
    stage.narrator.say("One endpoint with two variants: production (v1) answers, the shadow (v2) gets copies.")
    stage.run("cdk deploy churn-shadow", "deploy", "churn-shadow")
    now = stage.serving()
    expect(now.status == "InService", "the endpoint is in service.", now.status)
    expect(set(now.models) == {"production", "shadow"}, "production and a shadow run.", sorted(now.models))
    stage.tested = now.models["shadow"]
    stage.narrator.seen(f"endpoint '{ENDPOINT}' is {now.status}; its variants are {' and '.join(now.models)}")
    stage.narrator.seen(f"the model under test is {_name(stage.tested)}")


def send(stage: Stage) -> None:
    """Send requests: production answers them all."""
    stage.narrator.step(f"Send {_REQUESTS} requests")
    with stage.narrator.waiting("sending"):
        tally = stage.traffic("tested").send(_REQUESTS)
    expect(not tally.failures, "no request fails.", tally.failures[:3])
    by_variant = tally.count(lambda answer: answer.variant)
    expect(by_variant == {"production": _REQUESTS}, "production answers every request.", by_variant)
    stage.answers["v1"] = {answer.payload: answer.text for answer in tally.answers}
    stage.narrator.seen(
        f"all {_REQUESTS} answers came from the variant 'production'; none failed; "
        f"the median took {tally.median_ms:.0f} ms. Nobody ever gets an answer of the shadow"
    )
    _read_captures(stage, tally)


def _read_captures(stage: Stage, tally: Tally) -> None:
    stage.narrator.step("What was captured, in S3")
    s3 = stage.local.client("s3")
    uri = seen.outputs(stage.local.client("cloudformation"), ENDPOINT)["CapturedData"]
    payloads = {answer.inference_id: answer.payload for answer in tally.answers}
    records: dict[str, list[seen.Record]] = {}

    def complete() -> bool:
        records.clear()
        records.update(seen.captured(s3, uri))
        invoked = seen.measured(stage.local.client("cloudwatch"), ENDPOINT, "shadow").invocations
        enough = len(records.get("production", [])) >= _REQUESTS
        return enough and 0 < invoked <= len(records.get("shadow", []))

    with stage.narrator.waiting("waiting for the records (on AWS they take a minute or two)"):
        seen.until("all requests are captured", 60, complete)
    joined = seen.pairs(records, "production", "shadow")
    share = 100 * len(joined) / _REQUESTS
    wanted = float(seen.outputs(stage.local.client("cloudformation"), ENDPOINT)["SamplingPercent"])
    expect(abs(share - wanted) <= _SHARE_TOLERANCE_POINTS, f"the shadow gets {wanted:g} %.", f"{share:.0f} %")
    stage.answers["v2"] = {payloads[shadow.inference_id]: shadow.response for _, shadow in joined}
    differ = sum(one.response != other.response for one, other in joined)
    expect(differ == len(joined), "the two models answer differently.", f"{differ} of {len(joined)} do")
    stage.narrator.seen(
        f"{len(records['production'])} records of production, {len(records['shadow'])} of the shadow: "
        f"{share:.0f} % of the requests were copied to it. The test asks for {wanted:g} %, drawn at random"
    )
    _show_pair(stage, joined[0])


def _show_pair(stage: Stage, pair: tuple[seen.Record, seen.Record]) -> None:
    production, shadow = pair
    stage.narrator.say(f"One pair, joined by its InferenceId '{production.inference_id}':")
    request = _cut(production.request, 60)
    stage.narrator.quote(
        f"request       {request}\n"
        f"production    {production.response}    (v1, reached the caller)\n"
        f"shadow        {shadow.response}    (v2, was only recorded)\n"
        f"lies in       {shadow.key.rpartition('/')[0]}/"
    )


def measure(stage: Stage) -> None:
    """Read both variants' metrics."""
    stage.narrator.step("What was measured, in CloudWatch")
    cloudwatch = stage.local.client("cloudwatch")
    rows = [("variant", "Invocations", "model errors", "ModelLatency")]
    for variant in ("production", "shadow"):
        found = seen.measured(cloudwatch, ENDPOINT, variant)
        expect(found.invocations > 0, f"CloudWatch has metrics of {variant}.", found)
        expect(found.errors == 0, f"{variant} made no error.", found)
        latency = "none" if found.latency_ms is None else f"{found.latency_ms:.1f} ms"
        rows.append((variant, str(found.invocations), str(found.errors), latency))
    stage.narrator.table(rows)


def diff(stage: Stage) -> None:
    """Show what the promotion will change."""
    stage.narrator.step("What a promotion will change: cdk diff churn-promotion")
    run = stage.run("cdk diff churn-promotion", "diff", "churn-promotion", **gate_steps.FULL)
    expect("EndpointConfig" in run.output, "the diff shows the new endpoint config.", run.output)
    stage.narrator.quote(_readable(run))
    stage.narrator.say(
        "Read it so: a new endpoint config without the shadow, to which the endpoint then switches in place; v1's "
        "model and role go afterwards, and the alarms about the shadow. v2's model is not touched: what was tested "
        "is what is promoted. (Left out here: the details of dashboard, guard and settings, and v1's rights.)"
    )


def promote(stage: Stage) -> None:
    """Promote while requests keep coming."""
    stage.narrator.step("Promote while requests keep coming: cdk deploy churn-promotion")
    tally = _change_under_load(stage, "promoted", "cdk deploy churn-promotion", "churn-promotion", **gate_steps.FULL)
    by_model = {"v1": 0, "v2": 0, **tally.count(stage.which_model)}
    now = stage.serving()
    expect(set(now.models) == {"production"}, "only production is left.", sorted(now.models))
    expect(now.models["production"] == stage.tested, "what was tested is what serves.", now.models)
    last = stage.which_model(tally.answers[-1])
    expect(last == "v2", "v2 answers at the end.", last)
    stage.narrator.seen(f"{tally.sent} requests during the promotion, {len(tally.failures)} failed")
    stage.narrator.seen(f"answers by model: v1 {by_model['v1']}, then v2 {by_model['v2']}")
    stage.narrator.seen(f"production now serves {_name(stage.tested)}, the very model that was tested")
    _show_change(stage, tally.answers[-1])
    stage.narrator.say("On record, and to be read at any time (shadow-test history churn):")
    gate_steps.history(stage)


def _show_change(stage: Stage, after: Answer) -> None:
    payload = after.payload
    stage.narrator.table(
        [
            ("the same request", "before", "the shadow had said", "now"),
            (f"row {payload}", *(stage.answers[version][payload] for version in ("v1", "v2")), after.text),
        ]
    )


def roll_back(stage: Stage) -> None:
    """Take the promotion back while requests keep coming."""
    stage.narrator.step(f'Roll back: cdk deploy churn-shadow -c rollback="{_REASON}"')
    stage.narrator.say("Suppose v2 disappoints after all. A rollback is one deployment, too, if it has a reason:")
    promoted = stage.serving()
    with stage.narrator.waiting("cdk deploy churn-shadow, without a reason, as an old pipeline would"):
        refused = stage.cdk.deploy("churn-shadow", **gate_steps.FULL)
    expect(refused.exit_code != 0, "a rollback without a reason is refused.", refused.output[-600:])
    expect(stage.serving() == promoted, "nothing has changed.", stage.serving())
    stage.narrator.quote(gate_steps.refusal(refused.output))
    context = {**gate_steps.FULL, "rollback": _REASON}
    tally = _change_under_load(stage, "back", "cdk deploy churn-shadow -c rollback=...", "churn-shadow", **context)
    now = stage.serving()
    expect(set(now.models) == {"production", "shadow"}, "production and the shadow run again.", sorted(now.models))
    last = stage.which_model(tally.answers[-1])
    expect(last == "v1", "v1 answers again.", last)
    recorded = seen.outputs(stage.local.client("cloudformation"), ENDPOINT).get("RollbackReason")
    expect(recorded == _REASON, "the reason is recorded.", recorded)
    stage.narrator.seen(f"{tally.sent} requests during the rollback, {len(tally.failures)} failed")
    stage.narrator.seen("v1 answers again, v2 is the shadow again, and the stack's output has the reason")


def destroy(stage: Stage) -> None:
    """Delete everything and see what is left."""
    stage.narrator.step("Clean up: cdk destroy churn-shadow")
    stage.run("cdk destroy churn-shadow", "destroy", "churn-shadow")
    left = seen.inventory(stage.local.client) - stage.before
    expect(not left, "nothing is left.", sorted(left))
    stage.narrator.seen(
        "nothing is left: no endpoint, endpoint config, model, role, function or bucket. (The capture bucket goes "
        "because the demo asks for it with -c delete_captures_with_stack=true; by default it stays.)"
    )


def look(stage: Stage) -> None:
    """Draw the dashboard of the test that is running."""
    stage.narrator.step("See both: the comparison dashboard, with this test's own data")
    with stage.narrator.waiting("the watch looks, as it does every quarter of an hour"):
        Schedule(stage.local, ENDPOINT).comes(waits=True)
    with stage.narrator.waiting("drawing"):
        paths = drawn.draw_latest(stage, drawn.OUT, stage.began)
    stage.narrator.seen(
        f"open {paths.page.relative_to(environment.PROJECT)} in a browser, or look at the picture beside it"
    )


STEPS = (
    train,
    bootstrap,
    deploy,
    send,
    measure,
    gate_steps.refuse,
    gate_steps.judge,
    gate_steps.answers,
    look,
    diff,
    promote,
    roll_back,
    destroy,
)
COUNT = len(STEPS) + 1
"""Sending is told as two steps: the answers, and the captures."""


def _change_under_load(stage: Stage, prefix: str, what: str, stack: str, **context: str) -> Tally:
    """Deploy while requests keep coming; none may fail, and some come before and after."""
    # Only payloads whose answer is known of both models tell which of them answered.
    known = sorted(set(stage.answers["v1"]) & set(stage.answers["v2"]))
    expect(len(known) >= 2, "captures tell the models apart.", f"{len(known)} payloads")
    # More would only take the processor from the deployment.
    with stage.traffic(prefix, rate=RATE) as traffic:
        flowing = traffic.wait_for(20)
        expect(flowing, "requests are answered before the change.", traffic.tally.failures[:3])
        with stage.narrator.waiting(what):
            more = int(RATE * _WAIT_SECONDS)
            sure.promote(lambda: stage.cdk.deploy(stack, **context), lambda: traffic.wait_for(more)).check()
        flowing = traffic.wait_for(20 + len(stage.payloads))
    tally = traffic.tally
    expect(not tally.failures, "no request fails.", tally.failures[:3])
    expect(flowing, "requests are answered after the change.", f"{tally.sent} requests")
    tally.answers = [answer for answer in tally.answers if answer.payload in known]
    strangers = tally.count(stage.which_model).get("unknown", 0)
    expect(strangers == 0, "every answer is one of the two models'.", f"{strangers} others")
    return tally


def _readable(run: Run) -> str:
    """Return what a diff says of each resource in a line, and of the endpoint config in full."""
    lines = run.output.splitlines()
    first = lines.index("Resources") if "Resources" in lines else 0
    kept, whole = [], False
    for line in lines[first:]:
        if line.startswith("["):
            whole = "EndpointConfig " in line
        if whole or line.startswith("["):
            kept.append(_cut(line))
    return "\n".join(kept)


def _cut(text: str, width: int = 140) -> str:
    return text if len(text) <= width else text[: width - 4] + " ..."


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
