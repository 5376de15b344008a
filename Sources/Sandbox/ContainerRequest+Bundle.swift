package import Configuration
package import OCI
package import SharedFilesystem

extension ContainerRequest {
    /// A request for the container of a bundle, under the configuration as the spec's annotations change it.
    ///
    /// The one way from a bundle to a request, so that a printed plan is the plan that is carried out.
    /// - Throws: `notFound` or `invalidArgument`, naming the file and the field, or the annotation.
    package init(
        id: ContainerID, in bundle: Bundle, rootfs: [RootfsMount], stdio: StdioPaths,
        configuration: RuntimeConfiguration
    ) throws {
        let (spec, remarks) = try bundle.spec()
        let annotated = try configuration.applying(annotations: spec.annotations)
        self.init(
            id: id, bundle: bundle.path, spec: spec, rootfs: rootfs, stdio: stdio,
            configuration: annotated.configuration)
        self.remarks = remarks
        ignoredAnnotations = annotated.ignored
    }
}
