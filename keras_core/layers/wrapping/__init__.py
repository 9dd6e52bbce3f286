"""Layers around what other libraries made; what touches those libraries is the backends'."""
