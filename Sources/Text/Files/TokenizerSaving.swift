import Storage

extension Tokenizer {
    /// The contents of the tokenizer's files by name; the same tokenizer gives the same bytes, and they give the same
    /// tokenizer, whichever files it came from.
    public var files: [(name: String, contents: [UInt8])] {
        [
            (FileName.vocabulary, vocabularyText), (FileName.merges, mergesText),
            (FileName.configuration, configurationText),
        ]
    }

    /// Makes `directory`, which may exist only if it is empty, with `files` and `manifest.sha256` over them: complete or
    /// not at all.
    public func save(to directory: String) throws {
        let staged = StagedDirectory(path: directory.dropLastSlashes, faultPoint: "tokenizer")
        do {
            try staged.begin()
            var digests: [FileDigest] = []
            for file in files {
                let output = try staged.create(file.name)
                try output.write(file.contents)
                digests.append(try output.seal())
            }
            let manifest = try staged.create(ChecksumManifest.fileName)
            try manifest.write(Array(ChecksumManifest(digests).text.utf8))
            try manifest.seal()
            try staged.commit()
        } catch {
            try? staged.discard()
            throw error
        }
    }

    private var vocabularyText: [UInt8] {
        var text = Array("{\n".utf8)
        for (id, name) in names.enumerated() {
            let end = id + 1 < names.count ? ",\n" : "\n"
            text += Array("  ".utf8) + JSONNode.quoted(name) + Array(": \(id)\(end)".utf8)
        }
        return text + Array("}\n".utf8)
    }

    private var mergesText: [UInt8] {
        var text = Array("#version: 0.2\n".utf8)
        for merge in merges {
            text += names[Int(merge.left)] + [UInt8(ascii: " ")] + names[Int(merge.right)] + [UInt8(ascii: "\n")]
        }
        return text
    }

    private var configurationText: [UInt8] {
        var text = Array("{\n  \"add_prefix_space\": \(addsPrefixSpace),\n".utf8)
        if !addedTokens.isEmpty {
            let rows = addedTokens.map { Array("    ".utf8) + $0.json }
            text += Array("  \"added_tokens_decoder\": {\n".utf8) + rows.joined(separator: Array(",\n".utf8))
            text += Array("\n  },\n".utf8)
        }
        let rest = """
              "bos_token": "<s>",
              "cls_token": "<s>",
              "do_lower_case": \(lowercases),
              "eos_token": "</s>",
              "mask_token": "<mask>",
              "pad_token": "<pad>",
              "sep_token": "</s>",
              "tokenizer_class": "RobertaTokenizer",
              "unk_token": "<unk>"
            }

            """
        return text + Array(rest.utf8)
    }
}

extension String {
    /// The path without slashes at its end.
    fileprivate var dropLastSlashes: String {
        var path = self[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        return String(path)
    }
}
