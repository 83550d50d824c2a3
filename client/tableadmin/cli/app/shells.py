"""The completion scripts of bash, zsh and fish, and their interface with tablectl."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

if TYPE_CHECKING:
    import click

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' line=${COMP_LINE:0:COMP_POINT} breaks=${COMP_WORDBREAKS//[^:=]/} word head= kind value
    # Bash breaks words at ':' and '=' too, and replaces only what comes after the last of them.
    word=${line##*[[:space:]]}
    [[ -z $breaks ]] || head=${word%%"${word##*[$breaks]}"}
    while IFS=, read -r kind value; do
        case $kind in
        file) compopt -o default ;;
        plain) COMPREPLY+=("$(printf %%q "${value#"$head"}")") ;;
        esac
    done < <(COMP_WORDS=$line %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
# The script needs compdef of compinit. It runs compinit if ~/.zshrc has not.
_COMPINIT = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u; }\n"


class _Complete(ShellComplete):
    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """Return the completions of INCOMPLETE as whole words, such as `--output=json` for `--output=j`."""
        option, sign, _ = incomplete.partition("=")
        head = option + sign if sign and option.startswith("--") else ""
        return [
            CompletionItem(each.value if each.type == "file" else head + each.value, each.type, each.help)
            for each in super().get_completions(args, incomplete)
        ]


class _Bash(_Complete, BashComplete):
    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor without the program and the last word, and the last word."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        if line[-1:].isspace() and not line.endswith("\\ "):
            words.append("")
        return words[1:-1], words[-1]


class _Zsh(_Complete, ZshComplete):
    def source(self) -> str:
        """Return the script. It also completes files after `--option=`."""
        script = super().source().lstrip().replace("_path_files", "compset -P '--*='; _path_files")
        return _COMPINIT + script


class _Fish(_Complete, FishComplete):
    pass


_SHELLS = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}
SHELLS = tuple(_SHELLS)


def register() -> None:
    """Register the classes of this module with click."""
    for name, shell in _SHELLS.items():
        add_completion_class(shell, name)


def completion_script(command: click.Command, shell: str, variable: str) -> str:
    """Return the script for SHELL that completes COMMAND by running tablectl with VARIABLE."""
    return _SHELLS[shell](command, {}, "tablectl", variable).source()
