"""What layers that wrap other frameworks need: NumPy has none to wrap."""
