"""What outlives a process: jobs now, corrections later; SQLite by default, PostgreSQL by URL (extra ``serve``)."""
