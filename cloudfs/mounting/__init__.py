"""A start: builds the row of packages, hands each part its neighbours, and ends it all again.

`folders` and `mountpoints` look at this machine first; `building` makes a drive of a remote;
`running` lives as long as the mount; `daemon` puts that into the background; `commands` answer
those who ask the running process something.
"""
