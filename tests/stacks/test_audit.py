"""What validators say is held against the table of docs/security.md; `make audit` runs the validators themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.stacks.test_validity import ACKNOWLEDGED, IGNORED_BY_LINT
from tools.audit.findings import ReasonsError, problems, reasons

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
TABLE = "text\n\n| finding | of | why it stays |\n| --- | --- | --- |\n{}\nmore text\n"


def test_every_reason_is_read() -> None:
    """Several patterns in a row share its reason; what follows the table is no part of it."""
    made = reasons(TABLE.format("| `*-A`, `CKV_1` | roles | as it should be |\n| `W1` | config | a reason it is |\n"))

    assert made == {"*-A": "as it should be", "CKV_1": "as it should be", "W1": "a reason it is"}
    assert len(reasons(PAGE)) > 20


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("no table", "there is no table"),
        (TABLE.format("| `A` | roles | |"), "no reason is given for `A`"),
        (TABLE.format("| `A` | x | a good reason |\n| `A` | y | a good reason |"), "A is there twice"),
    ],
)
def test_fails_with_a_table_that_says_nothing(page: str, said: str) -> None:
    """No table, a finding without a reason, one that has two."""
    with pytest.raises(ReasonsError, match=said):
        reasons(page)


def test_a_finding_without_a_reason_and_a_reason_without_a_finding_are_told() -> None:
    """The table is complete, and holds nothing that is over."""
    assert list(problems(["HIPAA-A", "PCI-A", "W1[detail]"], ["*-A", "W1"])) == []
    assert list(problems(["HIPAA-A", "B"], ["*-A", "C"])) == [
        "B has no reason in docs/security.md: mend it, or say there why it stays",
        "C is found no more: take it out of docs/security.md",
    ]


def test_what_the_suite_lets_through_has_its_reason_in_the_docs_too() -> None:
    """Findings that the tests of templates acknowledge are in the table."""
    codes = {re.split(r"\\\[", pattern)[0] for pattern in ACKNOWLEDGED} | set(IGNORED_BY_LINT)

    assert [one for one in problems(codes, reasons(PAGE)) if "has no reason" in one] == []
