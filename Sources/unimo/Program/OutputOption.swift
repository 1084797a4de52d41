import Storage

/// A file or directory that an option names to be written: looked at before the work begins.
enum OutputOption {
    static func check(_ option: String, _ path: String) throws {
        do throws(StorageError) { try AtomicFile.check(path) } catch {
            throw UsageError(description: "\(option): \(error)")
        }
    }

    /// The same of a directory that is to be made.
    static func checkDirectory(_ option: String, _ path: String) throws {
        do throws(StorageError) { try StagedDirectory.check(path) } catch {
            throw UsageError(description: "\(option): \(error)")
        }
    }
}
