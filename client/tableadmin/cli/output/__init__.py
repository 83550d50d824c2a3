"""Write output: blocks, documents, lines and files."""
