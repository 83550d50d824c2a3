"""Copies the items of small tables into tables with other keys."""
