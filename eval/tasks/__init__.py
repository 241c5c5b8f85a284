"""What can be measured: one file for each task, one function in it that returns a run."""
