extension NetlinkSession {
    /// The IP addresses of an interface.
    ///
    /// - Throws: `KernelRefusal`.
    package func addresses(of index: Int32) throws(KernelRefusal) -> [InterfaceAddress] {
        let messages = try dump(RTM.getAddress, [UInt8](repeating: 0, count: 8))
        return try Self.understanding { () throws(NetlinkFormatError) in
            var addresses: [InterfaceAddress] = []
            for message in messages where message.type == RTM.newAddress {
                guard let found = try InterfaceAddress.decode(message), Int64(found.interface) == Int64(index)
                else { continue }
                addresses.append(found.address)
            }
            return addresses
        }
    }

    /// Gives an interface an address, or the one that it has other properties.
    ///
    /// - Throws: `KernelRefusal`.
    package func add(_ address: InterfaceAddress, to index: Int32) throws(KernelRefusal) {
        try order(
            RTM.newAddress, flags: NLM.create | NLM.replace, address.encoded(interface: index))
    }

    /// Takes an address from an interface.
    ///
    /// - Throws: `KernelRefusal`: `EADDRNOTAVAIL` if it has none such.
    package func remove(_ address: InterfaceAddress, from index: Int32) throws(KernelRefusal) {
        try order(RTM.deleteAddress, address.encoded(interface: index))
    }

    /// The routes of the namespace, of all tables.
    ///
    /// - Throws: `KernelRefusal`.
    package func routes() throws(KernelRefusal) -> [Route] {
        let messages = try dump(RTM.getRoute, [UInt8](repeating: 0, count: 12))
        return try Self.understanding { () throws(NetlinkFormatError) in
            var routes: [Route] = []
            for message in messages where message.type == RTM.newRoute {
                if let route = try Route.decode(message) { routes.append(route) }
            }
            return routes
        }
    }

    /// Adds a route through an interface, which must be up.
    ///
    /// - Throws: `KernelRefusal`: `EEXIST` if another leads there with the same metric.
    package func add(_ route: Route, through index: Int32) throws(KernelRefusal) {
        try order(RTM.newRoute, flags: NLM.create | NLM.exclusive, route.encoded(interface: index))
    }
}
