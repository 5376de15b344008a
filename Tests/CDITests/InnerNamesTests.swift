import CDI
import RuntimeErrors
import Testing

@Suite struct InnerNamesTests {
    private func gpu(_ node: Int, _ path: [Int], _ kind: String? = "nvidia.com/gpu") -> InnerNames.Function {
        InnerNames.Function(node: node, kind: kind, guestPath: path)
    }

    @Test func twelveCountByNumberAndNotByText() throws {
        let names = InnerNames((0..<12).reversed().map { gpu(100 + $0, [0, $0, 0, 0, 0]) })
        for index in 0..<12 {
            let expected = ["cdi.k8s.io/vfio\(100 + index)": "nvidia.com/gpu=\(index)"]
            #expect(try names.annotations(for: [100 + index]) == expected)
        }
    }

    @Test func twoContainersShareOneCount() throws {
        let names = InnerNames([gpu(42, [0, 2, 0]), gpu(43, [0, 3, 0])])
        #expect(try names.annotations(for: [42]) == ["cdi.k8s.io/vfio42": "nvidia.com/gpu=0"])
        #expect(try names.annotations(for: [43]) == ["cdi.k8s.io/vfio43": "nvidia.com/gpu=1"])
    }

    @Test func eachKindIsCountedByItself() throws {
        let names = InnerNames([gpu(1, [0, 2, 0]), gpu(2, [0, 3, 0], "nvidia.com/nic")])
        let expected = ["cdi.k8s.io/vfio1": "nvidia.com/gpu=0", "cdi.k8s.io/vfio2": "nvidia.com/nic=0"]
        #expect(try names.annotations(for: [1, 2]) == expected)
    }

    @Test func aFunctionWithoutAKindHasNoName() throws {
        let names = InnerNames([gpu(1, [0, 2, 0]), gpu(1, [0, 2, 1], nil), gpu(9, [0, 1, 0], nil)])
        #expect(try names.annotations(for: [1, 9]) == ["cdi.k8s.io/vfio1": "nvidia.com/gpu=0"])
    }

    @Test func aGroupOfTwoHasBothAndAnUnknownNodeIsRefused() throws {
        let names = InnerNames([gpu(7, [0, 2, 0]), gpu(7, [0, 2, 1])])
        #expect(
            try names.annotations(for: [7]) == ["cdi.k8s.io/vfio7": "nvidia.com/gpu=0,nvidia.com/gpu=1"])
        let error = #expect(throws: RuntimeError.self) { try names.annotations(for: [8]) }
        #expect(error?.code == .failedPrecondition)
    }
}
