"""Every change made here: visible at once, recorded, then carried out on the service.

A change is not a call that was made but a difference: what a node is here, and what the
service has of it. Ten saves are one difference, a file made and removed is none, and a
renamed temporary file is a new content of the file it replaced. After a crash the differences
are simply read again, and worked off.

`changes` is one difference, `journal` keeps and records them while programs work, `order` says
which can be carried out now, `committer` carries them out, and `settling` finds out what
became of an attempt that nobody answered, and what to do when two sides changed one thing.
"""
