"""What turns options, shorthand and JSON into request messages."""
