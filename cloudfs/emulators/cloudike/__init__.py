"""The Cloudike service, from the server's side.

A request goes ``emulator`` > one of the modules with routes > ``changing`` > the store.
`call` is what a route is given, `places` how an account sees the store, `describe` the
metadata object that nearly every answer holds, `events` the log of changes, `tasks` what is
done later. `objectstore` is the second origin, with `tickets` and `forms` for uploads.

Sections of the reference by module: 1.3 `parameters` and `names`, 1.9 `settings`, 2 `auth`
and `accounts`, 3.1 `describe`, 3.2 to 3.4 `metadata`, 3.5 and 3.8 to 3.10 `fileops`, 3.6
`uploads`, 3.7 `downloads`, 3.11 to 3.13 `trash`, 3.14 `versions`, 3.15 and 3.20 `metadata`,
3.16 `events`, `extras` and `fulllisting`, 3.17 `links` and `publicpages`, 3.18 `shares`,
3.19 `tasks`, 3.22 `archives` and `extras`.
"""
