"""What `fit`, `evaluate` and `predict` are fed: sources, and how one is picked for an object.

`source_for` recognises arrays, PyDatasets, `tf.data` datasets, torch DataLoaders and iterables
without importing a framework. A source gives one `Feed` an epoch, from which the loop takes as
many steps at a time as it wants to run together.
"""
