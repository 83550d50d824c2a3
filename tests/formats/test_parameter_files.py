"""Files of parameters."""

import pytest

from tableadmin.formats import Inputs, SpecError, find, parameter_values

CONFIGURATION = """
variable "env" {}
variable "tables" { type = map(object({ key = string })) }
resource "aws_dynamodb_table" "t" {
  for_each = var.tables
  name     = "${var.env}-${each.key}"
  hash_key = each.value.key
}
"""


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("a.tfvars", 'env = "dev"\nn = 5\nl = ["a"]\n', {"env": "dev", "n": "5", "l": '["a"]'}),
        ("a.tfvars.json", '{"env": "dev", "n": 5}', {"env": "dev", "n": "5"}),
        ("p.json", '[{"ParameterKey": "Env", "ParameterValue": "dev"}]', {"Env": "dev"}),
        ("p.json", '{"Parameters": {"Env": "dev"}, "Tags": {}}', {"Env": "dev"}),
        ("p.yaml", "Account: 012345678901\nOn: true\n", {"Account": "012345678901", "On": "true"}),
    ],
)  # fmt: skip
def test_what_is_read(name: str, text: str, values: dict[str, str]) -> None:
    """Each kind of file gives text for each parameter; numbers are as they are written."""
    assert values == parameter_values(text, name=name)


def test_what_is_no_constant() -> None:
    """A value that is an expression is refused, and so is what is no object."""
    with pytest.raises(SpecError, match=r"a\.tfvars: var.x can't be evaluated here"):
        parameter_values("env = var.x\n", name="a.tfvars")
    with pytest.raises(SpecError, match="must be an object"):
        parameter_values("text", name="p.yaml")


def test_values_for_a_configuration() -> None:
    """Values of a file need not be used; a parameter that is given by itself overrides them."""
    values = parameter_values('env = "dev"\ntables = { a = { key = "id" } }\nother = 1\n', name="a.tfvars")
    inputs = Inputs({"env": "prod"}, defaults=values)
    (table,) = find(CONFIGURATION, name="main.tf", inputs=inputs).tables

    assert "prod-a" == table.name
    inputs.check_all_used()
