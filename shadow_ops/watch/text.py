"""What people read in an e-mail. Pure."""

from __future__ import annotations

import datetime

from shadow_ops.aws.looks import Look
from shadow_ops.contract.problems import harmless
from shadow_ops.contract.watched import Watched

LONGEST_REASON = 1000
"""Most of a verdict's reason that is kept and told."""

_LONGEST_SUBJECT = 99  # API member PublishInput.Subject: fewer than 100 characters of ASCII, without control characters


def of_verdict(
    endpoint: str, version: str, look: Look, used: str, *, managed: bool = False, ramp: str | None = None
) -> tuple[str, str]:
    """Subject and text about a verdict that has changed; of a managed test with its way to the promotion."""
    since = f"{look.verdict} since {look.since:%a %Y-%m-%d %H:%M} UTC over {look.requests:,} requests to the shadow"
    said = {
        "PASS": (f"{version} is ready: PASS", f"{version} is ready to be promoted: {since}."),
        "FAIL": (f"{version} failed: FAIL", f"{version} is not fit to be promoted: {since}."),
    }
    otherwise = (f"{version} is undecided again: {look.verdict}", f"{version} is not judged any more: {since}.")
    head, first = said.get(look.verdict, otherwise)
    what_next = {
        "PASS": f"Promote it: shadow-test conclude {endpoint} promote, which asks the gate once more."
        if managed
        else "Promote it: deploy its promotion stack, whose gate judges once more.",
        "FAIL": "Production is not touched. Test a better candidate, or take the shadow out."
        + ("" if ramp is None else f" The ramp of its share ends here, and {ramp} don't follow."),
    }.get(look.verdict, "Nothing is to be done: the test goes on.")
    return subject(f"{endpoint}: {head}"), _text(first, look.reason, used, what_next, _figures(endpoint))


def of_age(endpoint: str, version: str, look: Look, age: datetime.timedelta, used: str) -> tuple[str, str]:
    """Subject and text about a test that goes on for too long."""
    days = f"{age.days} day{'' if age.days == 1 else 's'}"
    for_days = (look.at - look.since).days
    lasting = f"{look.verdict} for {for_days} of them" if for_days else look.verdict
    first = f"The test of {version} is {days} old, {lasting}."
    return subject(f"{endpoint}: the test of {version} is {days} old"), _text(
        first, look.reason, used, "Promote it or remove it. This comes once a day.", _figures(endpoint)
    )


def of_end(endpoint: str, name: str, status: str, verdict: str | None, *, retained: bool) -> tuple[str, str]:
    """Subject and text about a managed test that is over."""
    end = f"shadow-test conclude {endpoint} remove" if retained else "destroy the test's stack"
    judged = "It was never judged." if verdict is None else f"The latest verdict was {verdict}."
    left = (
        f"Nothing was promoted by itself. To promote the candidate: shadow-test conclude {endpoint} promote. To leave "
        f"production as it is: {end}."
    )
    serves = (
        "its shadow goes on beside production, and is paid for" if retained else "production serves alone as before"
    )
    first = f"The managed test {name} is {status}, and {serves}."
    return subject(f"{endpoint}: the managed test is {status}"), _text(first, judged, left)


def of_gone(endpoint: str, left: str) -> tuple[str, str]:
    """Subject and text about a managed test without its endpoint."""
    return subject(f"{endpoint}: the endpoint is gone"), _text(f"The endpoint {endpoint} is gone; {left}.")


def used(look: Look, age: datetime.timedelta, watched: Watched) -> str:
    """What a test has cost so far."""
    hours = age // datetime.timedelta(hours=1)
    spent = f"The test has run for {hours // 24} d {hours % 24} h; its shadow used {look.instance_hours:,.1f} "
    price = watched.price_per_instance_hour
    money = "" if price is None else f", about {look.instance_hours * price:,.2f} {watched.currency}"
    return f"{spent}instance-hours{money}."


def subject(text: str) -> str:
    """A text as SNS takes it for a subject."""
    plain = "".join(one if one.isascii() and one.isprintable() else "?" for one in text)
    return plain if len(plain) <= _LONGEST_SUBJECT else f"{plain[: _LONGEST_SUBJECT - 3]}..."


def _figures(endpoint: str) -> str:
    return f"The figures: shadow-test gate {endpoint}"


def _text(*lines: str) -> str:
    # What a rule, an alarm or a version is called comes from people and files: each stays in its line.
    return "\n\n".join(harmless(one) for one in lines) + "\n"
