"""What the page can ask: each function answers one route with data for JSON."""
