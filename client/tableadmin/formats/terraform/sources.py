"""Files of Terraform's own language: how they are recognised, and their readers, which load a parser."""

import posixpath
import re
from collections.abc import Mapping

from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.text.tree import Record, Tree

# The files of a folder that Terraform reads, those that its file() often reads, and what marks such a folder.
FILES = ("*.tf", "*.tofu", "*.tfvars", "*.json", "*.yaml", "*.yml", "*.tftpl", "*.tpl", "*.tmpl", "*.csv")
MARKS = ("*.tf*", "*.tofu*")
_CONFIGURATIONS = (".tf", ".tofu", ".tf.json", ".tofu.json")

_BLOCK = re.compile(
    r"^(?:resource|data|module|provider|variable|output|locals|terraform)(?:[ \t]+\"[^\"\n]*\")*[ \t]*\{",
    re.MULTILINE,
)
# The blocks that make tables; other formats have members of the other blocks' names, such as `data`.
_TOP = frozenset({"resource", "module"})


def recognises(name: str, text: str) -> bool:
    """Whether TEXT, the content of the file NAME, is in Terraform's native syntax."""
    return name.endswith((".tf", ".tofu", ".tfvars", ".hcl")) or (
        _BLOCK.search(text) is not None and not text.lstrip().startswith("{")
    )


def recognised_json(document: Tree) -> bool:
    """Whether DOCUMENT is in Terraform's JSON syntax: objects below the names of blocks."""
    if not isinstance(document, dict) or not _TOP.intersection(document):
        return False
    return all(isinstance(document[name], dict | list) for name in _TOP.intersection(document))


def read(text: str, inputs: Inputs) -> Found:
    """The tables that TEXT configures. Raises SpecError."""
    from tableadmin.formats.terraform.configuration import reading  # noqa: PLC0415 - a parser, rarely needed

    return reading.read(text, inputs)


def read_json(document: Tree, inputs: Inputs) -> Found:
    """The tables that DOCUMENT configures. Raises SpecError."""
    from tableadmin.formats.terraform.configuration import reading  # noqa: PLC0415 - a parser, rarely needed

    return reading.read_json(document, inputs)


def read_folder(files: Mapping[str, str], inputs: Inputs) -> Found:
    """The tables that FILES, a root module with the modules in it, configure. Raises SpecError."""
    folders = {posixpath.dirname(name) for name in files if name.endswith(_CONFIGURATIONS)}
    if not folders:
        raise SpecError("is a folder without a .tf file")
    if "" not in folders:
        raise SpecError(
            f"is a folder without a .tf file of its own; give one of {', '.join(sorted(folders))}"
        )
    from tableadmin.formats.terraform.configuration import reading  # noqa: PLC0415 - a parser, rarely needed

    return reading.read_folder(files, inputs)


def parse_tfvars(name: str, text: str) -> Record:
    """The values that TEXT, the content of the file NAME, a .tfvars, gives to variables. Raises SpecError."""
    from tableadmin.formats.terraform.configuration import reading  # noqa: PLC0415 - a parser, rarely needed

    return reading.assigned_trees(name, text)
