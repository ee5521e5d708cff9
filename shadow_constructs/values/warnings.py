"""What isn't wrong but should be seen at synth: CDK warnings, as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from shadow_constructs.values.arns import role_name_of
from shadow_constructs.values.frozen import freeze
from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.pairs import of_managed
from shadow_constructs.values.pairs.of_test import PAIRS
from shadow_constructs.values.pairs.pair import Holder, Pair
from shadow_constructs.values.scaling_identity import of_other
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import readable
from shadow_ops.contract.small import small_limits

# Names by which people mean that nobody else should read the value.
_SECRET = re.compile(
    r"(?i)(^|_)(pass(word|wd|phrase)?|pwd|pat|secrets?|token|credentials?|(api|access|private|secret)_?key)($|_)"
)
# Where a secret is kept is no secret.
_WHERE = re.compile(r"(?i)_(arn|name|path|file)$|(^|_)secret_id$")
# What whoever made them gives secrets to be known by: private keys, and tokens of AWS, GitHub, GitLab, Slack, Stripe.
_BY_FORM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{36}|\bgithub_pat_\w{22}"
    r"|\bglpat-[\w-]{20}|\bxox[abposr]-[\w-]{10}|\b[rs]k_live_\w{16}"
)
# CloudFormation User Guide, dynamic references: the model gets what they stand for.
_DYNAMIC = re.compile(r"\{\{resolve:(?:secretsmanager|ssm-secure):")
# RFC 3986, section 3.2.1: a user and a password before the host of an address.
_IN_ADDRESS = re.compile(r"://[^/?#\s:@]*:[^/?#\s@]+@")


@dataclass(frozen=True)
class SynthWarning:
    """One warning.

    Attributes:
        id: The name under which a user acknowledges it.
        text: What to know and what to do.
    """

    id: str
    text: str

    def __post_init__(self) -> None:
        """What only CloudFormation knows is said to be."""
        freeze(self, text=readable(self.text))


def warnings_of(test: ShadowTest, resolved: Callable[[str], object] = str) -> Iterator[SynthWarning]:
    """Warnings about an endpoint, with or without a shadow.

    Args:
        test: What it serves.
        resolved: What a CDK token is in the template, which the construct alone can tell.
    """
    yield from _small_numbers(test)
    for model in test.models:
        if model.container is not None and model.container.moving_tag is not None:
            yield SynthWarning(
                f"shadow-constructs:moving-tag:{model.version}",
                f"version '{model.version}' uses image tag 'latest', which can come to mean another image: what was "
                "tested might not be what is promoted; give a fixed tag or a digest",
            )
        if model.model_name is not None and model.role_arn is None and test.capture.enabled:
            yield SynthWarning(
                f"shadow-constructs:existing-role:{model.version}",
                f"model '{model.model_name}' exists already and its role isn't known: make sure that it may write "
                "captured data, or name it in role_arn",
            )
    yield from _of_rights(test)
    yield from _of_environments(test, resolved)
    yield from _of_scaling(test)
    yield from _of_pairs(PAIRS, test)


def managed_warnings(managed: ManagedShadowTest) -> Iterator[SynthWarning]:
    """Warnings about a managed test."""
    yield from _of_pairs(of_managed.PAIRS, managed)


def _of_pairs(pairs: Iterable[Pair[Holder]], holder: Holder) -> Iterator[SynthWarning]:
    for pair in pairs:
        if pair.then == "warned":
            for clash in pair.check(holder):
                text = f"'{clash.what}' should {clash.must}, got {clash.got}; {clash.fix}"
                yield SynthWarning(f"shadow-constructs:{pair.id}", text)


def _of_rights(test: ShadowTest) -> Iterator[SynthWarning]:
    yield from _of_role("guard", "the guard", test.guard.role_arn, grant=test.guard.grant_role)
    for variant in test.variants:
        if isinstance(variant.hardware, Hardware) and variant.hardware.ssm_access:
            yield SynthWarning(
                f"shadow-constructs:ssm-access:{variant.name}",
                f"variant '{variant.name}' lets Systems Manager open sessions on its instances: AWS advises against it "
                "in production, and takes it from accounts that it has allow-listed only (Developer Guide, ssm-access)",
            )
    for model in test.models:
        yield from _of_role(model.version, f"version '{model.version}'", model.role_arn, grant=model.grant_role)


def _of_environments(test: ShadowTest, resolved: Callable[[str], object]) -> Iterator[SynthWarning]:
    for model in test.models:
        secret = sorted(key for key, value in model.environment.items() if _is_secret(key, value, resolved))
        if secret:
            yield SynthWarning(
                f"shadow-constructs:clear-text-environment:{model.version}",
                f"version '{model.version}' has {', '.join(secret)} in its environment, which DescribeModel shows in "
                "clear text, whatever the template says: let the container read it from Secrets Manager instead",
            )


def _is_secret(key: str, value: str, resolved: Callable[[str], object]) -> bool:
    if _DYNAMIC.search(str(resolved(value)) if is_token(value) else value):
        return True
    named = _SECRET.search(key) and not _WHERE.search(key) and not value.startswith("arn:")
    return bool(named or _IN_ADDRESS.search(value) or _BY_FORM.search(value))


def _of_role(who: str, named: str, role_arn: str | None, *, grant: bool) -> Iterator[SynthWarning]:
    name = None if role_arn is None else role_name_of(role_arn)
    if role_arn is not None and grant and (name is None or is_token(name)):
        yield SynthWarning(
            f"shadow-constructs:role-token:{who}",
            f"the role of {named} is known at deployment only: unless it is a role of this app, "
            "it must have no path; else grant it what docs/security.md lists and set grant_role=False",
        )


def _of_scaling(test: ShadowTest) -> Iterator[SynthWarning]:
    shadow, ours = test.shadow, test.production
    if shadow is None or shadow.scaling is not None or ours.scaling is None or not ours.scaling.policies:
        return
    name, other = ours.name or "", shadow.name or ""
    lost = [one["PolicyName"] for one in ours.scaling.policies if of_other(one, name, other) is None]
    if lost:
        yield SynthWarning(
            "shadow-constructs:scaling-not-followed",
            f"the shadow doesn't follow {', '.join(lost)}, which act by an alarm of variant '{name}', or name it where "
            "its own name can't be put: give the shadow a scaling of its own, or Scaling.off()",
        )


def rollback_warnings(test: ShadowTest) -> Iterator[SynthWarning]:
    """What a rollback leaves out so that it goes through."""
    if test.guardrails.shift != "off" and test.guardrails.alarm_names:
        yield SynthWarning(
            "shadow-constructs:rollback-without-your-alarms",
            f"the alarms {', '.join(test.guardrails.alarm_names)} don't take this update back: what is rolled back may "
            "be what makes them fire; the next deployment without a rollback's reason updates the endpoint once more "
            "and has them again",
        )


def promotion_warnings(test: ShadowTest) -> Iterator[SynthWarning]:
    """What a promotion asks of the hardware that the shadow test hasn't shown.

    The share of the live traffic that each of the shadow's instances carried is held against the share that each
    promoted instance will have to carry.
    """
    promoted = test.promoted()
    if not test.guard.enabled:
        yield SynthWarning(
            "shadow-constructs:ungated-promotion",
            f"there is no guard, so this deployment promotes whatever the gate says: let "
            f"`shadow-test gate {test.endpoint_name}` pass before it, in the pipeline or by hand",
        )
    if test.shadow is None or not isinstance(test.shadow.hardware, Hardware):
        return
    shown, needed = test.shadow.hardware, promoted.production.hardware
    if not isinstance(needed, Hardware):
        return
    if shown.instance_type != needed.instance_type:
        yield SynthWarning(
            "shadow-constructs:untested-instance-type",
            f"version '{promoted.production.model.version}' was tested on {shown.instance_type} and will be promoted "
            f"on {needed.instance_type}, where it hasn't been seen; promote_on='shadow' promotes what was tested",
        )
        return
    shown_share, needed_share = test.sampled_percent / shown.count, 100 / needed.count
    if needed_share > shown_share * (1 + 1e-9):
        yield SynthWarning(
            "shadow-constructs:untested-load",
            f"each {shown.instance_type} of the shadow carried {shown_share:.3g} % of the traffic "
            f"({test.sampled_percent:g} % on {shown.count}); after promotion each will carry {needed_share:.3g} % "
            f"(all on {needed.count}): raise sampling_percent or the count until the test has shown it",
        )


def _small_numbers(test: ShadowTest) -> Iterator[SynthWarning]:
    """Percentages that look like shares of 1."""
    if 0 < test.sampled_percent < 1:
        yield SynthWarning(
            "shadow-constructs:small-number:sampling_percent",
            f"sampling_percent={test.sampled_percent:g} copies {test.sampled_percent:g} % of the requests; "
            f"for {test.sampled_percent * 100:g} % write {test.sampled_percent * 100:g}",
        )
    for rule in test.gate.rules:
        for name, text in small_limits(rule).items():
            yield SynthWarning(f"shadow-constructs:small-number:{rule.id}:{name}", text)
