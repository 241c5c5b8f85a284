"""What belongs to no single collection: jobs, uploaded files and past answers."""
