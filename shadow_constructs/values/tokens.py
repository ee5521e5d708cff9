"""Telling CDK tokens from plain values without starting the CDK.

A token stands for something known only at deployment. The CDK encodes tokens as strings, one-element lists and
very negative numbers (`aws_cdk.Token`), so an unguarded ``n < 1`` or a length check would judge the placeholder.
Values are pure Python; asking the CDK itself would start a Node process and cost about 0.3 ms a question.
"""

from __future__ import annotations

_STRING_MARK = "${Token["
_LIST_MARK = "#{Token["
# Encoded numbers have this exponent range (aws-cdk-lib, core/lib/private/encoding.ts: tokens are NaN-like doubles
# whose upper 16 bits read 0xFBFF, which puts every one of them below -1.8e289 and above -1.9e289).
_NUMBER_HIGHEST = -1.8e289
_NUMBER_LOWEST = -1.9e289


def is_token(value: object) -> bool:
    """Whether a string, number or element of a list is, or contains, a CDK token."""
    if isinstance(value, str):
        return _STRING_MARK in value or _LIST_MARK in value
    if isinstance(value, float | int):
        return _NUMBER_LOWEST < value < _NUMBER_HIGHEST
    return False
