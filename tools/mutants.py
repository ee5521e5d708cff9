"""Change the code in one place at a time, and see whether the tests notice.

``make mutants`` (or ``python -m tools.mutants judge --sample 200 --seed 1``) takes a sample of all single changes to a
wing (a constant one more or less, ``<`` for ``<=``, ``or`` for ``and``, a loop that never runs ...), makes each in a
copy of the checkout, runs the wing's quick tests there, and prints how many changes they noticed and which they
didn't. The checkout itself is never touched. Most changes are mutmut's, whose own runner leaves the constants of a
module as they are, thresholds above all. The same seed takes the same sample.

A change that nobody could notice is listed in ``tools/survivors.toml`` with the reason.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import difflib
import itertools
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from mutmut.mutation import mutators

ROOT = Path(__file__).parents[1]
SURVIVORS = Path(__file__).with_name("survivors.toml")

# Changes of texts and of calls' arguments are left out: most of them raise, and say little of a threshold.
_KINDS = {
    *(mutators.operator_number, mutators.operator_name, mutators.operator_remove_unary_ops),
    *(mutators.operator_keywords, mutators.operator_swap_op, mutators.operator_if_exp),
}
_OPPOSITES: dict[type[cst.BaseCompOp], Callable[[], cst.BaseCompOp]] = {
    cst.LessThan: cst.GreaterThanEqual,
    cst.LessThanEqual: cst.GreaterThan,
    cst.GreaterThan: cst.LessThanEqual,
    cst.GreaterThanEqual: cst.LessThan,
}
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "cdk.out")
# A change that makes the tests so many times slower never ends: it is noticed.
_SLOWER, _AT_LEAST_SECONDS = 4, 20


@dataclass(frozen=True)
class Wing:
    """What is changed, and what should notice.

    Attributes:
        code: Files and folders of modules.
        tests: What pytest is given, quickest first; the next only if what comes before it noticed nothing.
    """

    code: tuple[str, ...]
    tests: tuple[tuple[str, ...], ...]


# What notices most, first.
_QUICKEST = (
    *("random", "copies", "drift", "errors", "held", "latency", "little", "utilization", "vetoes", "figures", "plan"),
    *("until", "readback", "statistics", "verdict", "said"),
)

WINGS = {
    "judge": Wing(
        ("shadow_ops/judge",),
        (
            tuple(f"tests/ops/judge/test_{one}.py" for one in _QUICKEST),
            (
                *("tests/ops/judge", "--ignore=tests/ops/judge/test_measured.py", "-m", "not long"),
                *(f"--ignore=tests/ops/judge/test_{one}.py" for one in _QUICKEST),
            ),
        ),
    ),
    "guard": Wing(
        ("shadow_ops/guard", "shadow_ops/aws/scaling.py"),
        (
            ("tests/ops/guard/test_decided.py", "tests/ops/guard/test_limits.py"),
            (
                "tests/ops/guard",
                "--ignore=tests/ops/guard/test_decided.py",
                "--ignore=tests/ops/guard/test_harm.py",
                "-m",
                "not long",
            ),
            ("tests/ops/guard/test_harm.py", "-k", "times_and_copies[0]"),
        ),
    ),
    "history": Wing(
        ("shadow_ops/aws/history.py",),
        (
            ("tests/ops/guard/test_records.py", "tests/ops/guard/test_limits.py"),
            # What the history is read for.
            ("tests/ops/guard/test_what_serves.py", "tests/ops/guard/test_promotion.py"),
        ),
    ),
}


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes:
        path: The module, from the checkout's root.
        tree: What it says.
        node: The part that is changed.
        other: What it becomes.
    """

    path: str
    tree: cst.Module
    node: cst.CSTNode
    other: cst.CSTNode

    @property
    def code(self) -> str:
        """The module's text with the change."""
        changed = self.tree.deep_replace(self.node, self.other)
        assert isinstance(changed, cst.Module)
        return changed.code


@dataclass(frozen=True)
class Survivor:
    """A change that the tests didn't notice: where, and the lines before and after."""

    path: str
    line: int
    was: str
    becomes: str

    def __str__(self) -> str:
        """One line of a report."""
        return f"{self.path}:{self.line}\n    - {self.was}\n    + {self.becomes}"


def main() -> int:
    """Print score and survivors; returns 1 if the tests noticed fewer than asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wing", choices=WINGS, nargs="+", help="what to change")
    parser.add_argument("--sample", type=int, default=150, help="changes per wing (default 150; 0 for all)")
    parser.add_argument("--seed", type=int, default=1, help="which sample (default 1)")
    parser.add_argument("--least", type=float, default=85, help="percent that must be noticed (default 85)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many work side by side")
    arguments = parser.parse_args()
    scores = [run(name, arguments.sample, arguments.seed, arguments.processes) for name in arguments.wing]
    return 0 if min(scores) >= arguments.least else 1


def run(name: str, sample: int, seed: int, processes: int) -> float:
    """Test a wing's mutants and print what came of it; returns the percent that was noticed."""
    every = list(mutants(WINGS[name].code))
    drawn = random.Random(seed).sample(every, sample) if 0 < sample < len(every) else every
    # The same text is no change: what isn't wrong can't be noticed.
    chosen = [one for one in drawn if one.code.splitlines() != one.tree.code.splitlines()]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: queue.Queue[Path] = queue.Queue()
        for number in range(processes):
            copies.put(shutil.copytree(ROOT, Path(folder) / str(number), ignore=_NOT_COPIED, symlinks=True))
        limit = _seconds_allowed(name, Path(folder) / "0")

        def one(mutant: Mutant) -> bool:
            copy = copies.get()
            try:
                return _noticed(mutant, name, copy, limit)
            finally:
                copies.put(copy)

        with concurrent.futures.ThreadPoolExecutor(processes) as workers:
            noticed = list(workers.map(one, chosen))
    known = listed()
    survivors = [survivor(one) for one, seen in zip(chosen, noticed, strict=True) if not seen]
    score = 100 * sum(noticed) / len(chosen)
    print(
        f"{name}: {sum(noticed)} of {len(chosen)} changes noticed ({score:.1f} %) of {len(every)} possible ones, "
        f"seed {seed}, {(time.monotonic() - begun) / 60:.0f} min; {len(survivors)} survived"
    )
    for left in survivors:
        reason = known.get((left.path, left.was, left.becomes))
        print(f"  {left}" + (f"\n    listed: {reason}" if reason else ""), flush=True)
    return score


def mutants(code: Sequence[str]) -> Iterator[Mutant]:
    """Every single change, in an order that never changes."""
    paths = (sorted((ROOT / one).rglob("*.py")) if (ROOT / one).is_dir() else [ROOT / one] for one in code)
    for path in itertools.chain.from_iterable(paths):
        tree = cst.parse_module(path.read_text(encoding="utf-8"))
        for node in _changeable(tree):
            for other in _changes(node):
                yield Mutant(str(path.relative_to(ROOT)), tree, node, other)


def _changeable(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """All nodes but those of annotations, which nothing evaluates."""
    for child in node.children:
        if not isinstance(child, cst.Annotation):
            yield child
            yield from _changeable(child)


def _changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, change in mutators.mutation_operators:
        if change in _KINDS and isinstance(node, kind):
            yield from change(node)
    if isinstance(node, cst.Float):
        yield node.with_changes(value=repr(round(node.evaluated_value * 0.9, 12)))
    if isinstance(node, cst.Integer) and node.evaluated_value > 1:
        yield node.with_changes(value=repr(node.evaluated_value - 1))
    if isinstance(node, cst.ComparisonTarget) and type(node.operator) in _OPPOSITES:
        yield node.with_changes(operator=_OPPOSITES[type(node.operator)]())
    if isinstance(node, cst.For):
        yield node.with_changes(iter=cst.Tuple([]))


def survivor(mutant: Mutant) -> Survivor:
    """What a mutant changed."""
    before = mutant.tree.code.splitlines()
    changed = mutant.code.splitlines()
    matcher = difflib.SequenceMatcher(None, before, changed, autojunk=False)
    _, first, last, start, end = next(one for one in matcher.get_opcodes() if one[0] != "equal")
    was, becomes = _joined(before[first:last]), _joined(changed[start:end])
    return Survivor(mutant.path, first + 1, was, becomes)


def _joined(lines: Iterable[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(lines)).strip()


def listed() -> dict[tuple[str, str, str], str]:
    """The reasons of survivors that nobody could notice."""
    found = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")) if SURVIVORS.exists() else {}
    return {(one["path"], one["was"], one["becomes"]): one["reason"] for one in found.get("survivor", ())}


def _noticed(mutant: Mutant, name: str, copy: Path, limit: float) -> bool:
    module = copy / mutant.path
    original = module.read_text(encoding="utf-8")
    module.write_text(mutant.code, encoding="utf-8")
    try:
        return not _green(name, copy, limit)
    finally:
        module.write_text(original, encoding="utf-8")


def _seconds_allowed(name: str, copy: Path) -> float:
    begun = time.monotonic()
    if not _green(name, copy, 600):
        command = " && ".join(f"python -m pytest {' '.join(tests)}" for tests in WINGS[name].tests)
        sys.exit(f"the tests of {name} are red before anything is changed: {command}")
    return max(_AT_LEAST_SECONDS, _SLOWER * (time.monotonic() - begun))


def _green(name: str, copy: Path, limit: float) -> bool:
    return all(_passes(tests, copy, limit) for tests in WINGS[name].tests)


def _passes(tests: Sequence[str], copy: Path, limit: float) -> bool:
    pytest = (sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "--hypothesis-profile=quick")
    # Compiled modules of one change would be taken for the next, made within the same second.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        (*pytest, *tests),
        cwd=copy,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(limit) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
