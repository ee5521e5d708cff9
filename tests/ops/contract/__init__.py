"""What both packages know, read across releases."""
