"""Native bindings of the shaping operations."""
