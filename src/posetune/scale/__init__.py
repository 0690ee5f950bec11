"""Many machines for one job: a plan of units, workers that commit each unit once, and one result."""
