"""Convert options, shorthand and JSON to request messages."""
