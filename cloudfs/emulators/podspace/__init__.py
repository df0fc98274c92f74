"""The PodSpace service, from the server's side.

A request goes ``emulator`` > one of the modules with routes > ``changing`` > the store.
`call` is what a route is given and `answers` what its result is wrapped in; `access` says who
may see and do what, `hashes` turns the store's numbers into the texts that name everything
here, `describe` writes entries as nearly every answer holds them.

Sections of the reference by module: 1.4 `parameters` and `forms`, 1.5 and 4 `answers` and
`errors`, 1.6 and 1.8 `describe`, `hashes` and `names`, 2 `auth`, 3 `paging`, 3.1, 3.4 and 3.22
`folders`, 3.2, 3.3 and 3.9 to 3.11 `entries`, 3.5 `uploads`, 3.6 and 3.7 `tus` and
`resumable`, 3.8 `downloads` and `zips`, 3.12 `batch`, 3.13 to 3.16 `trash`, 3.17 `shares`,
3.18 `versions`, 3.19 `activities`, 3.20 `teams` and `organisations`, 3.21 `search`, 3.22
`account`, 3.23 `bookmarks`, 3.24 `archives`, `unzipping`, `fetching`, `images` and `entries`,
appendix B `settings`.
"""
