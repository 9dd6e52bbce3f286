"""Native bindings of the control operations."""
