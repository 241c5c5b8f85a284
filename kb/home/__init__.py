"""What belongs to no single collection: jobs and uploaded files."""
