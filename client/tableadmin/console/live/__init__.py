"""What changes while a page is open: tables and operations, followed once for all pages of an endpoint."""
