"""Starting the portal and the servers it needs."""
