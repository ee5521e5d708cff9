"""What synth says beside warnings, without a trace of calls: a trace names folders that are others each time."""

from __future__ import annotations

from constructs import Node

from shadow_ops.contract.problems import readable


def say(node: Node, what: str, text: str) -> None:
    """Have synth print a word that needs no answer.

    Args:
        node: Of the construct that it is about.
        what: Its id.
        text: One line.
    """
    node.add_metadata("aws:cdk:info", f"{readable(text)} [ack: shadow-constructs:{what}]")
