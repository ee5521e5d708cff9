"""``python -m rehearsal.picture``: draw a dashboard of the running local AWS."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.environment import check_loopback
from rehearsal.errors import RehearsalError
from rehearsal.local import LocalAws
from rehearsal.picture import draw


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 1 if the dashboard can't be drawn."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.picture", description=__doc__)
    parser.add_argument("--endpoint-url", required=True, metavar="URL", help="the local AWS, http://127.0.0.1:PORT")
    parser.add_argument("--dashboard", required=True, metavar="NAME", help="the dashboard")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where page and picture go")
    parser.add_argument("--minutes", type=float, default=15, help="how far to look back (15)")
    parser.add_argument("--period", type=int, metavar="SECONDS", help="periods to draw; the dashboard's own by default")
    options = parser.parse_args(arguments)
    end = datetime.datetime.now(datetime.UTC)
    start = end - datetime.timedelta(minutes=options.minutes)
    try:
        # One that runs already: it is only talked to.
        local = LocalAws(options.out)
        local.endpoint_url = check_loopback(options.endpoint_url)
        cloudwatch = local.client("cloudwatch")
        paths = draw(cloudwatch, options.dashboard, options.out, start=start, end=end, period_seconds=options.period)
    except (RehearsalError, ClientError, BotoCoreError) as error:
        print(f"picture: {error}", file=sys.stderr)
        return 1
    print(f"{paths.page}\n{paths.image}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
