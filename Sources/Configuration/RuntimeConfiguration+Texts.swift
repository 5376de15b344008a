package import RuntimeErrors

extension RuntimeConfiguration {
    /// The configuration that texts amount to, the later ones winning key by key.
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument` that lists every problem found, each with its file,
    ///   line and key and with what to do.
    package init(texts: [ConfigurationText]) throws(RuntimeError) {
        var reader = SettingsReader()
        var unreadable: [Problem] = []
        for text in texts {
            do throws(TOMLDocument.Unreadable) {
                reader.read(try TOMLDocument(text))
            } catch {
                unreadable.append(error.problem)
            }
        }
        guard unreadable.isEmpty else { throw RuntimeError(unreadable + reader.problems) }
        let settings = reader.finish(lastFile: texts.last?.name ?? "configuration")
        guard let settings, reader.problems.isEmpty else {
            throw RuntimeError(reader.problems + (settings?.check() ?? []))
        }
        let problems = settings.check()
        guard problems.isEmpty else { throw RuntimeError(problems) }
        self.init(settings, warnings: Self.warnings(reader.ignored, settings), files: texts.map(\.name))
    }

    private static func warnings(_ ignored: [String], _ settings: Settings) -> [String] {
        var warnings: [String] = []
        if !ignored.isEmpty {
            let names = Array(Set(ignored)).sorted().joined(separator: ", ")
            warnings.append("keys of the configuration that this runtime does not have are ignored: \(names)")
        }
        let left = settings.checkAnnotationNames().left
        if !left.isEmpty {
            warnings.append(
                "keys that no annotation can set are ignored in enable_annotations: "
                    + left.joined(separator: ", "))
        }
        return warnings
    }

    /// The values of settings that have been checked.
    init(_ settings: Settings, warnings: [String], files: [String]) {
        hypervisor = HypervisorConfiguration(settings)
        dialTimeout = .seconds(settings.integer(.dialTimeout))
        debugConsole = settings.flag(.debugConsole)
        kernelModules = settings.list(.kernelModules).map(KernelModule.init)
        agentDebug = settings.flag(.agentDebug)
        createContainerDeadline = .seconds(settings.integer(.createContainerTimeout))
        guestSeccomp = !settings.flag(.disableGuestSeccomp)
        debug = settings.flag(.runtimeDebug)
        let version = settings.integer(.shimAPIVersion)
        shimAPIVersion = version >= 2 ? version : nil
        devices = DeviceConfiguration(settings)
        security = SecurityConfiguration(settings)
        self.warnings = warnings
        self.files = files
        self.settings = settings
    }
}

extension HypervisorConfiguration {
    init(_ settings: Settings) {
        let isQEMU = settings.hypervisor == .qemu
        monitor = isQEMU ? .qemu(QEMUConfiguration(settings)) : .cloudHypervisor
        path = settings.text(isQEMU ? .qemuPath : .cloudHypervisorPath)
        kernel = settings.text(.kernel)
        if let image = settings.path(.image) {
            root = .image(
                image, fileSystem: settings.text(.rootfsType), initrd: settings.path(.initrd))
        } else {
            root = .initrd(settings.path(.initrd) ?? "/usr/share/swiftlet/initrd")
        }
        kernelParameters = settings.text(.kernelParams)
        let count = settings.integer(.defaultVCPUs)
        defaultVCPUs = count < 0 ? nil : max(count, 1)
        let maximum = settings.integer(.defaultMaxVCPUs)
        maximumVCPUs = maximum <= 0 ? nil : maximum
        defaultMemory = settings.integer(.defaultMemory)
        hugePages = settings.flag(.enableHugepages)
        virtiofsd = VirtiofsdConfiguration(
            path: settings.text(.virtioFSDaemon), cache: settings.text(.virtioFSCache),
            extraArguments: settings.list(.virtioFSExtraArgs))
        entropySource = settings.text(.entropySource)
        debug = settings.flag(.enableDebug)
        consoleLogLimit = settings.integer(.consoleLogLimit) * 1024
    }
}

extension DeviceConfiguration {
    init(_ settings: Settings) {
        coldPlug = PortPolicy(rawValue: settings.text(.coldPlugVFIO)) ?? .noPort
        hotPlug = PortPolicy(rawValue: settings.text(.hotPlugVFIO)) ?? .noPort
        vfioMode = VFIOMode(rawValue: settings.text(.vfioMode)) ?? .guestKernel
        iommu = settings.flag(.enableIOMMU)
        iommufd = IOMMUFDUse(rawValue: settings.text(.iommufd)) ?? .auto
        podResourcesSocket = settings.path(.podResourceAPISock)
        passesOverWithoutPort = settings.text(.cdiWithoutPort) == "warn"
        refusesForeignNodes = settings.text(.hostDeviceNodes) == "refuse"
        kinds = settings.list(.cdiKinds).compactMap(DeviceKind.init)
    }
}

extension SecurityConfiguration {
    init(_ settings: Settings) {
        podSecurity = PodSecurityLevel(rawValue: settings.text(.podSecurity)) ?? .off
        let (user, group) = (settings.integer(.vmmUser), settings.integer(.vmmGroup))
        monitorUser =
            user == 0
            ? nil
            : MonitorUser(
                user: UInt32(clamping: user), group: UInt32(clamping: group == 0 ? user : group))
    }
}
