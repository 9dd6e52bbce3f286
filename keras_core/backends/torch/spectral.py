"""Native bindings of the spectral operations."""
