"""The worker process: builds an application, runs jobs on it, and tells its supervisor what happens."""
