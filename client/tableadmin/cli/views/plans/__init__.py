"""Plans and drift as text."""
