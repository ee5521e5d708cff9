"""What an endpoint does without where its code says ``Guard.off(reason)``, as template and command line say it."""

LOST = (
    "no deployment asks the gate, keeps live counts that aren't scaled in code, hands scaling over, is refused while a "
    "managed test runs or is to begin, checks afterwards what serves, or is on record"
)
"""What is lost. Who deploys asks ``shadow-test gate`` first and ``shadow-test status`` afterwards."""
