"""What happens to every RPC, whatever its service."""
