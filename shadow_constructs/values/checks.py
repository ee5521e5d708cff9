"""The rules that several values share: numbers in a range, text of a pattern, ARNs, tags.

Each check records a problem instead of raising, so that a value can report all its mistakes together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from shadow_constructs.values.arns import completed, parts_of
from shadow_constructs.values.frozen import frozen_mapping
from shadow_constructs.values.tokens import TOKEN, is_list, is_token
from shadow_ops.contract.checks import MOST_ENTRIES, checked_list
from shadow_ops.contract.names import ROLE, SERVICE_NAME, SERVICE_NAME_RULE
from shadow_ops.contract.partitions import check_partition
from shadow_ops.contract.problems import Problems, shown
from shadow_ops.contract.sentences import check_reason
from shadow_ops.contract.text import is_writable

# Integers of the APIs have 32 bits.
_LARGEST_INTEGER = 2**31 - 1

FILLINGS = ("x", "1", "xx-x", "0" * 64)
"""What a token inside a text may stand for: a name, a number, a part of a Region's name, a digest."""

MOST_TAGS = 50
"""Of one resource, in all services."""

# API members TagKey and TagValue: letters, digits, spaces of any kind but no control characters, and a few signs.
_TAG_TEXT = re.compile(r"(?:[\w.:/=+\-@]|[^\S\t-\r\x1c-\x1f\x85])*")


def check_service_name(problems: Problems, what: str, value: object) -> None:
    """Check a name that SageMaker limits to 63 letters, digits and inner hyphens."""
    check_text(problems, what, value, pattern=SERVICE_NAME, rule=SERVICE_NAME_RULE)


def check_text(
    problems: Problems,
    what: str,
    value: object,
    *,
    pattern: re.Pattern[str],
    rule: str,
    longest: int | None = None,
    tokens: bool = False,
    example: str | Sequence[str] = (),
    rendered: bool = True,
    fix: str | None = None,
) -> None:
    """Check that a value is text that matches a whole pattern, in ASCII if it stands in the template.

    Args:
        problems: Where a mistake is recorded.
        what: Name of the argument.
        value: The value given.
        pattern: Pattern of the whole text.
        rule: The rule in words, continuing "must".
        longest: Most characters allowed. Not limited by default.
        tokens: Whether a CDK token is accepted, which can't be checked before deployment.
        example: An ARN of the kind, or of each, which makes the text one: what stands beside tokens is held against it,
            and its partition and Region against each other. By default nothing is.
        rendered: Whether it stands in the template.
        fix: What to change.
    """
    if not isinstance(value, str):
        problems.add(what, rule, value, fix)
    elif is_token(value):
        if not tokens:
            problems.add(what, f"{rule} and be known at synth", value, "give a literal, not a CDK token")
        elif is_list(value):
            check_ascii(problems, what, value)
        elif example and not any(
            pattern.fullmatch(completed(value, one)) for one in ([example] if isinstance(example, str) else example)
        ):
            problems.add(what, rule, value, fix)
        elif example:
            check_partition(problems, what, value, parts_of(value)[1], parts_of(value)[3])
        elif not TOKEN.fullmatch(value) and not any(pattern.fullmatch(TOKEN.sub(one, value)) for one in FILLINGS):
            problems.add(what, rule, value, fix)
    elif not is_writable(value):
        problems.add(what, "hold no control characters and no halves of characters", value, fix)
    elif not pattern.fullmatch(value) or (longest is not None and len(value) > longest):
        limit = "" if longest is None else f" (at most {longest} characters)"
        problems.add(what, f"{rule}{limit}", value, fix)
    else:
        if example:
            check_partition(problems, what, value, parts_of(value)[1], parts_of(value)[3])
        if rendered:
            check_ascii(problems, what, value)


def check_ascii(problems: Problems, what: str, text: str) -> None:
    """Check text that stands in the template as it is."""
    if is_list(text):
        # The CDK puts a list where lists stand, and never beside anything else.
        fix = "take what you need of it one by one: cdk.Fn.select(0, the_list)"
        problems.add(what, "not be a list that is known at deployment only", text, fix)
    elif not text.isascii():
        fix = "CloudFormation gives other characters back as question marks, and such a stack takes no import"
        problems.add(what, "be ASCII", text, f"{fix}: spell it without them")


def check_off(problems: Problems, enabled: object, off_because: object, fix: str) -> None:
    """Check that what is off has a reason, and what is on has none."""
    if enabled is False or not isinstance(off_because, str | None):
        check_reason(problems, "off_because", off_because, fix)
    elif off_because is not None:
        problems.add("off_because", "be left out of what is on", off_because, "write .off(reason)")


def check_arn(
    problems: Problems,
    what: str,
    value: object,
    *,
    service: str,
    resource: str,
    ending: str = r"\S+",
    longest: int = 2048,
    example: str = "x",
) -> None:
    """Check an ARN such as ``arn:aws:kms:eu-west-1:111122223333:key/...``; a token may stand for any part.

    Args:
        problems: Where a mistake is recorded.
        what: Name of the argument.
        value: The value given.
        service: The service in the ARN.
        resource: What the resource begins with, such as ``key/``.
        ending: Pattern of the rest.
        longest: Most characters allowed.
        example: A rest that the pattern takes.
    """
    region, here = ("", "") if service == "iam" else (r"[a-z0-9\-]+", "<region>")
    pattern = re.compile(rf"arn:aws[a-z\-]*:{service}:{region}:\d{{12}}:{resource}{ending}", re.ASCII)
    rule = f"be an ARN like arn:aws:{service}:{here}:<account>:{resource}..."
    whole = f"arn:aws:{service}:{'' if region == '' else 'eu-west-1'}:111122223333:{resource}{example}"
    check_text(problems, what, value, pattern=pattern, rule=rule, longest=longest, tokens=True, example=whole)


def check_role_arn(problems: Problems, what: str, value: object) -> None:
    """Check the ARN of a role that may be given policies and handed to a service. Tokens are accepted."""
    before = problems.count
    check_arn(problems, what, value, service="iam", resource="role/", ending=ROLE.removeprefix("role/"))
    if problems.count == before and ":role/aws-service-role/" in str(value):
        # IAM User Guide, using-service-linked-roles: only the service that it is linked to assumes and changes it.
        problems.add(
            what, "not be a service-linked role, which no other service assumes", value, "make a role of your own"
        )


def check_key_arn(problems: Problems, what: str, value: object) -> None:
    """Check the ARN of a KMS key; not of an alias, which IAM policies don't follow. Tokens are accepted."""
    check_arn(problems, what, value, service="kms", resource="key/", ending="[a-zA-Z0-9-]+")


def check_whole_number(
    problems: Problems,
    what: str,
    value: object,
    *,
    lowest: int,
    highest: int | None = None,
    fix: str | None = None,
) -> None:
    """Check a whole number in a closed range. Tokens are refused: synth has to compute with it."""
    if highest is None:
        rule = f"be a whole number of at least {lowest}"
    else:
        rule = f"be a whole number from {lowest} to {highest}"
    if isinstance(value, bool) or not isinstance(value, int):
        problems.add(what, rule, value, _literal(value, fix))
    elif value < lowest or (highest is not None and value > highest):
        problems.add(what, rule, value, fix)
    elif value > _LARGEST_INTEGER:
        problems.add(what, f"be a whole number of at most {_LARGEST_INTEGER}", value, fix)


def check_share(problems: Problems, what: str, value: object, *, fix: str | None = None) -> None:
    """Check a percentage above 0 and at most 100. Tokens are refused: the weight is computed from it."""
    rule = "be above 0 and at most 100"
    # NaN compares with nothing, so it is refused too.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 100:
        problems.add(what, rule, value, _literal(value, fix))


def checked_tuple(problems: Problems, what: str, value: object) -> tuple[Any, ...]:
    """A list as a tuple; anything else, a lone text included, is a problem and counts as empty."""
    fix = f"write [{shown(value)}]" if isinstance(value, str) else None
    return checked_list(problems, what, value, "be a list", fix)


def checked_mapping(problems: Problems, what: str, value: object) -> Mapping[str, str]:
    """A read-only copy of a dict; anything else is a problem and counts as empty."""
    if not isinstance(value, Mapping):
        problems.add(what, "be a dict", value, text=False)
    elif len(value) > MOST_ENTRIES:
        problems.add(what, f"have at most {MOST_ENTRIES:,} entries", len(value))
    else:
        return frozen_mapping(value)
    return frozen_mapping({})


def doubles(values: Iterable[object]) -> list[str]:
    """The texts that stand in a list more than once, in order."""
    return sorted(one for one, count in Counter(one for one in values if isinstance(one, str)).items() if count > 1)


def check_settings(kind: Any, maker: str, settings: Mapping[str, object], said: str) -> None:  # noqa: ANN401 - a class
    """Refuse settings that a value doesn't have, and one that what it is made from says already.

    Args:
        kind: The value's class.
        maker: Who makes it.
        settings: What it is given.
        said: The setting that is known.
    """
    known = [one.name for one in fields(kind)]
    problems = Problems(f"{kind.__name__}.{maker}")
    for name, value in settings.items():
        if name == said:
            problems.add(name, "be left out: what is given first says it", value)
        elif name not in known:
            near = get_close_matches(name, known, n=1)
            fix = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            problems.add(name, f"be a setting of {kind.__name__}", value, fix)
    problems.raise_if_any()


def check_type(problems: Problems, what: str, value: object, expected: type | tuple[type, ...], must: str) -> bool:
    """Check that a value is of one of our own types; returns whether it is."""
    if isinstance(value, expected):
        return True
    problems.add(what, must, value)
    return False


def check_tags(
    problems: Problems, what: str, tags: Mapping[str, str], *, rendered: bool = True, most: int = MOST_TAGS - 1
) -> None:
    """Check tags against the services' limits (50 at most, key 128, value 256 characters).

    Args:
        problems: Where a mistake is recorded.
        what: Name of the argument.
        tags: The tags.
        rendered: Whether they stand in the template; those of a stack don't.
        most: How many there may be. By default one is left for the guard's function, which has one of its own.
    """
    if len(tags) > most:
        problems.add(what, f"have at most {most} entries", len(tags))
    keys = [key for key in tags if isinstance(key, str)]
    alike = set(doubles(key.lower() for key in keys))
    if alike:
        # IAM User Guide, id_tags: keys aren't case sensitive, and the roles get the tags too.
        problems.add(
            what,
            "have keys that differ in more than their case",
            ", ".join(key for key in keys if key.lower() in alike),
            "keep one of them",
        )
    for key, value in tags.items():
        good_key = isinstance(key, str) and not is_token(key) and _TAG_TEXT.fullmatch(key) and 1 <= len(key) <= 128
        if not good_key or key.lower().startswith("aws:"):
            problems.add(what, "have keys of 1 to 128 letters, digits, spaces or _.:/=+-@, not starting with aws:", key)
        good_value = isinstance(value, str) and (
            is_token(value) or (_TAG_TEXT.fullmatch(value) is not None and len(value) <= 256)
        )
        if not good_value:
            problems.add(what, f"have at most 256 letters, digits, spaces or _.:/=+-@ as value of {shown(key)}", value)
        for text in (key, value) if rendered and good_key and good_value else ():
            check_ascii(problems, what, text)


def _literal(value: object, fix: str | None) -> str | None:
    return "give a plain number, not a CDK token" if is_token(value) else fix
