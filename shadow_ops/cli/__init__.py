"""The command line ``shadow-test``. `main` shows its commands; each is a module of its own, loaded when it is run."""
