"""Native bindings of the reductions operations."""
