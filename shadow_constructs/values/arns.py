"""ARNs part by part: what stands in a part is a fact, also beside parts that are known at deployment only."""

from __future__ import annotations

from shadow_constructs.values.tokens import TOKEN, is_token

_PARTS = 6


def parts_of(arn: str) -> tuple[str | None, ...]:
    """The six parts of an ARN, from ``arn`` to the resource; None for each that isn't known at synth."""
    parts = arn.split(":", _PARTS - 1)
    hidden = next((number for number, one in enumerate(parts) if is_token(one)), _PARTS)
    # With parts missing, a token may stand for several: nothing after it can be told apart.
    known = parts if len(parts) == _PARTS else parts[:hidden]
    return tuple(None if number >= len(known) or is_token(known[number]) else known[number] for number in range(_PARTS))


def completed(arn: str, example: str) -> str:
    """An ARN whose tokens are replaced by what stands there in an example: it is well formed if the rest of it is.

    Args:
        arn: With tokens or without; what is before the first token in the first part stays, as it is no ARN's.
        example: An ARN of the kind.
    """
    # An ARN ends in a name, whatever a token before it stands for.
    if arn.endswith((":", "/")):
        return arn
    if arn.split(":", 1)[0] != "arn" and not TOKEN.match(arn):
        return arn
    found = [model if part is None else part for part, model in zip(parts_of(arn), example.split(":", 5), strict=True)]
    resource = arn.split(":", _PARTS - 1)[-1]
    if arn.count(":") >= _PARTS - 1 and is_token(resource) and not TOKEN.match(resource):
        found[-1] = TOKEN.sub("1", resource)
    return ":".join(found)


def role_name_of(role_arn: str) -> str | None:
    """The name at the end of a role's ARN, whatever its path; None where a token hides where the name begins."""
    _, found, resource = role_arn.rpartition(":role/")
    return resource.rsplit("/", 1)[-1] if found else None
