/// Classes of things that hang together under a few synsets of WordNet.
enum SemanticClass {
    case clothing, place

    /// Whether a sense lies under one of the class's roots.
    func contains(_ sense: Synset?, _ lexicon: Lexicon) -> Bool {
        guard let sense else { return false }
        for root in roots {
            guard let lexeme = lexicon.lexeme(root, as: .noun) else { continue }
            if lexicon.isA(sense, lexicon.firstSense(of: lexeme)) { return true }
        }
        return false
    }

    private var roots: [String] {
        switch self {
        case .clothing: ["clothing", "footwear", "jewelry", "headdress", "eyeglasses"]
        case .place: ["location", "structure", "geological_formation", "body_of_water", "way", "land", "tract", "room"]
        }
    }
}
