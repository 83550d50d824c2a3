"""Expressions of Terraform's language; what each stands for was asked of Terraform itself."""

import json

import pytest

from tableadmin.formats.terraform.configuration.evaluation import evaluate, template
from tableadmin.formats.terraform.configuration.syntax import expression
from tableadmin.formats.terraform.configuration.values import Unknown, Value, tree
from tableadmin.formats.text.tree import Tree

SCOPE: dict[str, Value] = {
    "var": {"env": "prod", "n": 3, "on": True, "names": ["b", "a"], "keys": {"b": "y", "a": "x"}},
    "local": {"rows": [{"name": "a", "size": 1}, {"name": "b", "size": 2}]},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a"', "a"),
        ('"${var.env}-${var.n}"', "prod-3"),
        ('"${var.names}"', ["b", "a"]),
        (r'"a\"b\\c\n\u00e9"', 'a"b\\c\né'),
        ('"$${x} %%{y} $${z"', "${x} %{y} ${z"),
        ('"$$${x}"', "$${x}"),
        ('<<EOT\nfor ${var.env}\n  "q" \\n\nEOT\n', 'for prod\n  "q" \\n\n'),
        ('"%{ if var.on }a%{ endif }"', "a"),
        ('"x%{ if var.env != "prod" }-${var.env}%{ else }!%{ endif }"', "x!"),
        ('"%{ for n in var.names }<${n}>%{ endfor }"', "<b><a>"),
        ('"%{ for k, v in var.keys }%{ if k == "a" }${v}%{ endif }%{ endfor }"', "x"),
        ('"%%{ if x }"', "%{ if x }"),
        ("<<EOT\n%{ for n in var.names ~}\nname ${n}\n%{ endfor ~}\nEOT\n", "name b\nname a\n"),
        ("<<EOT\n  %{~ if var.on ~}  \n  on\n  %{ endif }\nEOT\n", "  on\n  \n"),
        ("<<-EOT\n    a\n      b\n    EOT\n", "a\n  b\n"),
        ("1 + 2 * 3 - 4 / 2", 5),
        ("7 % 3", 1),
        ("-var.n", -3),
        ("1.5", 1.5),
        ("3 / 2", 1.5),
        ("var.n >= 3 && !false || false", True),
        ('var.env == "prod" ? "big" : "small"', "big"),
        ('"5" == 5', False),
        ("true == 1", False),
        ("null", None),
        ("var.names[0]", "b"),
        ('var.keys["a"]', "x"),
        ("local.rows[*].name", ["a", "b"]),
        ("local.rows.*.size", [1, 2]),
        ("local.rows[1].size", 2),
        ('{ a = 1, "b c" = 2, (var.env) = 3, "d": 4 }', {"a": 1, "b c": 2, "prod": 3, "d": 4}),
        ("[for n in var.names : upper(n)]", ["B", "A"]),
        ('[for i, n in var.names : i if n != "a"]', [0]),
        ("{ for k, v in var.keys : v => k }", {"x": "a", "y": "b"}),
        ('{ for r in local.rows : r.size > 1 ? "l" : "s" => r.name... }', {"l": ["b"], "s": ["a"]}),
        ("concat([1], var.names, [])", [1, "b", "a"]),
        ('merge(var.keys, { c = "z" }, null)', {"b": "y", "a": "x", "c": "z"}),
        ("merge([{ a = 1 }, { b = 2 }]...)", {"a": 1, "b": 2}),
        ('lookup(var.keys, "q", "none")', "none"),
        ('coalesce("", null, "c")', "c"),
        ('try(var.keys.z.thing, var.keys.q, "fallback")', "fallback"),
        ("can(var.keys.q)", False),
        ('toset(["b", "a", "b"])', ["a", "b"]),
        ("keys(var.keys)", ["a", "b"]),
        ("values(var.keys)", ["x", "y"]),
        ('zipmap(["a"], [1])', {"a": 1}),
        ("flatten([[1, [2]], [3]])", [1, 2, 3]),
        ("distinct([1, 2, 1])", [1, 2]),
        ('compact(["a", "", null])', ["a"]),
        ("element(var.names, 3)", "a"),
        ('length("añ")', 2),
        ("one([])", None),
        ('format("%s-%03d %q %v", "a", 7, "b", [1])', 'a-007 "b" [1]'),
        ('join("-", var.names)', "b-a"),
        ('split(",", "a,b")', ["a", "b"]),
        ('replace("a-b", "-", "_")', "a_b"),
        ('replace("abc", "/[ab]/", "x")', "xxc"),
        ('regex("[a-z]+", "12ab3")', "ab"),
        ('substr("hello", 1, 3)', "ell"),
        ('title("hello world")', "Hello World"),
        ("max(1, 5, 3)", 5),
        ("range(3)", [0, 1, 2]),
        ('setproduct(["a"], [1, 2])', [["a", 1], ["a", 2]]),
        ('jsonencode({ b = [true, null], a = "<" })', '{"a":"\\u003c","b":[true,null]}'),
        ('jsondecode("[1]")', [1]),
        ('base64encode("a")', "YQ=="),
        ('substr(md5("a"), 0, 6)', "0cc175"),
        ('sha256("")', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ('csvdecode("a,b\\n1,2")', [{"a": "1", "b": "2"}]),
        ("chunklist([1, 2, 3], 2)", [[1, 2], [3]]),
        ('matchkeys(["a", "b"], ["x", "y"], ["y"])', ["b"]),
        ('transpose({ a = ["x", "y"], b = ["x"] })', {"x": ["a", "b"], "y": ["a"]}),
        ('"${basename("a/b.json")} ${dirname("a/b.json")}"', "b.json a"),
        ('indent(2, "a\\nb")', "a\n  b"),
        ("signum(-3)", -1),
        ("log(16, 2)", 4),
        ('tonumber("5")', 5),
        ("tostring(true)", "true"),
        ('tobool("false")', False),
    ],
)  # fmt: skip
def test_what_an_expression_stands_for(text: str, value: Tree) -> None:
    """An expression has the value that Terraform gives it."""
    found = tree(evaluate(expression(text), SCOPE))

    assert json.dumps(value, sort_keys=True) == json.dumps(found, sort_keys=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("var.missing", "missing"),
        (
            "data.aws_kms_alias.x.target_key_arn",
            "data.aws_kms_alias.x.target_key_arn can't be evaluated here",
        ),
        ('file("x.json")', "file(): x.json is not among the files that were given"),
        ("timestamp()", "the function timestamp() can't be evaluated here"),
        ('"%{ if true }a"', "a template has if without endif"),
        ('"a%{ endfor }"', "a template has endfor without its beginning"),
        ('"%{ if data.x }a%{ endif }"', "data"),
        ("<<EOT\n%{ while true }\nEOT\n", "%{ while true } is no directive"),
        ("var.names[7]", "no element 7"),
        ("1 / 0", "division by zero"),
        ('1 + "x"', "can't be converted to a number"),
        ("upper(1, 2)", "upper()"),
    ],
)
def test_what_the_files_do_not_decide(text: str, said: str) -> None:
    """An expression that can't be evaluated is unknown, and says which part of it is the reason."""
    found = evaluate(expression(text), SCOPE)

    assert isinstance(found, Unknown)
    assert said in str(found.cause)


def test_a_part_that_is_not_known() -> None:
    """An object keeps what is known of it beside what is not."""
    found = evaluate(expression("{ a = 1, b = data.x.y }"), SCOPE)

    assert isinstance(found, dict)
    assert 1 == found["a"]
    assert isinstance(found["b"], Unknown)


def test_text_of_json_is_a_template() -> None:
    """In JSON, interpolations are found in text, braces and quotes in them included."""
    assert "prod-b}" == template('${var.env}-${"b}"}', SCOPE)
