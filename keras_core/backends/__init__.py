"""Floor 1: the frameworks. Each of numpy/, jax/, torch/ and tensorflow/ has the same files.

`contract` says what a backend offers; `select` picks the active one, once, at import.
Nothing above this floor imports a framework or asks for a backend's name: it calls what the
contract declares, or asks `select.backend.has("capability")`.
"""
