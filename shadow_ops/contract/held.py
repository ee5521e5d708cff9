"""What a CDK user holds in their hands where a value wants text: which attribute of it to write.

Values know nothing of the CDK: an object of it is told by what it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shadow_ops.contract.problems import Foreign

_ATTRIBUTES = (
    *("bucket_name", "key_arn", "role_arn", "topic_arn", "subnet_id", "security_group_id", "managed_policy_arn"),
    *("image_uri", "repository_name", "s3_object_url", "function_arn", "secret_arn", "alarm_name", "endpoint_name"),
    *("attr_model_name", "attr_model_package_arn", "attr_arn", "vpc_id", "log_group_name"),
)


def told(value: object, what: str) -> Foreign | None:
    """What an object of the CDK is called, and what to write instead; None for anything else.

    Args:
        value: Anything.
        what: The argument that it was given for.
    """
    # It lives in the CDK's own process, and Python has a stand-in for it only.
    return None if asked(value, "__jsii_ref__") is None else (named(value), what_to_write(value, what))


def named(value: object) -> str:
    """What it is, for people: an address in memory helps nobody, and differs each time."""
    kind = type(value).__name__.strip("_")
    if type(value).__module__.startswith("shadow_constructs."):
        return f"the {kind}"
    return "an object of the CDK" if kind == "InterfaceDynamicProxy" else f"a {kind} of the CDK"


def what_to_write(value: object, what: str) -> str | None:
    """The text that a CDK object stands for, as code; None if there is none.

    Args:
        value: A CDK object.
        what: The argument that it was given for; an attribute of the same name is meant.
    """
    if asked(value, "select_subnets") is not None:
        return "write Network.in_vpc(vpc, security_groups=[...])"
    if asked(value, "to_seconds") is not None:
        return f"write duration.to_{'minutes' if 'minutes' in what else 'days' if 'days' in what else 'seconds'}()"
    for name in (*_meant(what), *_ATTRIBUTES):
        if isinstance(asked(value, name), str):
            return f"write {name.removeprefix('attr_').rsplit('_', 1)[0]}.{name}"
    return "write cdk.Token.as_string(...)" if asked(value, "creation_stack") is not None else None


def asked(value: object, name: str) -> Any:  # noqa: ANN401 - anything
    """An attribute; None if there is none, or the object doesn't give it: its process is asked, and may refuse."""
    try:
        return getattr(value, name, None)
    except Exception:  # whatever a property of somebody's raises
        return None


def _meant(what: str) -> Iterator[str]:
    """``volume_key_arns`` means ``key_arn``, ``bucket`` means ``bucket_name``."""
    one = what.removesuffix("s")
    words = one.split("_")
    yield f"{one}_name"
    yield from ("_".join(words[at:]) for at in range(len(words) - 1))
