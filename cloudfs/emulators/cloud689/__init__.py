"""The 689Cloud service, from the server's side.

A request goes ``emulator`` > one of the modules with routes > ``changing`` > the store. `call`
is what a route is given, and `answers` what its result is wrapped in; `access` says who may see
and do what, `ids` turns the store's numbers into the ids that name everything here, `describe`
writes projects, folders and files. `people`, `projects` and `contents` keep what the store does
not know of them.

Sections of the reference by module: 1 and 1.1 `parameters`, `forms`, `answers` and `errors`,
1.2 `names`, 1.3 `times`, 2 `sessions` and `account`, 3.1 and 3.6 `projectcalls`, 3.2 to 3.4 and
3.17 `listing`, 3.5, 3.10 and 3.11 `fileops`, 3.7 `uploads`, 3.8 `fetching`, 3.9 `downloads` and
`zips`, 3.13 `encoding` and `licences`, 3.14 `trash`, 3.16 `history`, 3.19 `links` and `pages`,
4.2 `access` and `projects`, 6 `comments` and `account`.
"""
