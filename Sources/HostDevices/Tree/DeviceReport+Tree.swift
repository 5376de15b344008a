import Hypervisor

extension DeviceReport {
    /// The report for people.
    package var tree: String {
        var text = TreeText()
        text.add(vfioLine)
        for note in notes { text.add("Note: \(note)") }
        for group in groups {
            text.add()
            text.add(group.node(obstacle))
        }
        if !ungrouped.isEmpty {
            text.add()
            let node = TreeNode(
                lines: [
                    "No IOMMU group: nothing of this can be passed on. Switch the IOMMU on in the firmware, and with "
                        + "intel_iommu=on on the host's kernel command line for Intel."
                ],
                children: FunctionTree(ungrouped).nodes { TreeNode(lines: $0.facts) })
            text.add(node)
        }
        if !mediated.isEmpty {
            text.add()
            text.add(TreeNode(lines: ["Mediated devices"], children: mediated.map { $0.node(obstacle) }))
        }
        if !usb.isEmpty {
            text.add()
            text.add(TreeNode(lines: ["USB devices"], children: usb.map(\.drawn)))
        }
        return text.lines.joined(separator: "\n")
    }

    private var vfioLine: String {
        if let obstacle { return "VFIO does not work here: \(obstacle)" }
        switch access {
        case "iommufd": return "VFIO works here, through iommufd and by group."
        case .some: return "VFIO works here, by group."
        case nil: return "Whether VFIO works here is known to root only."
        }
    }
}

extension GroupEntry {
    fileprivate func node(_ obstacle: String?) -> TreeNode {
        var title = "IOMMU group \(number)"
        if let type { title += " (\(type))" }
        if let owner { title += ", \(owner.words) has it" }
        var lines = [title]
        if functions.count(where: { !$0.isBridge }) + mediated.count > 1 {
            lines += verdict("all of it, '/dev/vfio/\(number)'", reasons, obstacle).map { "│ \($0)" }
        }
        var children = FunctionTree(functions).nodes { $0.node(obstacle) }
        children += mediated.map { TreeNode(lines: ["\($0)  mediated device, see below"]) }
        children += others.map { other in
            TreeNode(lines: ["\(other.name)  \(other.problem ?? "no PCI function")"])
        }
        return TreeNode(lines: lines, children: children)
    }
}

extension FunctionEntry {
    fileprivate func node(_ obstacle: String?) -> TreeNode {
        var lines = facts
        if let quarantine { lines.append("quarantined: \(quarantine)") }
        if isPrebound {
            let what =
                node == nil && driverOverride != driver
                ? "an earlier bind did not end" : "bound ahead of time"
            lines.append("\(what); 'swiftlet devices restore \(address)' gives it back")
        }
        if isOrphan {
            lines.append("orphan: nobody owns it; 'swiftlet devices restore \(address)' gives it back")
        }
        guard !isBridge else { return TreeNode(lines: lines) }
        let with = companions.map(\.description).joined(separator: ", ")
        let shown = reasons.filter { quarantine == nil || !$0.hasPrefix("is set aside") }
        if shown.isEmpty, quarantine != nil {
            lines.append("passable: no: is quarantined")
        } else {
            lines += verdict("", shown, obstacle, more: with.isEmpty ? "" : ", with \(with)")
        }
        return TreeNode(lines: lines)
    }

    /// What it is, and how it stands.
    fileprivate var facts: [String] {
        let kind = deviceClass.name ?? "class \(digits(deviceClass))"
        let names = [vendor.name ?? "vendor \(digits(vendor))", device.name ?? "device \(digits(device))"]
        let what =
            "\(address)  \(kind): \(names.joined(separator: " ")) [\(digits(vendor)):\(digits(device))]"
        var facts = [driver.map { "driver \($0)" } ?? "no driver"]
        if let driverOverride { facts.append("driver_override \(driverOverride)") }
        if let numaNode { facts.append("NUMA node \(numaNode)") }
        if let physicalFunction { facts.append("virtual function of \(physicalFunction)") }
        if virtualFunctions > 0 { facts.append("\(virtualFunctions) virtual functions") }
        if !interfaces.isEmpty { facts.append("interfaces \(interfaces.joined(separator: " "))") }
        if let node { facts.append("node \(node)") }
        if isBridge { facts.append("stays with the host") }
        return [what, facts.joined(separator: ", ")]
    }

    private func digits(_ named: Named) -> Substring { named.id.dropFirst(2) }
}

extension MediatedEntry {
    fileprivate func node(_ obstacle: String?) -> TreeNode {
        var what = "\(uuid)  \(type ?? "no type")"
        if let parent { what += " of \(parent)" }
        if let group { what += ", IOMMU group \(group)" }
        if let node { what += ", node \(node)" }
        return TreeNode(lines: [what] + verdict("", reasons, obstacle))
    }
}

extension USBEntry {
    fileprivate var drawn: TreeNode {
        let names = [manufacturer, product].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
        var facts = [node, drivers.isEmpty ? "no driver" : "driver \(drivers.joined(separator: " "))"]
        if let serial { facts.insert("serial \(serial)", at: 0) }
        if isHub { facts.append("a hub, stays with the host") }
        let what = "\(place)  \(names.isEmpty ? "USB device" : names) [\(ids)]"
        return TreeNode(
            lines: [what, facts.joined(separator: ", ")] + (isHub ? [] : verdict("", reasons, nil)))
    }
}

/// Whether something can be passed on, one reason a line where there are several.
private func verdict(
    _ name: String, _ reasons: [String], _ obstacle: String?, more: String = ""
) -> [String] {
    let start = name.isEmpty ? "passable: " : "\(name): passable: "
    let words = reasons.map { $0 == obstacle ? "VFIO does not work here, see the first line" : $0 }
    switch words.count {
    case 0: return ["\(start)yes\(more)"]
    case 1: return ["\(start)no: \(words[0])"]
    default: return ["\(start)no:"] + words.map { "- \($0)" }
    }
}
