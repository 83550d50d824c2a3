"""What principals may do: Cedar policies over the RPCs of the contract and the tables that they name."""
