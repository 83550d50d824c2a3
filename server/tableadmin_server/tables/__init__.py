"""Tables as an endpoint shows them: how they are read and compared."""
