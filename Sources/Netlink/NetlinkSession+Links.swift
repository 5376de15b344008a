import Linux

extension NetlinkSession {
    /// All interfaces of the namespace, in the kernel's order.
    ///
    /// - Throws: `KernelRefusal`.
    package func links() throws(KernelRefusal) -> [Link] {
        let messages = try dump(RTM.getLink, Self.link(0))
        return try Self.understanding { () throws(NetlinkFormatError) in
            var links: [Link] = []
            for message in messages where message.type == RTM.newLink { links.append(try Link(message)) }
            return links
        }
    }

    /// The interface of that name; nil if there is none.
    ///
    /// - Throws: `KernelRefusal`.
    package func link(named name: String) throws(KernelRefusal) -> Link? {
        try links().first { $0.name == name }
    }

    /// Gives an interface another name. Old kernels want it down for that.
    ///
    /// - Throws: `KernelRefusal`: `EEXIST` if another has it, `EINVAL` for what is no name.
    package func rename(_ index: Int32, to name: String) throws(KernelRefusal) {
        try set(index, try Self.name(name))
    }

    /// Sets the largest packet, in bytes.
    ///
    /// - Throws: `KernelRefusal`: `EINVAL` for what the driver does not take.
    package func setMTU(_ index: Int32, _ bytes: UInt32) throws(KernelRefusal) {
        try set(index) { $0.add(IFLA.mtu, integer: bytes) }
    }

    /// Sets the hardware address.
    ///
    /// - Throws: `KernelRefusal`: `EBUSY` from a driver that wants the interface down for that.
    package func setHardwareAddress(_ index: Int32, _ address: MACAddress) throws(KernelRefusal) {
        try set(index) { $0.add(IFLA.address, address.bytes) }
    }

    /// Sets an interface up or down.
    ///
    /// - Throws: `KernelRefusal`.
    package func setUp(_ index: Int32, _ isUp: Bool) throws(KernelRefusal) {
        try order(RTM.setLink, Self.link(index, flags: isUp ? Link.up : 0, change: Link.up))
    }

    /// Moves an interface to the namespace behind a descriptor, where it is down and has no addresses, and gives it
    /// a name there in the same step: the one that it has may be taken there, and the new one here.
    ///
    /// - Throws: `KernelRefusal`: `EEXIST` if another has the name there.
    package func move(_ index: Int32, to namespace: CInt, as name: String) throws(KernelRefusal) {
        let naming = try Self.name(name)
        try set(index) {
            $0.add(IFLA.namespaceDescriptor, integer: UInt32(bitPattern: namespace))
            naming(&$0)
        }
    }

    /// Sets the address that the virtual function `number` of the physical function `index` gets from its driver.
    ///
    /// - Throws: `KernelRefusal`: `EOPNOTSUPP` from a driver without virtual functions.
    package func setVirtualFunctionAddress(
        _ index: Int32, function number: UInt32, _ address: MACAddress
    ) throws(KernelRefusal) {
        try order(
            RTM.setLink, Self.virtualFunctionAddress(index, function: number, address))
    }

    /// The payload of ``setVirtualFunctionAddress(_:function:_:)``.
    static func virtualFunctionAddress(
        _ index: Int32, function number: UInt32, _ address: MACAddress
    ) -> [UInt8] {
        // struct ifla_vf_mac: the address stands in a field of 32 bytes.
        var value: [UInt8] = []
        value.append(integer: number)
        value += address.bytes + [UInt8](repeating: 0, count: 32 - address.bytes.count)
        var writer = AttributeWriter(after: link(index))
        writer.add(
            IFLA.virtualFunctions,
            nested: { list in
                list.add(IFLA.virtualFunction, nested: { $0.add(IFLA.virtualFunctionAddress, value) })
            })
        return writer.bytes
    }

    private static func name(_ name: String) throws(KernelRefusal) -> (inout AttributeWriter) -> Void {
        guard Link.isName(name) else {
            throw KernelRefusal(.EINVAL, explanation: "not a name for an interface")
        }
        return { $0.add(IFLA.name, text: name) }
    }

    private func set(
        _ index: Int32, _ attributes: (inout AttributeWriter) -> Void
    ) throws(KernelRefusal) {
        var writer = AttributeWriter(after: Self.link(index))
        attributes(&writer)
        try order(RTM.setLink, writer.bytes)
    }

    /// `struct ifinfomsg`.
    private static func link(_ index: Int32, flags: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 0, 0]
        bytes.append(integer: index)
        bytes.append(integer: flags)
        bytes.append(integer: change)
        return bytes
    }
}
