"""The command line. `main` reads it; each command is a function of one module."""
