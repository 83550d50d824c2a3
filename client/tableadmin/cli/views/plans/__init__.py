"""Plans, and how tables stand to their specs, as text."""
