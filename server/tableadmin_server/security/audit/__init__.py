"""The audit: records of changes, of denials and, if configured, of reads."""
