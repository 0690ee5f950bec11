"""Worker processes, each with networks of its own on one thread, and who asks them next."""
