"""Counts of one stretch of captured answers: bounded, of the right time, and joined as well as the whole."""

from __future__ import annotations

import datetime
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses import counting
from shadow_ops.responses.counted import SIDES
from shadow_ops.responses.counting import Counts, Time, count, newest
from shadow_ops.responses.layout import HOUR, Item, folder
from shadow_ops.responses.local import FolderSource
from shadow_ops.responses.source import S3Source
from tests.ops.responses.captured import START, Said, write
from tests.ops.responses.fake_s3 import FakeS3

AN_HOUR = Time(START, START + HOUR)


def said(number: int, differing: int = 0, start: int = 0, **rest: Any) -> list[Said]:  # noqa: ANN401 - as `Said`
    """Answers, the first of which are others."""
    return [Said(f"id-{start + n}", "0.9" if n < differing else "0.1", f"{start + n}", **rest) for n in range(number)]


def counted(root: Path, stretch: Time = AN_HOUR) -> Counts:
    """The counts of a folder."""
    return count(FolderSource(root), SIDES, stretch, Comparison())


def numbers(found: Counts) -> tuple[int, int, int]:
    """Compared, agreeing and unjoined."""
    return found.compared, found.agreeing, found.unjoined


def test_an_hour_is_counted(tmp_path: Path) -> None:
    """Production's answers that weren't copied are none of the unjoined; lines that are no records are counted."""
    write(tmp_path, "production", [*said(1000), b"no record"])
    write(tmp_path, "shadow", [*said(500, differing=50), Said("other", "0.1", "x")])
    found = counted(tmp_path)
    assert numbers(found) == (500, 450, 1)
    assert found.records == (1001, 501)


def test_what_could_not_be_compared_is_unjoined(tmp_path: Path) -> None:
    """A part that no answer has, and answers that the shadow alone didn't give."""
    write(tmp_path, "production", said(100))
    write(tmp_path, "shadow", [*said(50), *[Said(f"id-{n}", "", f"{n}") for n in range(50, 100)]])
    assert numbers(counted(tmp_path)) == (50, 50, 50)
    for side in SIDES:
        write(tmp_path / "part", side, [Said(f"id-{n}", '{"score": 1}', f"{n}") for n in range(100)])
    found = count(FolderSource(tmp_path / "part"), SIDES, AN_HOUR, Comparison(answer="$.scores"))
    assert numbers(found) == (0, 0, 100)


def test_packed_files_are_read_too(tmp_path: Path) -> None:
    """Somebody packs what is captured."""
    for side in SIDES:
        write(tmp_path, side, said(5))
        for file in (tmp_path / side).rglob("*.jsonl"):
            file.with_suffix(".jsonl.gz").write_bytes(gzip.compress(file.read_bytes()))
            file.unlink()
    assert numbers(counted(tmp_path)) == (5, 5, 0)


def test_an_object_that_expires_after_it_was_listed_is_passed_over(tmp_path: Path) -> None:
    """A rule of the bucket's life cycle, or somebody who clears up, ends no look at the rest."""

    class Expiring(FakeS3):
        def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto3's names
            pages = list(super().paginate(Bucket, Prefix))
            for key in [key for key in self.objects if key.startswith(Prefix)][1:]:
                del self.objects[key]
            return iter(pages)

    for side in SIDES:
        write(tmp_path, side, said(5))
        write(tmp_path, side, said(5, start=5), name="01-10-123-b.jsonl")
    kept = {str(file.relative_to(tmp_path)): file.read_bytes() for file in sorted(tmp_path.rglob("*.jsonl"))}
    assert len(kept) == 4
    found = count(S3Source(Expiring(kept), "captures", ""), SIDES, AN_HOUR, Comparison())
    assert numbers(found) == (5, 5, 0)


def test_of_a_test_that_began_within_the_hour_only_its_own_answers_count(tmp_path: Path) -> None:
    """What was captured before is another shadow's."""
    for side in SIDES:
        early, late = said(5, 5 if side == "shadow" else 0), said(5, start=5, time="2026-11-24T08:30:00Z")
        write(tmp_path, side, early)
        write(tmp_path, side, [early[0], *late], name="30-15-0-a.jsonl")
    begun = Time(START + datetime.timedelta(minutes=30), START + HOUR)
    assert numbers(counted(tmp_path, begun)) == (5, 5, 0)


def test_of_a_large_hour_some_minutes_are_read_and_join_completely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of both sides begin at other seconds: each record's own time decides, the same minutes each time."""
    for number, side in enumerate(SIDES):
        for minute in range(60):
            some = said(20, 5 * number, 20 * minute, time=f"2026-11-24T08:{minute:02}:30Z")
            write(tmp_path, side, some, name=f"{minute:02}-{15 + number}-0-a.jsonl")
    size = sum(file.stat().st_size for file in tmp_path.rglob("*.jsonl"))
    monkeypatch.setattr(counting, "MOST_BYTES", size // 3)
    found = counted(tmp_path)

    assert found == counted(tmp_path)
    assert found.time.end - found.time.start == datetime.timedelta(minutes=10)
    assert numbers(found) == (200, 150, 0)
    assert found.records == (200, 200)


def busy(root: Path, *, apart: int = 0, by_id: bool = True) -> int:
    """An hour with answers of every tenth second; what a minute of both sides comes to."""
    for number, side in enumerate(SIDES):
        for minute in range(60):
            some = []
            for second in range(0, 60, 10):
                time = START + datetime.timedelta(minutes=minute, seconds=second + apart * number)
                name, request = f"id-{minute}-{second}" if by_id else None, f"{minute},{second}"
                some.append(Said(name, "0.1", request, time=f"{time:%Y-%m-%dT%H:%M:%SZ}"))
            write(root, side, some, name=f"{minute:02}-{10 + number}-0-a.jsonl")
    return sum(file.stat().st_size for file in root.rglob("*.jsonl")) // 60


class Reading(FolderSource):
    """Keeps how many bytes were read of each file."""

    sizes: ClassVar[list[int]] = []

    def read(self, item: Item) -> bytes:
        """The bytes of a file."""
        content = super().read(item)
        self.sizes.append(len(content))
        return content


@pytest.fixture
def sizes() -> list[int]:
    """What is read from now on."""
    Reading.sizes.clear()
    return Reading.sizes


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.parametrize("apart", [0, 4, -4, 9, -9])
@pytest.mark.parametrize(("minutes", "length"), [(70, None), (20, 1200), (6.1, 60), (3.5, 60), (0.9, 0)])
def test_no_more_is_read_than_the_memory_holds(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sizes: list[int],
    minutes: float,
    length: int | None,
    apart: int,
    by_id: bool,
) -> None:
    """With all files that may hold what is counted: of large ones' seconds; of too large ones nothing is read.

    Whatever the clocks of both sides say, no pair is torn at an edge.
    """
    monkeypatch.setattr(counting, "MOST_BYTES", int(busy(tmp_path, apart=apart, by_id=by_id) * minutes))
    found = count(Reading(tmp_path), SIDES, AN_HOUR, Comparison())
    assert sum(sizes) <= counting.MOST_BYTES
    assert found.unjoined == 0
    assert found.is_unread is (length == 0)
    if length is None:
        assert (found.time, found.compared) == (AN_HOUR, 360)
    elif length:
        seconds = (found.time.end - found.time.start).total_seconds()
        assert length / 4 <= seconds <= length
        assert found.records == (seconds // 10, seconds // 10)
        assert found.compared == seconds // 10
    else:
        assert (numbers(found), sizes) == ((0, 0, 0), [])


def test_what_one_side_lacks_is_unjoined_in_each_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what belongs to the time that is read; what is beyond its edges counts for nothing."""
    monkeypatch.setattr(counting, "MOST_BYTES", busy(tmp_path) * 20)
    for file in (tmp_path / "shadow").rglob("*.jsonl"):
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join([line.replace(b"id-", b"no-") for line in lines[:3]] + lines[3:]))
    found = counted(tmp_path)
    assert found.compared == found.unjoined == found.records[0] / 2 == found.records[1] / 2 > 0


def test_each_minute_may_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one, too."""
    monkeypatch.setattr(counting, "MOST_BYTES", int(busy(tmp_path) * 5.5))
    listed = [list(FolderSource(tmp_path).files(folder(side, START))) for side in SIDES]
    drawn = set()
    for number in range(600):
        start, items = START - number * HOUR, []
        for side, some in zip(SIDES, listed, strict=True):
            items.append([one._replace(key=folder(side, start) + one.key.rpartition("/")[2]) for one in some])
        found = counting._chosen(items, Time(start, start + HOUR))
        assert found is not None
        drawn.add((found[0].start - start) // datetime.timedelta(minutes=1))
    assert drawn == set(range(60))


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_would_take_the_memory_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], packed: bool
) -> None:
    """Nor its part of the hour, as answers would have no partner there; a packed one may come to ten times its size."""
    a_minute = busy(tmp_path)
    monkeypatch.setattr(counting, "MOST_BYTES", a_minute * 20)
    large = a_minute * (2 if packed else 20) + 20
    name = f"30-11-0-b.jsonl{'.gz' if packed else ''}"
    (tmp_path / folder("shadow", START) / name).write_bytes(b" " * large)
    found = count(Reading(tmp_path), SIDES, AN_HOUR, Comparison())
    assert large not in sizes
    assert found.compared > 0 == found.unjoined
    assert START + HOUR / 2 not in found.time


def test_repeated_requests_tell_the_noise(tmp_path: Path) -> None:
    """What production answers otherwise than usually, as the command line counts it."""
    answers = [Said(f"id-{n}", "0.2" if n == 3 else "0.1", "the same") for n in range(10)]
    for side in SIDES:
        write(tmp_path, side, answers)
    found = counted(tmp_path)
    assert (found.repeated, found.steady) == (9, 8)


def test_a_stretch_without_answers_counts_nothing(tmp_path: Path) -> None:
    """Zero pairs, which is no agreement."""
    assert counted(tmp_path) == Counts(AN_HOUR, (0, 0))


def test_the_newest_file_is_known_by_its_name(tmp_path: Path) -> None:
    """Of the last hour that has any; names that say nothing are none."""
    source, now = FolderSource(tmp_path), START + datetime.timedelta(hours=5)
    assert newest(source, "shadow", now, START) is None
    write(tmp_path, "shadow", said(1), name="07-08-123-a.jsonl")
    write(tmp_path, "shadow", said(1), name="unnamed.jsonl")
    assert newest(source, "shadow", now, START) == START + datetime.timedelta(minutes=7, seconds=8)
