"""Authenticates callers by client certificates and tokens."""
