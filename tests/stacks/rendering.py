"""Both stacks of a shadow test, as templates."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from shadow_constructs import (
    Alerts,
    Capture,
    Guard,
    Guardrails,
    MetricsPublishing,
    PromotionStack,
    Scaling,
    Schedule,
    ShadowTest,
    ShadowTestStack,
)
from tests.constructs.rendering import IRELAND, Json
from tests.values.samples import KEY_ARN, hardware, shadow_test, variant


def churn(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """A test of version 2 beside version 1, half of the requests copied."""
    values: dict[str, Any] = {
        "production": variant("v1", hardware=hardware(count=2)),
        "shadow": variant("v2"),
        "sampling_percent": 50,
        "tags": {"team": "churn"},
    }
    return shadow_test(**{**values, **changes})


def folded(test: ShadowTest) -> ShadowTest:
    """What a user writes after the promotion: version 2 is production, and there is no shadow."""
    promoted = variant(
        "v2", name=test.production.name, hardware=test.production.hardware, scaling=test.production.scaling
    )
    return replace(test, production=promoted, shadow=None, sampling_percent=None, promote_on=None)


def everything(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """The same with everything on that can be: people, keys, scaling, schedules, alarms of the user's."""
    day = Schedule(name="day", when="cron(0 7 ? * MON-FRI *)", min_count=3, timezone="Europe/Berlin")
    scaling = Scaling(min_count=2, max_count=8, invocations_per_instance=600, schedules=[day])
    values: dict[str, Any] = {
        "production": variant("v1", hardware=hardware(count=2), scaling=scaling),
        "capture": Capture(customer_managed_key=True, delete_with_stack=True),
        "metrics": MetricsPublishing(frequency_seconds=10, enhanced=True, detailed_observability=True),
        "volume_key_arn": KEY_ARN,
        "alerts": Alerts(emails=["team@example.com"]),
        "guardrails": Guardrails(alarm_names=["checkout-errors"]),
    }
    return churn(**{**values, **changes})


def unguarded(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """The same where no function of the library may run, and production scales."""
    scaling = Scaling(min_count=2, max_count=8, invocations_per_instance=600)
    values: dict[str, Any] = {
        "production": variant("v1", hardware=hardware(count=2), scaling=scaling),
        "shadow": variant("v2", scaling=Scaling.off()),
        "guard": Guard.off("no functions in this account"),
    }
    return churn(**{**values, **changes})


def uncaptured(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """The same, with nothing captured."""
    return churn(**{"capture": Capture.off(), **changes})


def options(env: cdk.Environment | None = IRELAND) -> Json:
    """A stack's environment, and no bootstrap rule in its template."""
    return {"env": env, "synthesizer": cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)}


def shadow_template(test: ShadowTest, **more: Any) -> Json:  # noqa: ANN401 - whatever the stack takes
    """The template of a ShadowTestStack."""
    app = cdk.App()
    return _synthesized(app, ShadowTestStack(app, "churn-shadow", test=test, **{**options(), **more}))


def promotion_template(test: ShadowTest) -> Json:
    """The template of a PromotionStack."""
    app = cdk.App()
    return _synthesized(app, PromotionStack(app, "churn-promotion", test=test, **options()))


def _synthesized(app: cdk.App, stack: cdk.Stack) -> Json:
    template: Json = json.loads(Path(app.synth().get_stack_artifact(stack.artifact_id).template_full_path).read_text())
    return template
