"""Answers on standard output: blocks, documents, lines, and files."""
