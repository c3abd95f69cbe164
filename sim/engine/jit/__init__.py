"""All that the engine has to do with Numba.

`settings` (is anything compiled, and how), `cache` (machine code on disk, and the notice that it is
being made), `numba_internals` (all that Numba does not promise to keep), `self_test` (whether that
still works), `backend` (what is used, by the answer), `compiled` (the decorators of rules) and
`prefetch`. Nothing here changes what other users of Numba in the same process get.
"""
