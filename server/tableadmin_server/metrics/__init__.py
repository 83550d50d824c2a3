"""Metrics for Prometheus: their definitions, their recorders, and the port for scrapes.

Only this package imports prometheus_client. Other modules call small observers, or keep plain numbers that
are read at a scrape.
"""
