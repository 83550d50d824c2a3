"""Colours for Cedar, the language of policies: Pygments does not know it."""

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text


class CedarLexer(RegexLexer):
    """Tokens of policies and of their comments."""

    name = "Cedar"
    tokens = {  # noqa: RUF012 - Pygments reads this name of the class
        "root": [
            (r"//.*", Comment.Single),
            (r'"(\\.|[^"\\])*"', String),
            (r"@\w+", Name.Decorator),
            (words(("permit", "forbid", "when", "unless"), suffix=r"\b"), Keyword),
            (words(("principal", "action", "resource", "context"), suffix=r"\b"), Name.Builtin),
            (
                words(("in", "is", "has", "like", "if", "then", "else"), suffix=r"\b"),
                Keyword,
            ),
            (r"\d+", Number),
            (r"[A-Za-z_]\w*", Name),
            (r"[=!<>&|+*:-]+", Operator),
            (r"[()\[\]{};,.?]", Punctuation),
            (r"\s+", Text),
        ]
    }
