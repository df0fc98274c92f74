"""`python -m cloudfs` is the command `cloudfs`."""

from cloudfs.cli.main import main

main()
