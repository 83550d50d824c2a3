"""Metrics for Prometheus: what they are, what counts them, and the port at which they are scraped.

Nothing else imports prometheus_client. Modules that have something to count call a small observer, or keep
plain numbers that are read at the scrape.
"""
