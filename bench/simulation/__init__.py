"""What many servers cost, computed from the server's own constants and a few measured numbers."""
