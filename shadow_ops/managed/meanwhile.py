"""What somebody else has done meanwhile: a conclusion neither undoes nor overwrites it in silence."""

from __future__ import annotations

from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.steps import Seen, Wanted


def is_outdated(seen: Seen) -> bool:
    """Whether the scaling on record is older than the scaling that production has, and so is forgotten.

    Of the test itself the same bounds are its own, perhaps put back by half; of another test they are somebody's as
    soon as all of its policies are there.
    """
    kept, now = seen.kept, seen.scaled.get(seen.live.production[0].name)
    if kept is None or now is None:
        return False
    if (now.minimum, now.maximum) != (kept.scaled.minimum, kept.scaled.maximum):
        return True
    own = (kept.experiment, kept.created) == (seen.experiment.name, seen.experiment.created)
    return not own and set(kept.scaled.policies) <= set(now.policies)


def undone(seen: Seen) -> str | None:
    """What of the endpoint the end of a test that runs would undo; None where production is what it began with."""
    experiment, live = seen.experiment, seen.live
    began = experiment.production
    if [(one.name, one.model_name) for one in live.production] == [(began.name, began.model)]:
        return None
    names = ", ".join(f"{one.model_name} as {one.name}" for one in live.production)
    return f"{live.name} serves {names} now, and the end of {experiment.name} puts {began.model} as {began.name} back"


def check_undone(seen: Seen, wanted: Wanted) -> None:
    """Refuse to undo what somebody has put into production since the test began, unless that is said.

    Raises:
        CannotTellError: With how to say it.
    """
    what = undone(seen)
    if what is None or (wanted.undo and wanted.action != "retain"):
        return
    raise CannotTellError(
        f"{what}; to end the test all the same: shadow-test conclude {seen.live.name} remove --yes, and deploy again "
        "right after what serves now"
    )
