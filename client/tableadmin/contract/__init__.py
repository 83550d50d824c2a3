"""Facts derived from the contract's descriptors: effects, paging, and fields that name tables."""
