"""The calls of a plan, in phases: each phase brings one kind of setting to its target."""
