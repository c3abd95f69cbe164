"""Everything in the engine that concerns Numba.

`settings` (is anything compiled, and how), `cache` (machine code on disk, and the notice that it is
being made), `numba_internals` (features that Numba does not promise to keep), `self_test` (whether
they still work), `backend` (what is used, depending on the self-test), `compiled` (the decorators
of rules) and `prefetch`. Nothing here affects other users of Numba in the same process.
"""
