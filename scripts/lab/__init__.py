"""What the system tests, the demo and the benchmarks run on: foreign programs, a guest, images, a private containerd."""
