"""The commands of tablectl, one module for each group; `tableadmin.cli.program` lists them."""
