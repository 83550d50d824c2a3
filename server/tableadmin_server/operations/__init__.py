"""Durable operations: tables brought to their specs, whoever leaves and whichever server stops.

An operation is a reconcile loop, no script: observe, plan, take the first step, wait until it has settled,
begin again, until nothing is left. So a crash needs no recovery: whoever takes over begins again too.
"""
