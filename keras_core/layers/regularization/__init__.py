"""Noise while training, and penalties of activations."""
