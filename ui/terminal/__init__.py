"""The command `ibid`."""
