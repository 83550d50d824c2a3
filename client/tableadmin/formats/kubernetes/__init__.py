"""Kubernetes manifests: tables of AWS Controllers for Kubernetes (ACK) and of Crossplane."""
