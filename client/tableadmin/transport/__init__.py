"""The transport of calls: channels, credentials, retries and traces."""
