"""Native bindings of the nn operations."""
