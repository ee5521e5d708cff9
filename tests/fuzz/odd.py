"""Odd values, for tests that pass anything to anybody."""

from __future__ import annotations

import datetime
import enum
import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from hypothesis import strategies as st

from tests.values.samples import KEY_ARN, hardware, model, variant
from tests.values.test_awkward import Awkward

CASES = int(os.environ.get("FUZZ_CASES", "40"))
# A run of few cases is the same every time; one of many looks for what is new.
FEW = 200


class Numbered(enum.IntEnum):
    """A number that isn't an int alone."""

    FIVE = 5


ITSELF: list[Any] = []
ITSELF.append(ITSELF)
OBJECTS: list[Any] = [
    *(object(), type, Awkward(), ITSELF, [ITSELF], {"a": ITSELF}, range(10**9), lambda: None),
    *(Decimal("NaN"), Decimal(5), Fraction(1, 3), 5j, datetime.date(2026, 1, 1), datetime.timedelta(1), Path("x")),
    *(Numbered.FIVE, frozenset("ab"), bytearray(b"x"), memoryview(b"x"), float("nan"), float("-inf"), -0.0),
    *(cdk.Duration.minutes(5), cdk.Token.as_list({"Ref": "X"}), cdk.Token.as_number({"Ref": "X"}), cdk.Aws.REGION),
    cdk.SecretValue.unsafe_plain_text("x"),
]
"""Objects of Python's and of the CDK's that somebody has in hand."""
LONG = ["x" * 100_000, "9" * 5000, "\u202e\u2066evil", "a\nb", "\x1b[2J", "{{resolve:ssm:x}}", "é" * 300, " ", "\u00a0"]

ODD: st.SearchStrategy[Any] = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=5),
    st.sampled_from([10**400, -(10**400), 2**63, 1e308, 5e-324, "${Token[TOKEN.1]}", "#{Token[TOKEN.1]}", "\ud800"]),
    st.sampled_from(
        ["s3://bucket/k.tar.gz", "arn:aws:kms:eu-west-1:111122223333:key/x", "ml.m5.xlarge", "cron(x)", "a", 1]
    ),
    st.sampled_from([object(), type, [], {}, (), [[]], {"a": None}, [None], {1: 2}, [{}], {"PolicyName": "p"}]),
    st.sampled_from([hardware(), model(), variant()]),
    st.sampled_from(OBJECTS),
    st.sampled_from(LONG),
)
"""Anything at all: wrong types, huge and tiny numbers, tokens, half surrogate pairs, long texts, values of ours."""

NUMBERS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([-1, 0, 1, 2, 5, 10, 16, 50, 59, 60, 61, 100, 101, 128, 200, 201, 299, 300, 301, 480, 512, 513]),
    st.sampled_from([1023, 1024, 1025, 2048, 3600, 3601, 6144, 65_536, 65_537, 2**31 - 1, 2**31, 10**400]),
    st.integers(0, 4000),
    st.floats(0, 500),
)
"""Numbers on both sides of the limits that the services have."""

TEXTS: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(
        ["", "a", "A-b", "-a", "a-", "a" * 63, "a" * 64, "a" * 255, "a" * 256, "1", "a b", "é", "a/b", "a\n"]
    ),
    st.sampled_from(
        ["s3://bucket/k", "s3://bucket/", "s3://bucket/a b", "s3://bucket/é/", "s3://bucket/" + "k" * 1100]
    ),
    st.sampled_from([KEY_ARN, KEY_ARN + "/", "arn:aws:kms:eu-west-1:111122223333:alias/a", "arn:aws-cn:s3:::b"]),
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.from_regex(r"[a-zA-Z0-9._/+-]{1,70}", fullmatch=True),
)
"""Texts on both sides of the patterns that the services have."""
