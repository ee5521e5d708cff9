"""What the guard remembers of an endpoint, in SSM parameters beside the settings that the template makes.

- ``…/history``: what was promoted and taken back. Each version of the parameter is one entry, so nothing that was
  written is ever changed; Parameter Store keeps the last hundred (API operation GetParameterHistory).
- ``…/pending``: the deployment that is under way, or was the last one.
- ``…/scaling/<variant>``: the scaling of a variant as it was before that deployment.
- ``…/state``: what the guard answered for the last few endpoint configs.
"""

from __future__ import annotations

import base64
import datetime
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.contract.declared import prefix

# Largest value of an advanced parameter, in bytes (API member PutParameterRequest.Value); a standard one takes 4096.
LARGEST_VALUE = 8192
_STANDARD_VALUE = 4096
_CONFIGS_KEPT = 10


class RecordTooLargeError(ValueError):
    """A record that Parameter Store can't hold."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A promotion, or a way back from one.

    Attributes:
        id: Identifies it; one deployment has one.
        kind: ``promotion`` or ``rollback``.
        at: When it was complete, in UTC.
        by: Who deployed; the stack's name where nobody said.
        stack: ARN of the CloudFormation stack.
        from_version: Version that served before. None if it isn't known.
        from_model: SageMaker model that served before.
        from_config: Endpoint config that served before.
        to_version: Version that serves since.
        to_model: SageMaker model that serves since.
        to_config: Endpoint config that serves since.
        gate: What the gate said, or why it wasn't asked or was overruled. None for a way back.
        reason: Why it was taken back. None for a promotion.
        undone: When CloudFormation rolled the deployment back. None if it never did.
    """

    id: str
    kind: str
    at: datetime.datetime
    by: str
    stack: str
    from_version: str | None
    from_model: str | None
    from_config: str
    to_version: str
    to_model: str | None
    to_config: str
    gate: str | None = None
    reason: str | None = None
    undone: datetime.datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        undone = None if self.undone is None else self.undone.isoformat()
        return {**asdict(self), "at": self.at.isoformat(), "undone": undone}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """Read an entry; what a later version of the guard added is left out."""
        known = {one.name: data.get(one.name) for one in fields(cls)}
        undone = data.get("undone")
        known["undone"] = None if undone is None else datetime.datetime.fromisoformat(undone)
        return cls(**{**known, "at": datetime.datetime.fromisoformat(data["at"])})  # type: ignore[arg-type] # from JSON


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A deployment that the guard let through.

    Attributes:
        id: CloudFormation's id of the request that began it.
        stack: ARN of the stack.
        started: When it began, in UTC.
        source: The endpoint config that served before.
        target: The endpoint config that was asked for.
        variants: The variants whose scaling is recorded.
        taken: Those of them that were deregistered and aren't back yet. A variant is named here before it is touched.
        counts: Desired instances per variant, as they were before.
        keep: Whether the update keeps the live instance counts.
        entry: What goes to the history when the target serves. None where nothing is promoted or taken back.
        done: Whether the deployment is over and all scaling is back.
    """

    id: str
    stack: str
    started: datetime.datetime
    source: str
    target: str
    variants: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    keep: bool = False
    entry: Entry | None = None
    done: bool = False

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return {
            **{one.name: getattr(self, one.name) for one in fields(self)},
            "started": self.started.isoformat(),
            "counts": dict(self.counts),
            "entry": None if self.entry is None else self.entry.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Pending:
        """Read a record; what a later version of the guard added is left out."""
        known = {one.name: data[one.name] for one in fields(cls) if one.name in data}
        entry = data.get("entry")
        known |= {
            "started": datetime.datetime.fromisoformat(data["started"]),
            "variants": tuple(data.get("variants", ())),
            "taken": tuple(data.get("taken", ())),
            "entry": None if entry is None else Entry.from_json(entry),
        }
        return cls(**known)


@dataclass(frozen=True)
class State:
    """What the guard answered before.

    Attributes:
        keep: For an endpoint config, whether its update kept the live instance counts; the last few configs only.
    """

    keep: Mapping[str, bool]


def history(ssm: Any, endpoint: str) -> tuple[Entry, ...]:  # noqa: ANN401 - a boto3 client
    """What was promoted and taken back, the oldest first.

    Args:
        ssm: The client.
        endpoint: The endpoint's name.

    Returns:
        The entries; those that CloudFormation rolled back say so in `Entry.undone`. Nothing if nothing ever happened.

    Raises:
        ClientError: If a call is refused.
    """
    entries: dict[str, Entry] = {}
    for data in _versions(ssm, f"{prefix(endpoint)}/history"):
        if data["kind"] != "undone":
            # A guard that was interrupted may write an entry twice.
            entries.setdefault(data["id"], Entry.from_json(data))
        elif data["id"] in entries:
            at = datetime.datetime.fromisoformat(data["at"])
            entries[data["id"]] = replace(entries[data["id"]], undone=at)
    return tuple(entries.values())


def add_entry(ssm: Any, endpoint: str, entry: Entry) -> None:  # noqa: ANN401 - a boto3 client
    """Add to the history, once; what it already has is left alone."""
    if all(one.id != entry.id for one in history(ssm, endpoint)):
        _write(ssm, f"{prefix(endpoint)}/history", entry.to_json())


def undo_entry(ssm: Any, endpoint: str, entry_id: str, at: datetime.datetime) -> None:  # noqa: ANN401 - a boto3 client
    """Say that a deployment in the history was rolled back; without effect if it isn't there or is undone."""
    if any(one.id == entry_id and one.undone is None for one in history(ssm, endpoint)):
        _write(ssm, f"{prefix(endpoint)}/history", {"id": entry_id, "kind": "undone", "at": at.isoformat()})


def pending(ssm: Any, endpoint: str) -> Pending | None:  # noqa: ANN401 - a boto3 client
    """The deployment under way, or the last one; None if there never was one."""
    data = _read(ssm, f"{prefix(endpoint)}/pending")
    return None if data is None else Pending.from_json(data)


def save_pending(ssm: Any, endpoint: str, record: Pending) -> None:  # noqa: ANN401 - a boto3 client
    """Replace the record of the deployment under way."""
    _write(ssm, f"{prefix(endpoint)}/pending", record.to_json())


def scaling(ssm: Any, endpoint: str, variant: str) -> Mapping[str, Any] | None:  # noqa: ANN401 - a boto3 client
    """The recorded scaling of a variant as JSON; None if there is none."""
    return _read(ssm, f"{prefix(endpoint)}/scaling/{variant}")


def save_scaling(ssm: Any, endpoint: str, variant: str, data: Mapping[str, Any]) -> None:  # noqa: ANN401 - a boto3 client
    """Replace the recorded scaling of a variant.

    Raises:
        RecordTooLargeError: If Parameter Store can't hold it; nothing was written.
    """
    _write(ssm, f"{prefix(endpoint)}/scaling/{variant}", data)


def state(ssm: Any, endpoint: str) -> State:  # noqa: ANN401 - a boto3 client
    """What the guard answered before."""
    data = _read(ssm, f"{prefix(endpoint)}/state") or {}
    return State(keep=data.get("keep", {}))


def save_keep(ssm: Any, endpoint: str, config: str, keep: bool) -> None:  # noqa: ANN401 - a boto3 client
    """Remember what was answered for a config."""
    before = {name: flag for name, flag in state(ssm, endpoint).keep.items() if name != config}
    kept = [*before.items(), (config, keep)][-_CONFIGS_KEPT:]
    _write(ssm, f"{prefix(endpoint)}/state", {"keep": dict(kept)})


def names(ssm: Any, endpoint: str) -> tuple[str, ...]:  # noqa: ANN401 - a boto3 client
    """Names of all parameters that the guard keeps for an endpoint; the template's settings aren't among them."""
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = ssm.get_parameters_by_path(Path=prefix(endpoint), Recursive=True, **token)
        found += [one["Name"] for one in page["Parameters"]]
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    own = [f"{prefix(endpoint)}/{name}" for name in ("history", "pending", "state", "scaling/")]
    return tuple(name for name in found if any(name == one or (one[-1] == "/" and name.startswith(one)) for one in own))


def forget(ssm: Any, endpoint: str, *, keep_history: bool) -> None:  # noqa: ANN401 - a boto3 client
    """Remove the guard's parameters.

    Args:
        ssm: The client.
        endpoint: The endpoint's name.
        keep_history: Whether the history stays.
    """
    gone = [name for name in names(ssm, endpoint) if not (keep_history and name.endswith("/history"))]
    for first in range(0, len(gone), 10):  # API operation DeleteParameters takes ten names
        ssm.delete_parameters(Names=gone[first : first + 10])


def pack(data: Mapping[str, Any]) -> str:
    """JSON as text that a parameter can hold: as it is where that is possible, else compressed.

    Raises:
        RecordTooLargeError: If it can't be made small enough.
    """
    text = json.dumps(data, separators=(",", ":"))
    # Parameter Store takes doubled braces for a reference (API member PutParameterRequest.Value).
    if len(text) <= _STANDARD_VALUE and "{{" not in text:
        return text
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    if len(packed) > LARGEST_VALUE:
        raise RecordTooLargeError(f"{len(packed)} bytes, Parameter Store holds {LARGEST_VALUE}")
    return packed


def unpack(text: str) -> dict[str, Any]:
    """What `pack` packed."""
    whole = text if text.startswith("{") else zlib.decompress(base64.b64decode(text)).decode()
    data: dict[str, Any] = json.loads(whole)
    return data


def _read(ssm: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401 - a boto3 client
    try:
        return unpack(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise


def _write(ssm: Any, name: str, data: Mapping[str, Any]) -> None:  # noqa: ANN401 - a boto3 client
    ssm.put_parameter(Name=name, Value=pack(data), Type="String", Overwrite=True, Tier="Intelligent-Tiering")


def _versions(ssm: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401 - a boto3 client
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    try:
        while True:
            page = ssm.get_parameter_history(Name=name, **token)
            found += page["Parameters"]
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
    return [unpack(one["Value"]) for one in sorted(found, key=lambda one: one["Version"])]
