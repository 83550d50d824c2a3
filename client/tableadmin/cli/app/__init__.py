"""The program: its root command, its settings, how answers are written, and how each run ends."""
