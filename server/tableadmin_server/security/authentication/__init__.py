"""Who makes a call, by the client certificate or the token that the call shows."""
