"""Propose a version of the model registry: it becomes the shadow in the file. Text in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomlkit

from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.testfile.document import parsed, reads_as
from shadow_ops.testfile.statements import Statement, joined, statements

# What a model of the same endpoint needs whatever its version.
_OF_THE_PLACE = ("network", "role_arn", "grant_role", "artifact_key_arn")


def package_of(text: str, where: str, role: str) -> str | None:
    """ARN of the registry's version that a file has as production or shadow; None if it has another kind of model.

    Raises:
        InvalidValueError: If the file isn't TOML.
    """
    found: Any = parsed(text, where)
    for key in (role, "model", "package", "arn"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def proposed(text: str, where: str, *, version: str, arn: str, image: str, artifact: str) -> str:
    """The file with a version of the registry as its shadow, on production's hardware and in its network.

    Args:
        text: The file. Comments and order stay, but those of a shadow that is replaced.
        where: Named in mistakes.
        version: What the version is called in the file.
        arn: The package version's ARN.
        image: Its image.
        artifact: Where its files lie.

    Raises:
        InvalidValueError: If the file isn't TOML, or has no production variant on hardware that a shadow can have.
    """
    plain = parsed(text, where)
    try:
        production = plain["production"]
        hardware, model = production["hardware"], production["model"]
        kept = {key: model[key] for key in _OF_THE_PLACE if key in model}
    except (KeyError, TypeError):
        raise InvalidValueError(
            (f"{where}: [production] must have hardware and a model; see docs/test-files.md",)
        ) from None
    _check_hardware(hardware, where)
    package = {"arn": arn, "image": image, "artifact": artifact}
    shadow = {"hardware": hardware, "model": {"version": version, **kept, "package": package}}
    return _with_shadow(text, shadow, where)


def _check_hardware(hardware: object, where: str) -> None:
    """The shadow gets production's hardware, so it has to be some that shadow tests may have."""
    if not isinstance(hardware, Mapping):
        return
    kind = str(hardware.get("instance_type", ""))
    excluded = "serverless" if "serverless" in hardware else kind if kind.startswith("ml.inf1.") else None
    if excluded is not None:
        raise InvalidValueError(
            (f"{where}: production is on {excluded}, which SageMaker excludes from shadow tests; nothing is proposed",)
        )


def _with_shadow(text: str, shadow: Mapping[str, Any], where: str) -> str:
    kept = [one for one in statements(text) if not _is_of_the_shadow(one)]
    after = "\n\n".join((joined(text, kept).rstrip("\n"), tomlkit.dumps({"shadow": shadow})))
    if not reads_as(after, {**parsed(text, where), "shadow": shadow}):
        raise InvalidValueError((f"{where}: this layout takes no [shadow] at its end; write [shadow] by hand",))
    return after


def _is_of_the_shadow(one: Statement) -> bool:
    return all(path[:1] == ("shadow",) for path in ((one.path,) if one.text else one.beside))
