"""What carries the segments of replicas from one store to another."""
