"""cloudfs: a cloud storage account as a drive.

The map. A request of a program travels down this row, each package calling only what
stands below it; import-linter keeps it so (pyproject.toml)::

    kernel > fuse > operations > journal > tree | content > providers > http > the service

    fuse        pyfuse3's requests as calls in plain values, and errors as errno
    operations  what POSIX means on a drive: open files, rename, attributes, symlinks
    journal     every change made here: recorded first, then carried out on the service
    tree        names, inode numbers, listings, attributes: what the drive looks like
    content     bytes: ranged reads, signed links, the disk cache, drafts
    providers   one package for each kind of service, behind one interface
    http        requests: sign-in, retries, limits, errors; secrets stay out of logs
    model, errors   the values and the failures that all of the above speak of

A start runs ``cli > mounting``, which reads ``config``, builds the row and hands each part
its neighbours; ``control`` is the socket through which a later command reaches the process
that serves a mount. News that travels up (a finished upload, a remote change) goes through
a callable handed in by ``mounting``, never through an import.

``emulators`` stands beside all of this: servers that speak the services' protocols, sharing
no code with the clients.
"""

__version__ = "0.1.0"
