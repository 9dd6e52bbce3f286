"""Floor 0: what every other part stands on. No framework is imported here.

dtypes (names, promotion), shapes, settings (floatx, epsilon, image data format, the
configured backend), scopes (thread-local contexts), naming, errors, tree (nested
structures) and the registry of serializable objects.
"""
