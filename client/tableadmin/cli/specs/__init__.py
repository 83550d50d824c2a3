"""Spec files, plans for them, and applying those plans."""
