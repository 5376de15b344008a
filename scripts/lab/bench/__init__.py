"""`make bench`: what Swiftlet costs, in one run on a private containerd."""
