"""Terraform: plans and states as JSON are read into specs, and HCL is written from specs."""
