"""What a CDK user holds in their hands where a value wants text: which attribute of it to write.

Values know nothing of the CDK: an object of it is told by what it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shadow_ops.contract.problems import Foreign

# Where text of any kind will do.
_ANY = (
    "bucket_name",
    "key_arn",
    "role_arn",
    "topic_arn",
    "function_arn",
    "secret_arn",
    "repository_uri",
    "log_group_name",
)
# Arguments that aren't called as the attribute that they take.
_TAKE = {
    "action": ("topic_arn", "function_arn"),
    "permissions_boundary": ("managed_policy_arn",),
    "credentials_provider": ("function_arn",),
    "uri": ("image_uri",),
    "image": ("image_uri",),
    "arn": ("attr_model_package_arn",),
    "environment": _ANY,
    "tags": _ANY,
}
# Arguments that have to be known at synth.
_LITERAL = ("endpoint_name", "stack_name")
_IN_S3 = {"artifact": "<key>.tar.gz", "destination": "<prefix>"}
_UNITS = ("seconds", "minutes", "days")
_TOKEN = "${Token["


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
    """The text that a CDK object stands for where it is given, as code; None if none would be taken there.

    Args:
        value: A CDK object.
        what: The argument that it was given for.
    """
    if asked(value, "select_subnets") is not None:
        fits = what in ("network", "subnet_ids", "security_group_ids")
        return "write Network.in_vpc(vpc, security_groups=[...])" if fits else None
    if asked(value, "to_seconds") is not None:
        unit = next((one for one in _UNITS if one in what), None)
        return None if unit is None else f"write duration.to_{unit}()"
    if what in _IN_S3 and isinstance(asked(value, "bucket_name"), str):
        return f"write f's3://{{bucket.bucket_name}}/{_IN_S3[what]}'"
    if what in ("uri", "image") and callable(asked(value, "repository_uri_for_tag")):
        return "write repository.repository_uri_for_tag('<tag>')"
    if what == "security_groups" and isinstance(asked(value, "security_group_id"), str):
        return "write [security_group]"
    if isinstance(asked(value, "alias_name"), str):
        # Its own ARN is an alias's, which policies of IAM don't follow.
        target = asked(asked(value, "alias_target_key"), "key_arn")
        fits = isinstance(target, str) and "key_arn" in _meant(what)
        return "write alias.alias_target_key.key_arn" if fits else None
    for name in _meant(what):
        found = asked(value, name)
        if isinstance(found, str) and not (what in _LITERAL and _TOKEN in found):
            return f"write {name.removeprefix('attr_').rsplit('_', 1)[0]}.{name}"
    resolvable = asked(value, "creation_stack") is not None and what not in _LITERAL
    return "write cdk.Token.as_string(...)" if resolvable and [*_meant(what)] else None


def asked(value: object, name: str) -> Any:  # noqa: ANN401 - anything
    """An attribute; None if there is none, or the object doesn't give it: its process is asked, and may refuse."""
    try:
        return getattr(value, name, None)
    except Exception:  # whatever a property of somebody's raises
        return None


def _meant(what: str) -> Iterator[str]:
    """Attributes that an argument takes: ``volume_key_arns`` means ``key_arn``, ``bucket`` means ``bucket_name``."""
    one = what.removesuffix("s")
    words = one.split("_")
    yield from _TAKE.get(what, _TAKE.get(one.removesuffix("_arn"), ()))
    if words[-1] in ("arn", "name", "id"):
        yield from ("_".join(words[at:]) for at in range(len(words) - 1))
        yield f"attr_{one}"
    elif one in ("bucket", "repository"):
        yield f"{one}_name"
