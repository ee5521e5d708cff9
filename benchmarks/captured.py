"""Captured data for measurements: seeded, in SageMaker's layout, with losses and answers that differ."""

from __future__ import annotations

import random
from pathlib import Path

_COLUMNS = 20
_DAY = "2026/11/24"


def write(root: Path, pairs: int, hours: int, files: int, seed: int = 1) -> int:
    """Write both variants' records of some hours.

    One in a hundred is missing in the shadow; three in ten answers are equal, the others differ a little.

    Args:
        root: The endpoint's folder.
        pairs: About how many requests.
        hours: Over how many hours.
        files: Files of each side and hour.
        seed: The same seed writes the same bytes.

    Returns:
        How many bytes were written.
    """
    draw = random.Random(seed)
    # Requests are drawn from cells made beforehand: the generator must not take longer than what it is for.
    cells = [f"{draw.random() * 100:.4g}" for _ in range(5000)]
    size = 0
    for hour in range(hours):
        for number in range(files):
            sides: tuple[list[str], list[str]] = ([], [])
            for place in range(pairs // (hours * files)):
                key = f"{hour:02d}{number:02d}{place:06d}"
                start = draw.randrange(len(cells) - _COLUMNS)
                request = f"{place}," + ",".join(cells[start : start + _COLUMNS - 1])
                one = draw.random()
                other = one if draw.random() < 0.3 else min(1.0, max(0.0, one + draw.gauss(0, 0.02)))
                for side, answer in enumerate((one, other)):
                    if side == 0 or draw.random() >= 0.01:
                        sides[side].append(_line(key, side, request, answer, f"{hour:02d}:{number:02d}"))
            for name, lines in zip(("production", "shadow"), sides, strict=True):
                file = root / name / _DAY / f"{hour:02d}" / f"{number:02d}-00-000-{seed}.jsonl"
                file.parent.mkdir(parents=True, exist_ok=True)
                size += file.write_text("".join(lines))
    return size


def _line(key: str, side: int, request: str, answer: float, minute: str) -> str:
    return (
        '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"'
        f'{request}","encoding":"CSV"}},"endpointOutput":{{"observedContentType":"text/csv; charset=utf-8",'
        f'"mode":"OUTPUT","data":"{answer:.9g}","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"{key}-{side}-4f1c-9a5e",'
        f'"inferenceId":"request-{key}","inferenceTime":"2026-11-24T{minute}:00Z"}},"eventVersion":"0"}}\n'
    )
