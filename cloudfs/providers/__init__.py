"""The services: one package each, behind the interface of `base` and `facets`.

`memory` is the smallest complete provider, and the one to copy. `registry` lists them all.
"""
