"""Streams: long calls that continue with another call when a call ends early."""
