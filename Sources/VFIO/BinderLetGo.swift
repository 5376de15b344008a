extension Binder {
    /// Lets go of the groups that were taken here, and leaves their functions bound: for whoever takes them next.
    package func letGo() {
        for group in locks.held { locks.release(group) }
    }
}
