"""Odd values, for tests that pass anything to anybody."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import strategies as st

from tests.values.samples import KEY_ARN, hardware, model, variant

CASES = int(os.environ.get("FUZZ_CASES", "40"))
# A run of few cases is the same every time; one of many looks for what is new.
FEW = 200

ODD: st.SearchStrategy[Any] = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=5),
    st.sampled_from([10**400, -(10**400), 2**63, 1e308, 5e-324, "${Token[TOKEN.1]}", "#{Token[TOKEN.1]}", "\ud800"]),
    st.sampled_from(["s3://b/k.tar.gz", "arn:aws:kms:eu-west-1:111122223333:key/x", "ml.m5.xlarge", "cron(x)", "a", 1]),
    st.sampled_from([object(), type, [], {}, (), [[]], {"a": None}, [None], {1: 2}, [{}], {"PolicyName": "p"}]),
    st.sampled_from([hardware(), model(), variant()]),
)
"""Anything at all: wrong types, huge and tiny numbers, tokens, half surrogate pairs, values of ours."""

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
    st.sampled_from(["s3://b/k", "s3://bucket/", "s3://bucket/a b", "s3://bucket/é/", "s3://bucket/" + "k" * 1100]),
    st.sampled_from([KEY_ARN, KEY_ARN + "/", "arn:aws:kms:eu-west-1:111122223333:alias/a", "arn:aws-cn:s3:::b"]),
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.from_regex(r"[a-zA-Z0-9._/+-]{1,70}", fullmatch=True),
)
"""Texts on both sides of the patterns that the services have."""
