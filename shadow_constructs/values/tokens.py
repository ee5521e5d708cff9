"""Telling CDK tokens from plain values without starting the CDK.

A token stands for something known only at deployment. The CDK encodes tokens as strings, one-element lists and
very negative numbers (`aws_cdk.Token`), so an unguarded ``n < 1`` or a length check would judge the placeholder.
Values are pure Python; asking the CDK itself would start a Node process and cost about 0.3 ms a question.
"""

from __future__ import annotations

import re
import struct

TOKEN = re.compile(r"[$#]\{Token\[[^\]]*\]\}")
"""One encoded token in a text."""

_STRING_MARK = "${Token["
_LIST_MARK = "#{Token["
# The first two bytes of an encoded number (aws-cdk-lib, core/lib/private/encoding.ts, DOUBLE_TOKEN_MARKER_BITS).
_NUMBER_MARK = b"\xfb\xff"


def is_list(text: str) -> bool:
    """Whether a text stands for a whole list, as the only element of a list that is known at deployment only does."""
    return _LIST_MARK in text


def is_token(value: object) -> bool:
    """Whether a string, number or element of a list is, or contains, a CDK token."""
    if isinstance(value, str):
        return _STRING_MARK in value or _LIST_MARK in value
    return isinstance(value, float) and struct.pack(">d", value).startswith(_NUMBER_MARK)
