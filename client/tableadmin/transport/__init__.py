"""How calls travel: channels, credentials, retries and traces."""
