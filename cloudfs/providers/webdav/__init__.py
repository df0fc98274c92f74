"""WebDAV: any server of class 1, and more from those that are known (RFC 4918)."""
