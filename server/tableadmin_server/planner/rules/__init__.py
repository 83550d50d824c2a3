"""AWS's rules: what a valid spec is, and what one call may hold."""
