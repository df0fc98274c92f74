"""ASUS WebStorage and OmniStor, from the server's side: one protocol, two profiles.

A request goes ``emulator`` > ``answering`` (version, XML, signature, token) > one of the
modules with operations > ``changing`` > the store. `call` is what an operation is given and
how it is registered, `fields` its parameters, `places` how an account sees the store,
`describe` what listings say, `payload` the XML.

Sections of the reference by module: 1.4 `settings`, 1.5 and 1.6 `answering`, 1.7 `places` and
`names`, 1.8 `fields`, 1.10 `times`, 1.11 `attributes`, 1.12 `passwords` and `tripledes`, 2.1
`signature`, 2.2 and 2.3 `discovery`, 2.4, 2.5 and 3.14 `accounts`, 3.0, 3.1, 3.11 and 3.17
`listing` and `oldlisting`, 3.2, 3.3, 3.5.6 and 3.20 `entries`, 3.4 and 3.7 to 3.10 `fileops`,
3.5 `uploads`, `transfers` and `directupload`, 3.6 `downloads`, 3.12 and 3.13 `trash`, 3.16
`changes` and `sequences`, 3.18 `search`, 3.19 `sharing`, `shares` and `sharelists`, 4
`refusals`.
"""
