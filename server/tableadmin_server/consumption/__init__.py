"""The capacity that tables consumed, as counted by CloudWatch."""
