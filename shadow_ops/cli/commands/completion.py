"""``shadow-test completion``: what a shell needs to complete commands, options and files."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from shadow_ops.cli import output

# click's own: nothing has to be installed beside it.
_SHELLS: dict[str, type[BashComplete | FishComplete | ZshComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


@click.command(
    "completion",
    epilog="""\b
Examples:
  shadow-test completion bash >> ~/.bashrc
  shadow-test completion zsh >> ~/.zshrc
  shadow-test completion fish > ~/.config/fish/completions/shadow-test.fish

Open another shell, and type shadow-test and the key for completion. Bash has to be 4.4 or newer.""",
)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def command(shell: str) -> None:
    """Print what SHELL needs to complete commands, options and files of shadow-test."""
    from shadow_ops.cli.main import cli

    made = _SHELLS[shell](cli, {}, "shadow-test", "_SHADOW_TEST_COMPLETE")
    output.data(made.source_template % made.source_vars())
