"""Random schedules of conclusions: whoever is stopped, overtaken or refused at whichever call, nothing is lost.

``python -m tests.ops.managed.test_schedules 5000`` tries as many and prints the seeds that fail.
"""

from __future__ import annotations

import datetime
import random
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.steps import ACTIONS, Done, Seen, Wanted
from tests.ops.managed.test_conclude import PASS, SCALING, ours, run, scaling
from tests.ops.managed.world import KilledError, World

TRIED = 300


class Story:
    """One schedule: an account, up to four conclusions that somebody or something disturbs, and a last one.

    Args:
        seed: Says all that is random.
    """

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.ours, self.scaled = self.dice.random() < 0.3, self.dice.random() < 0.7
        status = self.dice.choice(["Running", "Running", "Running", "Completed", "Created"])
        make: Callable[..., World] = ours if self.ours else World
        types = ["ml.m5.xlarge", "ml.c7i.xlarge"]
        self.world = make(status, scaled=self.scaled, shadow_type=self.dice.choice(types))
        self.consents, self.said, self.promoting = 0, Counter[str](), False
        if status == "Running" and self.dice.random() < 0.3:
            self.world.targets["shadow"] = {"MinCapacity": 1, "MaxCapacity": 2}

    def play(self) -> None:
        """All of it."""
        for _ in range(self.dice.randint(1, 4)):
            self._disturb()
            self._conclude(self._wanted())
            self._check()
        self._calm()
        last = self._wanted()
        outcome = self._conclude(last)
        assert outcome in ("done", "refused"), outcome
        self._check()
        self._check_rest(last, outcome)

    def _wanted(self) -> Wanted:
        action = self.dice.choice([*ACTIONS, "promote", "promote"])
        hardware = self.dice.choice(["production", "shadow", Instances("ml.c7i.xlarge", 4)])
        return Wanted(action, hardware if action == "promote" and not self.ours else "production")  # type: ignore[arg-type] # one of each

    def _disturb(self) -> None:
        self._calm()
        world, call = self.world, len(self.world.calls) + self.dice.randint(1, 45)
        what = self.dice.choice(
            ["killed", "heard", "throttled", "ended", "at once", "breaks", "refused", "scaled", "not"]
        )
        self.said[what] += 1
        if what in ("killed", "heard", "throttled"):
            world.kill_at, world.throttled = (call, what == "heard"), what == "throttled"
        elif what == "ended":
            world.ends = call
        elif what == "at once":
            wanted = self._wanted()
            world.meanwhile[call] = lambda: self._conclude(wanted)
        elif what == "breaks":
            world.breaks = True
        elif what == "refused":
            world.refuses = self.dice.choice(
                ["stop_inference_experiment", "update_endpoint", "deregister_scalable_target"]
            )
        elif what == "scaled" and "production" in world.counts:
            world.counts["production"] = self.dice.randint(2, 8)

    def _calm(self) -> None:
        self.world.kill_at, self.world.ends, self.world.breaks, self.world.refuses = None, None, False, ""
        self.world.meanwhile.clear()

    def _conclude(self, wanted: Wanted) -> str:
        self.world.now += datetime.timedelta(seconds=1)
        try:
            done = run(self.world, wanted, self._consent)
        except KilledError:
            self.world.kill_at = None
            return "killed"
        except CannotTellError:
            return "refused"
        except ClientError as error:
            self.world.kill_at = None
            return str(error)
        assert isinstance(done, Done)
        return "done"

    def _consent(self, _seen: Seen, _on: Instances) -> str:
        if self.dice.random() < 0.3:
            raise CannotTellError("not promoted")
        self.consents += 1
        return PASS

    def _check(self) -> None:
        serving = self.world.serving()
        serving.pop("shadow of")
        [(name, (model, instance_type, count))] = serving.items()
        assert model in ("v1", "v2")
        assert model == "v1" or (self.consents and not self.ours)
        assert count >= 1
        if instance_type == "ml.m5.xlarge":
            assert count >= 2
        assert name in ("production", "shadow")

    def _check_rest(self, last: Wanted, outcome: str) -> None:
        world, serving = self.world, self.world.serving()
        name = next(one for one in serving if one != "shadow of")
        kept = [one for one in world.parameters if one.endswith("/conclusion")]
        if last.action != "promote" or outcome == "done":
            # A promotion that is refused leaves what was kept for whoever tries again, or ends it otherwise.
            assert kept == []
        if self.scaled and not kept:
            assert scaling(world, name) == SCALING
        promoted = serving[name][0] == "v2"
        if promoted and last.action == "promote" and outcome == "done":
            assert len([one for one in world.parameters if "/history/" in one]) == 1
        if outcome == "done" and last.action in ("promote", "remove", "cancel"):
            assert serving["shadow of"] == []


@pytest.mark.parametrize("first", range(0, TRIED, 50))
def test_whatever_comes_between_nothing_is_lost(first: int) -> None:
    """Production serves, on no fewer instances, promoted by consent alone, and scales as before once it is over."""
    for seed in range(first, first + 50):
        try:
            Story(seed).play()
        except BaseException as error:
            raise AssertionError(f"seed {seed}") from error


def _main(count: int) -> None:
    failed, said = [], Counter[str]()
    for seed in range(count):
        story = Story(seed)
        try:
            story.play()
        except Exception as error:
            failed.append((seed, f"{type(error).__name__}: {error}"))
        said += story.said
    print(f"{count} schedules, {dict(said)}; {len(failed)} fail")  # noqa: T201 - a command
    for seed, why in failed[:20]:
        print(seed, why[:300])  # noqa: T201 - a command


if __name__ == "__main__":
    _main(int(sys.argv[1]))
