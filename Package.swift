// swift-tools-version: 6.2
import PackageDescription

/// Every hand-written target is compiled with the same rules; a warning is an error.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// Generated targets keep the language mode and leave style to the generator.
let generated: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault")
]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "swiftlet",
    products: [
        .library(name: "TTRPC", targets: ["TTRPC"]),
        .executable(name: "containerd-shim-swiftlet-v2", targets: ["containerd-shim-swiftlet-v2"]),
        .executable(name: "swiftlet", targets: ["swiftlet"]),
        .executable(name: "swiftlet-agent", targets: ["swiftlet-agent"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // Leaves, shared by host and guest.
        .target(name: "CLinux"),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CCap", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMessageDigest", pkgConfig: "libmd", providers: [.apt(["libmd-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "RuntimeErrors", swiftSettings: strict),
        .target(name: "Linux", dependencies: ["CLinux", "RuntimeErrors"], swiftSettings: strict),
        .target(
            name: "LoopSupport", dependencies: ["Linux", "RuntimeErrors", nio, nioPosix],
            swiftSettings: strict),
        .target(name: "TTRPC", dependencies: [nio, nioPosix, protobuf], swiftSettings: strict),
        .target(name: "OCI", dependencies: ["RuntimeErrors"], swiftSettings: strict),
        .target(
            name: "CDI", dependencies: ["CYAML", "Linux", "OCI", "RuntimeErrors"], swiftSettings: strict),
        .target(
            name: "Netlink", dependencies: ["CLinux", "Linux", "RuntimeErrors"], swiftSettings: strict),

        // Generated messages and service stubs.
        .target(
            name: "ContainerdProtocol", dependencies: ["TTRPC", protobuf], swiftSettings: generated),
        .target(name: "AgentProtocol", dependencies: ["TTRPC", protobuf], swiftSettings: generated),
        .target(name: "KubeletProtocol", dependencies: [protobuf], swiftSettings: generated),

        // Host.
        .target(
            name: "Configuration", dependencies: ["RuntimeErrors"], swiftSettings: strict),
        .target(name: "Hypervisor", dependencies: ["RuntimeErrors"], swiftSettings: strict),
        .target(
            name: "QEMU",
            dependencies: ["Hypervisor", "Linux", "LoopSupport", "RuntimeErrors", nio, nioPosix, logging],
            swiftSettings: strict),
        .target(
            name: "CloudHypervisor", dependencies: ["Hypervisor", "RuntimeErrors"],
            swiftSettings: strict),
        .target(
            name: "SharedFilesystem",
            dependencies: ["CLinux", "Linux", "RuntimeErrors"],
            swiftSettings: strict),
        .target(
            name: "VFIO", dependencies: ["Hypervisor", "Linux", "RuntimeErrors"], swiftSettings: strict),
        .target(
            name: "HostUSB", dependencies: ["CDI", "Hypervisor", "Linux", "RuntimeErrors"],
            swiftSettings: strict),
        .target(
            name: "PodNetwork",
            dependencies: ["CLinux", "Hypervisor", "Linux", "Netlink", "RuntimeErrors"], swiftSettings: strict
        ),
        .target(name: "PodSecurity", dependencies: ["OCI", "RuntimeErrors"], swiftSettings: strict),
        .target(
            name: "PodResources",
            dependencies: [
                "CDI", "KubeletProtocol", "LoopSupport", "RuntimeErrors", nio, nioPosix, nioHTTP2, nioHPACK,
                protobuf,
            ],
            swiftSettings: strict),
        .target(
            name: "AgentClient",
            dependencies: [
                "AgentProtocol", "TTRPC", "OCI", "Linux", "LoopSupport", "RuntimeErrors", nio,
                nioPosix, protobuf,
            ],
            swiftSettings: strict),
        .target(
            name: "Sandbox",
            dependencies: [
                "AgentClient", "CDI", "CMessageDigest", "Configuration", "HostUSB", "Hypervisor", "Linux",
                "LoopSupport", "OCI", "PodNetwork", "PodResources", "PodSecurity", "RuntimeErrors",
                "SharedFilesystem", "VFIO", nio, nioPosix, logging,
            ],
            swiftSettings: strict),
        .target(
            name: "ShimService",
            dependencies: [
                "AgentClient", "Configuration", "ContainerdProtocol", "Linux", "LoopSupport", "OCI",
                "RuntimeErrors", "Sandbox", "TTRPC", nio, nioPosix, protobuf, logging,
            ],
            swiftSettings: strict),
        .target(
            name: "HostDevices",
            dependencies: [
                "HostUSB", "Hypervisor", "Linux", "OCI", "PodNetwork", "RuntimeErrors", "Sandbox", "VFIO",
            ],
            swiftSettings: strict),
        .target(
            name: "HostCheck",
            dependencies: [
                "CZlib", "CloudHypervisor", "Configuration", "HostDevices", "Hypervisor", "Linux", "OCI",
                "QEMU",
                "RuntimeErrors", "Sandbox", "SharedFilesystem", "VFIO", logging,
            ],
            swiftSettings: strict),

        // Guest.
        .target(
            name: "GuestRuntime",
            dependencies: ["CCap", "CLinux", "CSeccomp", "Linux", "OCI", "RuntimeErrors"],
            swiftSettings: strict),
        .target(
            name: "AgentService",
            dependencies: [
                "AgentProtocol", "CDI", "GuestRuntime", "Linux", "LoopSupport", "OCI", "RuntimeErrors",
                "TTRPC", nio, nioPosix, protobuf,
            ],
            swiftSettings: strict),

        // Executables: wiring only.
        .executableTarget(
            name: "containerd-shim-swiftlet-v2",
            dependencies: [
                "CloudHypervisor", "Configuration", "LoopSupport", "QEMU", "RuntimeErrors", "Sandbox",
                "ShimService",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "swiftlet",
            dependencies: [
                "AgentClient", "CDI", "CloudHypervisor", "Configuration", "HostCheck", "HostDevices",
                "Hypervisor", "Linux", "LoopSupport", "OCI", "PodNetwork", "QEMU", "RuntimeErrors", "Sandbox",
                "VFIO",
                argumentParser,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "swiftlet-agent",
            dependencies: ["AgentService", "GuestRuntime", "LoopSupport", "RuntimeErrors"],
            swiftSettings: strict),

        // Tests mirror the sources.
        .testTarget(name: "RuntimeErrorsTests", dependencies: ["RuntimeErrors"], swiftSettings: strict),
        .testTarget(
            name: "LinuxTests", dependencies: ["Linux", "CLinux", "RuntimeErrors"], swiftSettings: strict),
        .testTarget(
            name: "LoopSupportTests", dependencies: ["LoopSupport", "Linux", "RuntimeErrors", nio],
            swiftSettings: strict),
        .testTarget(
            name: "TTRPCTests",
            dependencies: [
                "TTRPC", nio, nioPosix, protobuf,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ProtocolTests",
            dependencies: ["ContainerdProtocol", "AgentProtocol", "TTRPC", nio, nioPosix, protobuf],
            swiftSettings: strict),
        .testTarget(name: "OCITests", dependencies: ["OCI", "RuntimeErrors"], swiftSettings: strict),
        .testTarget(
            name: "CDITests", dependencies: ["CDI", "Linux", "OCI", "RuntimeErrors"], swiftSettings: strict),
        .testTarget(
            name: "NetlinkTests", dependencies: ["CLinux", "Linux", "Netlink", "RuntimeErrors"],
            swiftSettings: strict),
        // A host of files that behaves like the kernel's own, for whoever plans or binds devices.
        .target(
            name: "FakeHost", dependencies: ["Hypervisor", "Linux", "RuntimeErrors", "VFIO"],
            path: "Tests/FakeHost", swiftSettings: strict),
        .testTarget(
            name: "VFIOTests", dependencies: ["FakeHost", "Hypervisor", "Linux", "RuntimeErrors", "VFIO"],
            swiftSettings: strict),
        .testTarget(
            name: "HostUSBTests",
            dependencies: ["CDI", "FakeHost", "HostUSB", "Hypervisor", "Linux", "RuntimeErrors"],
            swiftSettings: strict),
        .testTarget(
            name: "PodNetworkTests",
            dependencies: [
                "CCap", "CLinux", "FakeHost", "Hypervisor", "Linux", "Netlink", "PodNetwork", "RuntimeErrors",
                "VFIO",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PodSecurityTests", dependencies: ["OCI", "PodSecurity", "RuntimeErrors"],
            swiftSettings: strict),
        .testTarget(
            name: "PodResourcesTests",
            dependencies: [
                "CDI", "KubeletProtocol", "Linux", "LoopSupport", "PodResources", "RuntimeErrors", nio,
                nioPosix,
                nioHTTP2, nioHPACK, protobuf,
            ],
            exclude: ["Support/grpc_kubelet.py"], swiftSettings: strict),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration", "RuntimeErrors"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "HypervisorTests",
            dependencies: ["Hypervisor", "QEMU", "CloudHypervisor", "RuntimeErrors"],
            resources: [.copy("Golden")], swiftSettings: strict),
        .testTarget(
            name: "QEMUTests",
            dependencies: ["QEMU", "Hypervisor", "Linux", "LoopSupport", "RuntimeErrors", nio, nioPosix],
            swiftSettings: strict),
        .testTarget(
            name: "SharedFilesystemTests",
            dependencies: ["SharedFilesystem", "Linux", "RuntimeErrors"], swiftSettings: strict),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "AgentClient", "AgentProtocol", "CDI", "CloudHypervisor", "Configuration", "FakeHost",
                "Hypervisor", "Linux", "LoopSupport", "Netlink", "OCI", "PodNetwork", "PodResources",
                "PodSecurity", "QEMU", "RuntimeErrors", "Sandbox", "SharedFilesystem", "VFIO",
                "swiftlet-agent", nio, nioPosix, logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HostDevicesTests",
            dependencies: [
                "FakeHost", "HostDevices", "Hypervisor", "Linux", "OCI", "RuntimeErrors", "Sandbox", "VFIO",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HostCheckTests",
            dependencies: [
                "Configuration", "HostCheck", "Linux", "RuntimeErrors", "Sandbox",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ShimServiceTests",
            dependencies: [
                "AgentClient", "AgentProtocol", "ShimService", "Sandbox", "ContainerdProtocol", "TTRPC",
                "OCI",
                "RuntimeErrors",
                "Linux", "LoopSupport", nio, nioPosix, protobuf, logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "GuestRuntimeTests",
            dependencies: [
                "AgentProtocol", "AgentService", "CDI", "FakeHost", "GuestRuntime", "Linux",
                "LoopSupport", "OCI", "RuntimeErrors", "TTRPC", "VFIO", "swiftlet-agent", nio, nioPosix,
                protobuf,
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

/// The fuzz targets exist for `scripts/fuzz` only: their main function comes with the sanitizer.
if Context.environment["SWIFTLET_FUZZ"] != nil {
    let embedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
    let targets: [String: [Target.Dependency]] = [
        "FuzzFrames": ["TTRPC", nio, embedded, protobuf],
        "FuzzSpec": ["OCI", "AgentClient", "AgentProtocol"],
        "FuzzCDI": ["CDI"],
        "FuzzConfiguration": ["Configuration"],
        "FuzzConsole": ["QEMU", "Hypervisor"],
        "FuzzAgentReplies": ["AgentClient", "TTRPC", "OCI", nio, embedded],
        "FuzzQMP": ["QEMU", nio, embedded],
        "FuzzLaunchPlan": ["AgentProtocol", "AgentService", "GuestRuntime", protobuf],
    ]
    package.targets.append(
        .target(name: "FuzzSupport", path: "Tests/Fuzz/FuzzSupport", swiftSettings: strict))
    package.targets += targets.map { name, dependencies in
        .executableTarget(
            name: name, dependencies: ["FuzzSupport"] + dependencies, path: "Tests/Fuzz/\(name)",
            exclude: ["Corpus"], swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
    }
}
