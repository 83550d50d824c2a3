"""Authorization by Cedar policies, for the RPCs of the contract and the tables that requests name."""
