/// The four open word classes of WordNet.
public enum PartOfSpeech: UInt8, Sendable, CaseIterable {
    case noun, verb, adjective, adverb

    /// What the dictionary's files of this class end in: `index.noun`, `data.noun`; `noun.exc` begins with it.
    var fileSuffix: String {
        switch self {
        case .noun: "noun"
        case .verb: "verb"
        case .adjective: "adj"
        case .adverb: "adv"
        }
    }

    /// The letter an index line gives after the lemma (wndb(5WN)).
    var indexLetter: UInt8 {
        switch self {
        case .noun: UInt8(ascii: "n")
        case .verb: UInt8(ascii: "v")
        case .adjective: UInt8(ascii: "a")
        case .adverb: UInt8(ascii: "r")
        }
    }

    /// The class that a sense key's number stands for; 5 is the satellite of an adjective cluster (senseidx(5WN)).
    init?(senseKeyDigit: UInt8) {
        switch senseKeyDigit {
        case UInt8(ascii: "1"): self = .noun
        case UInt8(ascii: "2"): self = .verb
        case UInt8(ascii: "3"), UInt8(ascii: "5"): self = .adjective
        case UInt8(ascii: "4"): self = .adverb
        default: return nil
        }
    }
}
