"""What a request is counted under."""

from __future__ import annotations

import pytest

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.segment import NONE, segmenter


@pytest.mark.parametrize(
    ("request_", "segment"),
    [
        ("7,blue,1", "blue"),
        ('7,"Doe, Jane",1', "Doe, Jane"),
        ('7,"a\nb",1', "a\nb"),
        ("7,blue\r8,red", "blue"),
        ("7;blue;1", NONE),
        ("7", NONE),
        ("", NONE),
        ('7,"blue', NONE),
    ],
)
def test_a_column_is_what_a_reader_of_csv_finds(request_: str, segment: str) -> None:
    """With quoted commas and line ends in it; where it isn't, the request has no segment."""
    tell = segmenter(Comparison(by="2"), show_requests=True)
    assert tell is not None
    assert tell(request_, "CSV") == segment
