"""The queue of this machine: runs that wait for a free slot, and for GPUs."""
