"""The state of a table in one form: the desired one, the live one, and the one that a plan aims at."""
