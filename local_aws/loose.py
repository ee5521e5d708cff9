"""Names for values whose types are not ours to know."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Whatever a client sent or gets, decoded from JSON or CBOR, before it has been checked."""

Foreign: TypeAlias = Any
"""An object of ministack, which has no type hints."""
