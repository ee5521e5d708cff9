"""JSON as text that travels: in a template, in a custom resource's properties, in Parameter Store."""

from __future__ import annotations

import json

LARGEST_VALUE = 8192
"""Largest value of a parameter, in bytes (SSM API member PutParameterRequest.Value); a standard one takes 4096."""


def compact(value: object) -> str:
    """A value as JSON text, the same for the same value; CDK tokens in it stay whole.

    Doubled braces are a dynamic reference to CloudFormation and a reference to Parameter Store, wherever they come
    from. In compact JSON they stand in texts alone, where an escape says the same.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("{{", "{\\u007b")
