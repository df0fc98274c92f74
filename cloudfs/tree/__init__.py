"""What the drive looks like: names, inode numbers, listings, attributes.

The tree in memory is what programs see. It is the service's tree as last heard of, changed by
what was done here and has not reached the service yet. `nodes` holds it, `listings` brings it
up to date, `names` says what things are called, `attributes` keeps what a service cannot hold,
`numbers` and `metadata` remember it all over a restart.
"""
