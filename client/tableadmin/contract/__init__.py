"""What is derived from the descriptors of the contract: losses, listings and the fields that name tables."""
