"""Recurrent layers: cells, the loop over time, and the layers made of both."""
