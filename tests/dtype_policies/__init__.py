"""Tests of the dtype policies."""
