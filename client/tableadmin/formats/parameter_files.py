"""Files of parameters: Terraform's .tfvars, CloudFormation's parameter lists, and plain objects."""

import json

from tableadmin.formats.error import SpecError
from tableadmin.formats.terraform import sources
from tableadmin.formats.text.documents import documents
from tableadmin.formats.text.fitting import as_text
from tableadmin.formats.text.tree import Record, Tree, record, records


def values(text: str, name: str) -> dict[str, str]:
    """The values that TEXT, the content of the file NAME, gives to parameters. Raises SpecError.

    What is no text is written as JSON, which Terraform takes for an expression.
    """
    given = sources.parse_tfvars(name, text) if name.endswith(".tfvars") else _document(text, name)
    return {key: _written(value) for key, value in given.items() if value is not None}


def _document(text: str, name: str) -> Record:
    found = documents(text)
    if len(found) != 1:
        raise SpecError("has several documents", file=name)
    document = found[0]
    if isinstance(document, dict) and isinstance(document.get("Parameters"), dict | list):
        document = document["Parameters"]
    if isinstance(document, list):
        pairs = records(document, "")
        return {str(pair.get("ParameterKey")): pair.get("ParameterValue") for pair in pairs}
    return record(document, "")


def _written(value: Tree) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return "" if value is None else as_text(value)
