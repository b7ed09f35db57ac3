"""Jobs that last: a durable queue with leases, a log of events per job, and the dispatcher that feeds runners."""
