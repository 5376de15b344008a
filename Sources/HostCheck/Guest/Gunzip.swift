import CZlib

/// The contents of bytes that were compressed by gzip, at most `limit` of them; nil if they are damaged. What
/// follows the compressed part is passed over.
func gunzip(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var input = bytes
    var output = [UInt8](repeating: 0, count: limit)
    return input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            var stream = z_stream()
            // 15 bits of window, and 16 for the form of gzip.
            guard
                inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
            else { return nil }
            defer { inflateEnd(&stream) }
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(clamping: input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(clamping: output.count)
            guard inflate(&stream, Z_FINISH) == Z_STREAM_END else { return nil }
            return Array(output.prefix(Int(stream.total_out)))
        }
    }
}
