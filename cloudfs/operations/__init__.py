"""What POSIX means on a drive, in plain values.

`names` finds, makes, moves and removes; `files` opens, reads and writes; `folders` lists;
`attributes`, `xattrs` and `space` tell and set the rest. `drive` is all of it together.
"""
