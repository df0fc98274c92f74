"""Servers that speak the services' protocols, for tests, demonstrations and development.

They are written from the protocol references and share no code with the clients: nothing of
cloudfs outside this package is imported here. A request comes down this row::

    server       two listening sockets: the API, and the object store for signed URLs
    gate         notes the request (`received`), lets it suffer its fault (`faults`, carried
                 out by `effects`), or hands it to `control` if it is for the emulator itself
    emulator     what all services have in common; `registry` lists them by type
    cloudike...  one package for each service: its routes, rules and formats
    store        accounts, trees, versions, bins, links, shares: what all services keep

`streaming` moves contents, `signing` signs URLs, `routing` finds routes, `clock` is the time.

A test serves one in its own process and may look into it::

    async with serving(CloudikeEmulator(tmp_path)) as running:
        ...                                   # requests to running.api_url
        assert running.emulator.tree() == {"/a.txt": b"..."}

A program starts one with ``cloudfs serve`` and steers it under ``/_emulator/`` (`control`).
"""
