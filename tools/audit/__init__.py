"""What independent validators say of the templates, held against the reasons in docs/security.md: ``make audit``."""
