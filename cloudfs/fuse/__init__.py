"""The kernel's side: requests as calls of `operations`, errors as errno.

The only package that imports pyfuse3. It converts (bytes, numbers, structures) and decides
nothing.
"""
