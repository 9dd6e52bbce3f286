"""Native bindings of the linalg operations."""
