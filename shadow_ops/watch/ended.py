"""A managed test that is over, or without its endpoint: people are told what is left to do."""

from __future__ import annotations

from shadow_ops.aws import looks
from shadow_ops.aws.boto import Client
from shadow_ops.aws.experiment import Experiment, describe
from shadow_ops.contract.declared import Declared
from shadow_ops.managed.gone import what_is_left
from shadow_ops.managed.said import Word
from shadow_ops.managed.stopping import is_promoted, is_retained
from shadow_ops.watch import text
from shadow_ops.watch.decide import Notice


def of_the_end(ssm: Client, word: Word) -> Notice | None:
    """The notice about the end of a managed test; None while it isn't over, and where its shadow was promoted.

    Args:
        ssm: The client.
        word: The endpoint and its test.

    Raises:
        ClientError: If a call is refused.
    """
    found, live = word.experiment, word.live
    if found is None or not found.over or [one.model_name for one in live.production] != [found.production.model]:
        return None
    if is_promoted(found, live, None if word.declared is None else word.declared.promoted):
        return None
    stays = is_retained(found, live)
    subject, told = text.of_end(live.name, found.name, found.status, _verdict(ssm, found), retained=stays)
    return Notice(f"end-{found.name}", subject, told)


def of_gone(sagemaker: Client, said: Declared) -> Notice | None:
    """The notice about a test whose endpoint is gone; None where it is over.

    Args:
        sagemaker: The client.
        said: What the test's stack says.

    Raises:
        ClientError: If a call is refused.
    """
    found = None if said.experiment is None else describe(sagemaker, said.experiment)
    if found is None or found.over:
        return None
    subject, told = text.of_gone(found.endpoint, what_is_left(found))
    return Notice(f"gone-{found.name}", subject, told)


def _verdict(ssm: Client, experiment: Experiment) -> str | None:
    look = looks.latest(ssm, experiment.endpoint)
    return None if look is None or look.config != experiment.config else f"{look.verdict}: {look.reason}"
