"""The site of the documentation; `make docs` builds it into dist/docs."""

from importlib.metadata import version as _version

from sphinx.highlighting import lexers

from docs.cedar import CedarLexer

lexers["cedar"] = CedarLexer()

project = "Table Admin"
author = "Table Admin maintainers"
copyright = "Table Admin maintainers"  # noqa: A001 - Sphinx names it so
version = release = _version("tableadmin")

extensions = ["myst_parser"]
# Anchors as GitHub makes them, so that a link works there and here.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "fieldlist"]
exclude_patterns = ["generate"]
# A link that leads nowhere is an error too.
nitpicky = True
# Options of commands keep their two dashes.
smartquotes = False
highlight_language = "text"

html_theme = "furo"
html_title = "Table Admin"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
