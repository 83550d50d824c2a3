"""Who calls, what each may do, and what was done."""
