"""Layers of several inputs that give one output."""
