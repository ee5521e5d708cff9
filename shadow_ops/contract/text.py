"""JSON as text that travels: in a template, in a custom resource's properties, in Parameter Store."""

from __future__ import annotations

import json

_CONTROLS = frozenset(chr(code) for code in (*range(32), 127)) - {"\t", "\n"}
LARGEST_VALUE = 8192
"""Largest value of a parameter, in bytes (SSM API member PutParameterRequest.Value); a standard one takes 4096."""


def compact(value: object) -> str:
    """A value as JSON text in ASCII, as templates are, the same for the same value; CDK tokens in it stay whole.

    Doubled braces are a dynamic reference to CloudFormation and a reference to Parameter Store, wherever they come
    from. In compact JSON they stand in texts alone, where an escape says the same.
    """
    return json.dumps(value, separators=(",", ":")).replace("{{", "{\\u007b")


def is_writable(text: str) -> bool:
    """Whether a text can stand in a template, a parameter and a log: no half of a surrogate pair, no control character.

    Tabs and line ends may be.
    """
    return _CONTROLS.isdisjoint(text) and not any("\ud800" <= one <= "\udfff" for one in text)


def is_line(text: str) -> bool:
    """Whether a text can stand wherever one line is read by people: writable, without line ends and tabs, and known.

    A CDK token isn't known before deployment, and shows as a number that is another one with every change of the code.
    """
    return is_writable(text) and not any(one in text for one in ("\n", "\t", "${Token[", "#{Token["))


def from_ascii(text: str) -> str:
    """The text that `properties.to_ascii` was given."""
    try:
        read = json.loads(text) if text.startswith('"') else text
    except ValueError:
        return text
    # A user's own quotes around ASCII stay.
    return read if isinstance(read, str) and not read.isascii() else text
