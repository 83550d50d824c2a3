"""Authentication, authorization, limits and audit."""
