"""HTTP, server-sent events and the tower's pages."""
