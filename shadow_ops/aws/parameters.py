"""SSM parameters that hold JSON: read, write, make once, list, remove."""

from __future__ import annotations

import base64
import datetime
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws.boto import Client, pages
from shadow_ops.contract.text import LARGEST_VALUE, compact

_STANDARD_VALUE = 4096


def time_of(text: str) -> datetime.datetime:
    """A time in a record.

    Raises:
        ValueError: If it is none, or doesn't say its offset: nothing could be told of before and after.
    """
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} says no offset from UTC")
    return found


class RecordTooLargeError(ValueError):
    """A record that Parameter Store can't hold."""


class DamagedRecordError(ValueError):
    """A record that can't be read: somebody else wrote it, or part of it is gone."""

    def __str__(self) -> str:
        """The sentence; what it quotes is as long as whoever wrote it pleased."""
        return super().__str__()[:2000]


def pack(data: Mapping[str, Any]) -> str:
    """JSON as text that a parameter can hold: as it is where that is possible, else compressed.

    Raises:
        RecordTooLargeError: If it can't be made small enough.
    """
    text = compact(data)
    if len(text.encode()) <= _STANDARD_VALUE:
        return text
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    if len(packed) > LARGEST_VALUE:
        raise RecordTooLargeError(f"{len(packed)} bytes, Parameter Store holds {LARGEST_VALUE}")
    return packed


def unpack(text: str, name: str = "a parameter") -> dict[str, Any]:
    """What `pack` packed.

    Args:
        text: The parameter's value.
        name: Its name, for the error.

    Raises:
        DamagedRecordError: If it isn't that.
    """
    try:
        whole = text if text.startswith("{") else zlib.decompress(base64.b64decode(text)).decode()
        data = json.loads(whole)
    except (ValueError, RecursionError, zlib.error) as error:
        raise DamagedRecordError(f"{name} isn't a record of ours ({error})") from None
    if not isinstance(data, dict):
        raise DamagedRecordError(f"{name} isn't a record of ours")
    return data


def read(ssm: Client, name: str) -> dict[str, Any] | None:
    """What a parameter holds; None if it isn't there.

    Raises:
        DamagedRecordError: If it isn't one of ours.
        ClientError: If the call is refused.
    """
    text = text_of(ssm, name)
    return None if text is None else unpack(text, name)


def text_of(ssm: Client, name: str) -> str | None:
    """The text of a parameter as it is; None if it isn't there.

    Raises:
        ClientError: If the call is refused.
    """
    try:
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise


def write(ssm: Client, name: str, data: Mapping[str, Any]) -> None:
    """Make a parameter, or replace what it holds.

    Raises:
        RecordTooLargeError: If Parameter Store can't hold it; nothing was written.
    """
    ssm.put_parameter(Name=name, Value=pack(data), Type="String", Overwrite=True, Tier="Intelligent-Tiering")


def make(ssm: Client, name: str, data: Mapping[str, Any]) -> bool:
    """Make a parameter; of all who try at once, one succeeds.

    Returns:
        Whether it was made; False if it is there already, as it was.
    """
    try:
        ssm.put_parameter(Name=name, Value=pack(data), Type="String", Overwrite=False, Tier="Intelligent-Tiering")
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterAlreadyExists":
            return False
        raise
    return True


def under(ssm: Client, path: str) -> dict[str, str]:
    """The parameters below a path and their values, packed as they are."""
    listed = pages(ssm.get_parameters_by_path, Path=path, Recursive=True)
    return {one["Name"]: one["Value"] for page in listed for one in page["Parameters"]}


def remove(ssm: Client, names: Iterable[str]) -> None:
    """Remove parameters; fine if they aren't there."""
    gone = list(names)
    for first in range(0, len(gone), 10):  # API operation DeleteParameters takes ten names
        ssm.delete_parameters(Names=gone[first : first + 10])
