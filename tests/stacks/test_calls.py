"""What an endpoint costs beside the same template written by hand, in what can be counted on any machine."""

from __future__ import annotations

from benchmarks.calls import calls


def test_an_endpoint_asks_the_cdk_little_more_than_literals_do_however_many_there_are() -> None:
    """Each question is a message to another process: at most thirteen for ten, and each endpoint costs the same."""
    found = calls((1, 2, 4))

    library, floor = found["library"], found["floor"]
    assert library[2] - library[1] == 2 * (library[1] - library[0])
    assert 10 * (library[1] - library[0]) <= 13 * (floor[1] - floor[0])
