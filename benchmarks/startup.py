"""How long ``shadow-test --help`` takes, as a user waits for it: a process of its own, started again and again.

python -m benchmarks.startup
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

MOST_MILLISECONDS = 150
_RUNS = 20
_COMMANDS = (("--help",), ("gate", "--help"), ("send", "--help"))


def milliseconds(arguments: tuple[str, ...]) -> list[float]:
    """Wall time of each run, sorted; the first run, which compiles, isn't among them."""
    command = [sys.executable, "-m", "shadow_ops", *arguments]
    times = []
    for _ in range(_RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times[1:])


def main() -> int:
    """Print the figures; 1 if the median of ``--help`` is above `MOST_MILLISECONDS`."""
    medians = []
    bare = [sys.executable, "-c", ""]
    began = time.perf_counter()
    for _ in range(_RUNS):
        subprocess.run(bare, check=True)
    print(f"python alone        {(time.perf_counter() - began) * 1000 / _RUNS:6.0f} ms on average")
    for arguments in _COMMANDS:
        times = milliseconds(arguments)
        medians.append(statistics.median(times))
        spread = f"{times[0]:.0f} to {times[-1]:.0f} of {_RUNS}"
        print(f"shadow-test {' '.join(arguments):<12} {medians[-1]:5.0f} ms median, {spread}")
    print(f"allowed             {MOST_MILLISECONDS:6.0f} ms for --help")
    return int(medians[0] > MOST_MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
