"""`aws cloudformation get-template`: a template, as an object or as text, in an answer."""

from tableadmin.formats.cloudformation import reading
from tableadmin.formats.found import Found
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.text.documents import documents
from tableadmin.formats.text.tree import Tree, record


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables of the template in DOCUMENT. Raises SpecError as the reader of templates does."""
    body = record(document, "")["TemplateBody"]
    return reading.read(documents(body)[0] if isinstance(body, str) else body, inputs)
