"""Tables as an endpoint shows them: how they are read, and what two moments have in common."""
