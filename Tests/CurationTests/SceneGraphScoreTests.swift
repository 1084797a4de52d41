import Curation
import Testing

@Suite struct SceneGraphScoreTests {
    @Test("objects, attributes and relations of labelled captions are found")
    func agreement() throws {
        let parser = try InstalledLexicon.parser()
        let parts = try LabelledCaption.split()
        #expect(parts.heldOut.count == 109 && parts.development.count == 227)
        let development = GraphAgreement(parts.development, parser)
        let heldOut = GraphAgreement(parts.heldOut, parser)
        print("captions in view: \(development)")
        print("captions held out: \(heldOut)")
        #expect(development.objects.f1 >= 0.98)
        #expect(development.attributes.f1 >= 0.98)
        #expect(development.relations.f1 >= 0.97)
        #expect(heldOut.objects.f1 >= 0.96)
        #expect(heldOut.attributes.f1 >= 0.935)
        #expect(heldOut.relations.f1 >= 0.835)
    }
}
