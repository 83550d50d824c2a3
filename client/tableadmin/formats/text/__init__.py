"""Bytes to text, text to trees, and trees to data that the contract takes."""
