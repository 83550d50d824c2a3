"""The loader takes the example policies, and refuses what Cedar's validation lets pass."""

import json
import re
from contextlib import suppress
from pathlib import Path

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableadmin_server.security.authorization.policies import PolicyError, load, read_folder
from tableadmin_server.security.authorization.statements import statements
from tests.server.security.authorization.policy_sets import CONFIGURED, EXAMPLE, SCHEMA

PERMIT = "permit (principal, action, resource)"


def problems(text: str) -> str:
    """What is wrong with TEXT; raises AssertionError if nothing is."""
    with pytest.raises(PolicyError) as refused:
        load({"x.cedar": text}, SCHEMA, CONFIGURED)
    return "\n".join(refused.value.problems)


def test_the_example_is_taken() -> None:
    """The example policies are valid, and known by their ids."""
    documents = load({"example.cedar": EXAMPLE}, SCHEMA, CONFIGURED)
    assert len(documents.policies) == 10
    assert "no-delete-with-items" in documents.policies


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "there is no policy"),
        ("// nothing", "there is no policy"),
        (PERMIT, "is not Cedar"),
        (f"{PERMIT};", "policy without @id: needs @id"),
        (f"@id {PERMIT};", "policy without @id: needs @id"),
        (f'@id("") {PERMIT};', "policy without @id: needs @id"),
        (f'@id("a b") {PERMIT};', "policy a b: needs @id"),
        (f'@id("x") @id("y") {PERMIT};', "duplicate annotation"),
        (f'@id("x") {PERMIT}; @id("x") {PERMIT};', 'x: @id("x") occurs more than once'),
        (f'@id("x") @approval {PERMIT};', "@approval needs a group"),
        (f'@id("x") @approval("platform") {PERMIT};', "@approval needs a group"),
        (f'@id("x") @approval("corp/") {PERMIT};', "@approval needs a group"),
        (f'@id("x") @approval("corp/ platform") {PERMIT};', "@approval needs a group"),
        (f'@id("x") @approval("corq/platform") {PERMIT};', "@approval needs a group"),
        (f'@id("x") @approval("Group::corp/platform") {PERMIT};', "@approval needs a group"),
        ('@id("x") @approval("corp/a") forbid (principal, action, resource);', "not to one that forbids"),
        (f'@id("x") @approvers("2") {PERMIT};', "@approvers needs @approval"),
        (f'@id("x") @approval("corp/a") @approvers("0") {PERMIT};', "@approvers needs a number"),
        (f'@id("x") @approval("corp/a") @approvers("-1") {PERMIT};', "@approvers needs a number"),
        (f'@id("x") @approval("corp/a") @approvers("two") {PERMIT};', "@approvers needs a number"),
        (f'@id("x") @approval("corp/a") @approvers("\u0662") {PERMIT};', "@approvers needs a number"),
        (f'@id("x") @approval("corp/a") @approvers {PERMIT};', "@approvers needs a number"),
        (f'@id("x") @approvals("corp/a") {PERMIT};', "annotation @approvals is not supported"),
        (f'@id("x") @advise("Ask.") {PERMIT};', "annotation @advise is not supported"),
        (f'@id("x") {PERMIT} when {{ false }};', "when has a constant condition"),
        (f'@id("x") {PERMIT} unless {{ true }};', "unless has a constant condition"),
        (f'@id("x") {PERMIT} when {{ 1 == 2 }};', "when has a constant condition"),
        (f'@id("x") {PERMIT} when {{ context.isRequester && false }};', "when has a constant condition"),
        ('@id("x") permit (principal == ?principal, action, resource);', "templates are not supported"),
        ('@id("x") permit (principal, action in [], resource);', "empty set"),
        ('@id("x") permit (principal, action, resource) when { [].contains(1) };', "empty set"),
        ('@id("x") permit (principal is Usr, action, resource);', "unrecognized entity type"),
        ('@id("x") permit (principal, action == Action::"DropTable", resource);', "DropTable"),
        ('@id("x") permit (principal, action, resource in Endpoint::"stagin");', "stagin"),
        ('@id("x") permit (principal, action, resource == Table::"stagin/music");', 'Table::"stagin/music"'),
        ('@id("x") permit (principal, action, resource == Table::"music");', 'Table::"music"'),
        ('@id("x") permit (principal, action, resource == Table::"staging/a/b");', 'Table::"staging/a/b"'),
        ('@id("x") permit (principal in Group::"music", action, resource);', 'Group::"music"'),
        ('@id("x") permit (principal in Group::"corq/music", action, resource);', 'Group::"corq/music"'),
        ('@id("x") permit (principal == User::"corp/", action, resource);', 'User::"corp/"'),
        (f'@id("x") {PERMIT} when {{ principal in Group::"corq/music" }};', 'Group::"corq/music"'),
        (f'@id("x") {PERMIT} when {{ resource.nmae == "a" }};', "nmae"),
        (f'@id("x") {PERMIT} when {{ resource.getTag("owner") == "a" }};', "access to tag"),
        (
            '@id("x") permit (principal in Group::"corp/\u0430dmin", action, resource);',
            "mixes CYRILLIC and LATIN",
        ),
        ('@id("x") permit (principal in Group::"corp/\\u{430}dmin", action, resource);', "mixes CYRILLIC"),
        (f'// \u202e\n@id("x") {PERMIT};', "U+202E"),
        ('@id("x") permit (principal in Group::"corp/a\\u{200b}", action, resource);', "U+200B"),
        (
            '@id("x") permit (principal, action, resource is Table) when { resource.name like "\u2066a*" };',
            "U+2066",
        ),
    ],
)
def test_refusals(text: str, problem: str) -> None:
    """A set with a policy that may not mean what its author meant is refused as a whole."""
    good = "" if problem in {"there is no policy", "is not Cedar"} else f'@id("good") {PERMIT};'
    assert problem in problems(f"{text}\n{good}")


def test_an_empty_folder_says_what_is_missing() -> None:
    """A refusal of a folder without policies says which files the server reads."""
    with pytest.raises(PolicyError, match=r"a file NAME\.cedar"):
        load({}, SCHEMA, CONFIGURED)


def test_all_problems_are_told() -> None:
    """A refusal names each problem with its file and its policy."""
    with pytest.raises(PolicyError) as refused:
        load({"a.cedar": f"{PERMIT};", "b.cedar": f'@id("x") {PERMIT} when {{ false }};'}, SCHEMA, CONFIGURED)
    assert [each.split(":")[:2] for each in refused.value.problems] == [
        ["a.cedar", "1"],
        ["b.cedar", "1"],
    ]


BROKEN = f"""\
// The "first; policy
@id("first") @advice("a; b // c")
{PERMIT};

@id("second")
permit (principal, action
  resource);
@id("third") {PERMIT}; @id("fourth")
permit (principal, action == "ListTables", resource);
{PERMIT}
"""


def test_syntax_errors_name_the_line_and_the_policy() -> None:
    """Each policy that is not Cedar is named with its line, and the policies around it are not."""
    assert problems(BROKEN).splitlines() == [
        "x.cedar:7: policy second: is not Cedar: unexpected token `resource`",
        'x.cedar:8: policy fourth: is not Cedar: expected an entity uid, found literal `"ListTables"`',
        "x.cedar:10: policy without @id: is not Cedar: unexpected end of input",
    ]


def test_errors_of_validation_name_the_line_and_the_policy() -> None:
    """A policy with one problem has one line, however many actions the policy applies to."""
    found = problems(
        f'@id("good") {PERMIT};\n\n@id("x")\n{PERMIT} when {{ context.nope == 1 }};\n'
        '@id("y") permit (principal, action == Action::"DropTable", resource);'
    ).splitlines()
    assert found[1:] == ['x.cedar:5: policy y: unrecognized action `Action::"DropTable"`']
    (many,) = found[:1]
    assert many.startswith('x.cedar:3: policy x: attribute `nope` in context for Action::"ApplyPlan" and ')
    assert many.endswith(" other actions not found")


def test_characters_that_people_may_misread_are_named_with_their_line() -> None:
    """The line is that of the character, and the policy is named once, or none in a comment."""
    found = problems(
        f'// \u2066\n@id("good")\n{PERMIT};\n@id("x")\npermit (principal, action, resource is Table)\n'
        'when { resource.name like "\u202ea*" };\n'
        '@id("y") permit (principal in Group::"corp/\u0430dmin", action, resource);\n'
        '@id("z") permit (principal in Group::"corp/a\\u{200b}", action, resource);'
    )
    assert found.splitlines() == [
        "x.cedar:6: policy x: contains the invisible character U+202E",
        "x.cedar:1: contains the invisible character U+2066",
        "x.cedar:7: policy y: the word \\u0430dmin mixes CYRILLIC and LATIN",
        "x.cedar:8: policy z: contains the invisible character U+200B",
    ]


# For each kind of error of Cedar: the policy `x`, which begins in line 3, and the line of the error.
ERRORS = [
    ("permit (principal, action,\n resource) when { context.readUnits # 3 };", 5),
    ("permit (principal, action, resource;", 4),
    (f"{PERMIT}\n when {{ if context.planned then true }};", 5),
    (f'{PERMIT} when {{ principal.name == "\\q" }};', 3),
    (f"{PERMIT} when {{ nobody == 1 }};", 3),
    (f"{PERMIT} when {{ whoever(1) }};", 3),
    (f"{PERMIT} when {{ context.readUnits > 99999999999999999999 }};", 3),
    (f"{PERMIT} when {{ context.readUnits > 1 / 2 }};", 3),
    (f"{PERMIT} whn {{ context.planned }};", 3),
    ("permt (principal, action, resource);", 3),
    ("permit (action, principal, resource);", 3),
    ("permit (principal, action);", 3),
    ("permit (principal, action, resource, other);", 3),
    ('permit (principal in __cedar::"x", action, resource);', 3),
    ("permit (principal in ?principal, action, resource);", 3),
    (f"{PERMIT} when {{ principal in ?principal }};", 3),
    (f'{PERMIT} when {{ context.now < datetime("2026-13-01") }};', 3),
    (f"{PERMIT} when {{ context.readUnits.lessThan() }};", 3),
    (f'{PERMIT} when {{ context.readUnits > "a" }};', 3),
    (f'{PERMIT} when {{ [1, "a"].contains(context.readUnits) }};', 3),
    ("permit (principal, action, resource is Table) when { resource.live.items > 0 };", 3),
    ('permit (principal, action == Action::"ListTables", resource is Server);', 3),
]


@pytest.mark.parametrize(("policy", "line"), ERRORS)
def test_each_kind_of_error_names_the_line_and_the_policy(policy: str, line: int) -> None:
    """Cedar says neither. The line is that of the error if it can be found, else that of the policy."""
    found = problems(f'@id("good") {PERMIT};\n\n@id("x")\n{policy}\n\n@id("last")\n{PERMIT};')
    assert found.startswith(f"x.cedar:{line}: policy x: ")
    assert "policy good" not in found
    assert "policy last" not in found


@given(st.text('ab;"/\\\n @(,)', max_size=40))
def test_policies_are_told_apart_as_cedar_does(text: str) -> None:
    """Files are cut at the semicolons that end policies, whatever strings and comments contain."""
    files = f'@id("a") @advice("{text}") {PERMIT};', f'// {text}\n@id("b") {PERMIT};'
    for file in files:
        with suppress(ValueError):
            count = len(json.loads(cedarpy.policies_to_json_str(file + file))["staticPolicies"])
            assert count == len(list(statements(file + file)))


def test_ids_are_unique_among_all_files() -> None:
    """Two files cannot have policies with the same id."""
    with pytest.raises(PolicyError, match="occurs more than once"):
        load({"a.cedar": f'@id("x") {PERMIT};', "b.cedar": f'@id("x") {PERMIT};'}, SCHEMA, CONFIGURED)


def test_a_folder(tmp_path: Path) -> None:
    """The files that end in .cedar are read; other files and hidden ones are left alone."""
    (tmp_path / "a.cedar").write_text("one")
    (tmp_path / "README.md").write_text("two")
    (tmp_path / ".a.cedar.swp").write_text("three")
    assert read_folder(tmp_path) == {"a.cedar": "one"}


@pytest.mark.parametrize("name", ["below/a.cedar", "a.cedar.bak", "a.CEDAR", "a.cedar~"])
def test_files_that_would_be_overlooked(tmp_path: Path, name: str) -> None:
    """A file that looks like policies and would not be read is refused: it may be what forbids."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("forbid (principal, action, resource);")
    with pytest.raises(PolicyError, match="not read"):
        read_folder(tmp_path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing folder and a file that is no text are refused."""
    with pytest.raises(PolicyError, match="No such file"):
        read_folder(tmp_path / "none")
    (tmp_path / "a.cedar").write_bytes(b"\xff")
    with pytest.raises(PolicyError, match="cannot be read"):
        read_folder(tmp_path)


def test_the_documentation_is_taken() -> None:
    """The policies in docs/operate/security.md are valid."""
    page = (Path(__file__).parents[4] / "docs" / "operate" / "security.md").read_text()
    blocks = re.findall(r"```cedar\n(.*?)```", page, re.DOTALL)
    assert blocks
    for block in blocks:
        load({"docs.cedar": block}, SCHEMA, CONFIGURED)


def test_approvals_are_taken() -> None:
    """A policy that permits can name the group whose members approve, and how many of them must."""
    text = f'@id("x") @approval("corp/platform") @approvers("2") {PERMIT};'
    assert {"x"} == load({"x.cedar": text}, SCHEMA, CONFIGURED).policies.keys()
