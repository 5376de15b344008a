import Configuration
import OCI
import PodSecurity
package import RuntimeErrors

extension ContainerRequest {
    /// Refuses what the configured Pod Security level forbids, before anything is made.
    ///
    /// - Throws: an error that names every rule that is broken and what breaks it.
    package func checkPodSecurity() throws(RuntimeError) {
        let standard: PodSecurityStandard
        switch configuration.security.podSecurity {
        case .off: return
        case .baseline: standard = .baseline
        case .restricted: standard = .restricted
        }
        try standard.check(spec, id: id, type: try ContainerType(annotations: spec.annotations))
    }
}
