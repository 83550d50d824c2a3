"""The state of a table in one form: the desired state, the live state, and the target of a plan."""
