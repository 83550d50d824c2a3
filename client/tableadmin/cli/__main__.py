"""`python -m tableadmin.cli` is tablectl."""

from tableadmin.cli import main

main()
