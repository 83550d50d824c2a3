"""The commands of tablectl, one module for each group; `tableadmin.cli.app.program` lists them."""
