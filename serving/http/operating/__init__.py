"""What whoever runs the server looks at: health, metrics, logs, keys, the audit log, the disk."""
