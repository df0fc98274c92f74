"""Bytes: what is read from the service, and what is to be written to it.

`links` keeps download links, `cache` the blocks that were read, `remote` reads one version of
one file through both. `drafts` holds what programs wrote and the service has not got yet.
"""
