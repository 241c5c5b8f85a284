"""What every request passes before anything of it is read: who sends it, what it may do, how much and how often."""
