"""What was promoted and taken back on an endpoint. It outlives the stack, and nothing in it is changed or removed.

Each entry is an SSM parameter of its own, ``/shadow-test/<endpoint>/history/<id>``, made once; that CloudFormation took
a deployment back is one more, ``<id>.undone``. An account and region holds ten thousand standard parameters, which cost
nothing. Earlier versions of this library wrote the versions of the one parameter ``…/history``, of which Parameter
Store keeps a hundred; they are read as well.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client, pages
from shadow_ops.contract.declared import prefix
from shadow_ops.contract.typed import damage, fields_in

_ALWAYS = ("id", "kind", "by", "stack", "from_config", "to_config")
COUNT = "InitialInstanceCount"
"""Of a variant, the number of its instances: people change it, and scaling does, without a test."""


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
        from_variant: Variant that served before, where the promotion may have renamed it: of a managed test.
        to_variant: Variant that serves since, likewise.
        from_type: Instance type that it served on. None in entries of earlier versions.
        to_type: Instance type that serves since, likewise.
        from_content: What its model was made of, as a hash: SageMaker models of other names may be the same. None in
            entries of earlier versions.
        to_content: What the model is made of that serves since, likewise.
        from_hardware: All that the variant's config said of its instances; None likewise, and of managed tests.
        to_hardware: What the config of what serves since says of them, likewise.
        gate: What the gate said, or why it wasn't asked or was overruled. None for a way back.
        reason: Why it was taken back. None for a promotion.
        reason_by: Who had put on record why it is taken back, or why the gate is overruled. None where nobody had: the
            reason came with the deployment, or none was needed.
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
    from_variant: str | None = None
    to_variant: str | None = None
    from_type: str | None = None
    to_type: str | None = None
    from_content: str | None = None
    to_content: str | None = None
    from_hardware: Mapping[str, Any] | None = None
    to_hardware: Mapping[str, Any] | None = None
    gate: str | None = None
    reason: str | None = None
    reason_by: str | None = None
    undone: datetime.datetime | None = None

    @property
    def of_hardware(self) -> bool:
        """Whether one model moved to other instances, though SageMaker may know it by another name by then."""
        same = (self.from_version, self.from_content) == (self.to_version, self.to_content)
        return self.from_model == self.to_model or bool(same and self.from_content is not None and self.moved)

    @property
    def instances(self) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
        """What is known of the instances before and since; None for nothing."""
        return _known(self.from_hardware, self.from_type), _known(self.to_hardware, self.to_type)

    @property
    def moved(self) -> tuple[str, ...]:
        """In what the instances differ, as far as it is known; in their number only if in nothing else."""
        one, other = self.instances
        return () if one is None or other is None else differing(one, other)

    @property
    def spoken(self) -> tuple[str, str]:
        """The instances before and since, by what tells them apart."""
        one, other = (_spoken(side, self.moved) for side in self.instances)
        return one, other

    def to_json(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        undone = None if self.undone is None else self.undone.isoformat()
        return {**asdict(self), "at": self.at.isoformat(), "undone": undone}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """Read an entry; what a later version of the guard added is left out."""
        known: dict[str, Any] = {one.name: None for one in fields(cls) if "None" in str(one.type)}
        # Earlier versions wrote null where they knew nothing.
        known |= fields_in(cls, {name: value for name, value in data.items() if value is not None or name not in known})
        known |= {name: data[name] for name in _ALWAYS}
        if not all(isinstance(known[side], dict | None) for side in ("from_hardware", "to_hardware")):
            raise ValueError("what it says of instances is no object")
        undone = data.get("undone")
        known["undone"] = None if undone is None else parameters.time_of(undone)
        return cls(**{**known, "at": parameters.time_of(data["at"])})


def path(endpoint: str) -> str:
    """Where the history of an endpoint lies; the parameter of this very name is that of earlier versions."""
    return f"{prefix(endpoint)}/history"


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """In what two variants' instances differ; in their number only if in nothing else."""
    names = tuple(sorted(name for name in {*one, *other} if one.get(name) != other.get(name)))
    return tuple(name for name in names if name != COUNT) or names


def since(entries: Iterable[Entry], created: datetime.datetime | None) -> tuple[Entry, ...]:
    """Those about an endpoint that was created then: earlier ones are of another endpoint that had its name."""
    return tuple(one for one in entries if created is None or one.at >= created)


def history(ssm: Client, endpoint: str, made: dict[str, Any] | None = None) -> tuple[Entry, ...]:
    """What was promoted and taken back, the oldest first.

    Args:
        ssm: The client.
        endpoint: The endpoint's name.
        made: What was read before of what earlier versions wrote, and nobody does any more; what is read goes there.

    Returns:
        The entries; those that CloudFormation rolled back say so in `Entry.undone`. Nothing if nothing ever happened.

    Raises:
        DamagedRecordError: If one of them can't be read.
        ClientError: If a call is refused.
    """
    kept = parameters.under(ssm, path(endpoint)).items()
    made = {} if made is None else made
    if "earlier" not in made:
        made["earlier"] = [(path(endpoint), data) for data in _earlier(ssm, path(endpoint))]
    found: list[tuple[str, dict[str, Any]]] = list(made["earlier"])
    found += [(name, parameters.unpack(value, name)) for name, value in kept]
    entries: dict[str, Entry] = {}
    undone: dict[str, datetime.datetime] = {}
    for name, data in found:
        try:
            if data["kind"] == "undone":
                undone.setdefault(data["id"], parameters.time_of(data["at"]))
            else:
                # An earlier version of the guard that was interrupted may have written an entry twice.
                entries.setdefault(data["id"], Entry.from_json(data))
        except (KeyError, TypeError, ValueError) as error:
            said = f"the entry {name} of the history of {endpoint} can't be read ({damage(error)})"
            raise parameters.DamagedRecordError(said) from None
    known = (replace(one, undone=undone[one.id]) if one.id in undone else one for one in entries.values())
    return tuple(sorted(known, key=lambda one: one.at))


def add_entry(ssm: Client, endpoint: str, entry: Entry) -> None:
    """Add to the history, once; what it already has is left alone."""
    parameters.make(ssm, f"{path(endpoint)}/{entry.id}", entry.to_json())


def undo_entry(
    ssm: Client,
    endpoint: str,
    entry_id: str,
    at: datetime.datetime,
    *,
    there: bool = False,
) -> None:
    """Say that a deployment in the history was rolled back; without effect if it isn't there or is undone.

    Args:
        ssm: The client.
        endpoint: The endpoint's name.
        entry_id: Which entry.
        at: When it was rolled back.
        there: Whether it is known to be there. By default it is looked up.
    """
    if there or parameters.read(ssm, f"{path(endpoint)}/{entry_id}") is not None:
        undone = {"id": entry_id, "kind": "undone", "at": at.isoformat()}
        parameters.make(ssm, f"{path(endpoint)}/{entry_id}.undone", undone)


def _known(hardware: Mapping[str, Any] | None, kind: str | None) -> Mapping[str, Any] | None:
    # Earlier versions wrote down the type alone.
    return hardware if hardware is not None or kind is None else {"InstanceType": kind}


def _spoken(hardware: Mapping[str, Any] | None, names: Iterable[str]) -> str:
    said = {"InstanceType": "{}", COUNT: "{} instances"}
    known = hardware or {}
    parts = [said.get(name, f"{name} {{}}").format(known.get(name, "by default")) for name in names]
    return " and ".join(parts) or str(known.get("InstanceType", "instances that aren't on record"))


def _earlier(ssm: Client, name: str) -> Iterator[dict[str, Any]]:
    """The versions of the one parameter of earlier versions of this library, the oldest first."""
    found: list[dict[str, Any]] = []
    try:
        for page in pages(ssm.get_parameter_history, Name=name):
            found += page["Parameters"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
    return (parameters.unpack(one["Value"], name) for one in sorted(found, key=lambda one: int(one["Version"])))
