"""The test suite. One process tests one backend: the one that `KERAS_BACKEND` names."""
