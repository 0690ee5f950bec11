"""What stands before every request: hosts, origins, sessions, headers, limits."""
