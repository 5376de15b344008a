import OCI
import RuntimeErrors
import Testing

/// What becomes of an update of limits before the guest gets it.
@Suite struct ResourcesUpdateTests {
    private func limits(_ text: String) throws -> Resources {
        try Document(name: "limits", bytes: Array(text.utf8)).resources()
    }

    private func change(_ text: String, of current: String = "{}") throws -> Resources {
        try ResourcesUpdate(limits(text), of: limits(current)).change
    }

    @Test func onlyWhatIsGivenGoesOut() throws {
        let current = #"{"memory": {"limit": 1000}, "cpu": {"shares": 5, "cpus": "0"}, "pids": {"limit": 7}}"#
        #expect(try change("{}", of: current) == Resources())
        let pids = try change(#"{"pids": {"limit": 9}}"#, of: current)
        #expect(pids.pids?.limit == 9)
        #expect(pids.memory == nil && pids.cpu == nil)
    }

    @Test func numbersThatAreSetTogetherGoTogether() throws {
        let current = #"{"cpu": {"quota": 5000, "period": 10000}, "memory": {"limit": 4096, "swap": 8192}}"#
        let quota = try change(#"{"cpu": {"quota": 2000}}"#, of: current)
        #expect((quota.cpu?.quota, quota.cpu?.period) == (2000, 10000))
        let period = try change(#"{"cpu": {"period": 20000}}"#, of: current)
        #expect((period.cpu?.quota, period.cpu?.period) == (5000, 20000))
        let memory = try change(#"{"memory": {"limit": 6000}}"#, of: current)
        #expect((memory.memory?.limit, memory.memory?.swap) == (6000, 8192))
        #expect(try change(#"{"cpu": {"shares": 9}}"#, of: current).cpu?.quota == nil)
    }

    @Test func theLimitsAfterwards() throws {
        let current = try limits(
            #"{"cpu": {"quota": 1, "cpus": "0"}, "hugepageLimits": [{"pageSize": "2MB", "limit": 1}]}"#)
        let after = current.changed(
            by: try limits(
                #"{"cpu": {"cpus": "0-1"}, "hugepageLimits": [{"pageSize": "2MB", "limit": 2}], "pids": {"limit": 0}}"#
            ))
        #expect((after.cpu?.quota, after.cpu?.cpus) == (1, "0-1"))
        #expect(after.hugepageLimits == [HugepageLimit(pageSize: "2MB", limit: 2)])
        #expect(after.pids == nil)
    }

    @Test func noLimitOfMemoryMeansNoneWithSwap() throws {
        let all = try change(#"{"memory": {"limit": -1}}"#, of: #"{"memory": {"limit": 4096, "swap": 8192}}"#)
        #expect((all.memory?.limit, all.memory?.swap) == (-1, -1))
    }

    @Test(arguments: [
        (#"{"memory": {"limit": 9000}}"#, RuntimeError.Code.invalidArgument),
        (#"{"memory": {"limit": -2}}"#, .invalidArgument),
        (#"{"cpu": {"cpus": "x"}}"#, .invalidArgument),
        (#"{"blockIO": {"weight": 5}}"#, .invalidArgument),
        (#"{"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1}]}}"#, .unimplemented),
        (#"{"network": {"classID": 1}}"#, .unimplemented),
        (#"{"rdma": {"mlx5": {"hcaHandles": 1}}}"#, .unimplemented),
        (#"{"memory": {"swappiness": 10}}"#, .unimplemented),
        (#"{"memory": {"kernel": 4096}}"#, .unimplemented),
        (#"{"memory": {"disableOOMKiller": true}}"#, .unimplemented),
        (#"{"cpu": {"burst": 100}}"#, .unimplemented),
        (#"{"cpu": {"realtimeRuntime": 100}}"#, .unimplemented),
    ])
    func whatCannotBeApplied(_ text: String, _ code: RuntimeError.Code) throws {
        let error = try #require(throws: RuntimeError.self) {
            try change(text, of: #"{"memory": {"limit": 4096, "swap": 8192}}"#)
        }
        #expect(error.code == code)
    }

    /// Callers send all limits of a container back with one changed.
    @Test func whatWasThereBeforeIsNoReasonToRefuse() throws {
        let current = """
            {"devices": [{"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"}],
             "network": {"classID": 1}, "memory": {"swappiness": 10, "disableOOMKiller": true},
             "blockIO": {"weight": 100, "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1}]}}
            """
        let change = try ResourcesUpdate(limits(current), of: limits(current)).change
        #expect(change.devices.isEmpty)
        #expect(change.network == nil)
        #expect(change.blockIO?.weight == 100)
        #expect(change.blockIO?.throttleReadBpsDevice.isEmpty == true)
    }
}
