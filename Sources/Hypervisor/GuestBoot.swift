/// What the guest boots.
package struct GuestBoot: Codable, Sendable, Equatable {
    /// The kernel's path: an uncompressed ELF with a PVH note, or a bzImage.
    package var kernel: String
    /// The first file system.
    package var root: GuestRoot
    /// Parameters for the kernel and the agent beyond those that every guest of ours gets, in order.
    package var parameters: [String]

    /// Makes a boot description.
    package init(kernel: String, root: GuestRoot, parameters: [String] = []) {
        self.kernel = kernel
        self.root = root
        self.parameters = parameters
    }
}

/// The guest's first file system.
package enum GuestRoot: Sendable, Equatable {
    /// An initial RAM file system, at a path.
    case initrd(String)
    /// A partition of a raw disk, which is one of the plan's block devices.
    case image(RootImage)

    /// The path of the initial RAM file system, if there is one.
    package var initrd: String? {
        switch self {
        case .initrd(let path): path
        case .image(let image): image.initrd
        }
    }
}

/// Names the block device that holds the guest's root file system.
///
/// The guest mounts it read-only and can't write to it whatever it does: the device itself is read-only.
package struct RootImage: Codable, Sendable, Equatable {
    /// The id of the block device in the plan; it must be the block device with the lowest PCI path, which
    /// is what makes it `/dev/vda` in the guest.
    package var device: String
    /// The partition, counted from 1; nil when the file system fills the whole disk.
    package var partition: Int?
    /// The file system's type, such as `ext4` or `erofs`.
    package var fileSystem: String
    /// An initial RAM file system that finds the disk, for a kernel whose drivers are modules.
    package var initrd: String?

    /// Makes a root image description.
    package init(device: String, partition: Int? = 1, fileSystem: String, initrd: String? = nil) {
        self.device = device
        self.partition = partition
        self.fileSystem = fileSystem
        self.initrd = initrd
    }

    /// The device's name inside the guest.
    package var guestDevice: String {
        partition.map { "/dev/vda\($0)" } ?? "/dev/vda"
    }
}

extension GuestRoot: Codable {
    private enum Key: String, CodingKey {
        case initrd
        case image
    }

    /// Reads `{"initrd": path}` or `{"image": {…}}`.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let path = try container.decodeIfPresent(String.self, forKey: .initrd) {
            self = .initrd(path)
        } else {
            self = .image(try container.decode(RootImage.self, forKey: .image))
        }
    }

    /// Writes `{"initrd": path}` or `{"image": {…}}`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .initrd(let path): try container.encode(path, forKey: .initrd)
        case .image(let image): try container.encode(image, forKey: .image)
        }
    }
}
