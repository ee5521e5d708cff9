"""What people look at: deployed, compared, described."""
