"""Requests to a service: one place for retries, limits, sign-in, origins and secrets."""
