"""Floor 6: `Trainer`, which `Model` inherits: compile, fit, evaluate, predict.

There is one loop (`loop`) over one kind of step: `data` says what is fed, `compiled` what loss
and metrics are computed, and the backend's `execute` how a step runs, one batch or several at
a time. No framework is imported here.
"""
