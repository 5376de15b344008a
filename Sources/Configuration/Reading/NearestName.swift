/// The name of `names` that `text` was most likely meant to be: the fewest letters to insert, remove or
/// replace, if those are at most a third of the text's.
func nearestName(to text: String, in names: some Sequence<String>) -> String? {
    let wanted = Array(text.utf8)
    guard (1...64).contains(wanted.count) else { return nil }
    var best: (name: String, distance: Int)?
    for name in names {
        let distance = editDistance(wanted, Array(name.utf8))
        let isCloser = best.map { (distance, name) < ($0.distance, $0.name) } ?? true
        if distance <= max(2, wanted.count / 3), isCloser { best = (name, distance) }
    }
    return best?.name
}

private func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var row = Array(0...second.count)
    for (index, letter) in first.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for (column, other) in second.enumerated() {
            let replaced = diagonal + (letter == other ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
        }
    }
    return row[second.count]
}
