"""Native bindings of the image operations."""
