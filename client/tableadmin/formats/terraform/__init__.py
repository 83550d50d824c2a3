"""Terraform: plans, states and configurations are read into specs, and HCL is written from specs."""
