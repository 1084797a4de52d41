import Runtime
import Testing
import Vision

@testable import Corpora

@Suite struct SceneTests {
    private func corpus(
        _ kind: CorpusKind = .pairs, seed: UInt64 = 1, part: ScenePart = .train, objects: ClosedRange<Int> = 1...3,
        encoding: SceneCorpus.Encoding = .pixmap
    ) -> SceneCorpus {
        let settings = SceneSettings(seed: seed, count: 500, part: part, objects: objects)
        return SceneCorpus(name: "scenes", kind: kind, settings: settings, encoding: encoding)
    }

    @Test("one seed gives the same bytes every time, another seed others")
    func deterministic() throws {
        let (first, again, other) = (corpus(), corpus(), corpus(seed: 2))
        for index in 0..<20 { #expect(try first.read(index) == again.read(index)) }
        #expect(first.fingerprint == again.fingerprint)
        #expect(first.fingerprint != other.fingerprint)
        #expect((0..<50).map(first.scene) != (0..<50).map(other.scene))
        #expect(Set((0..<500).map(first.caption)).count > 400)
    }

    @Test("no combination of shape and colour that is held out occurs in train; each held-out scene has one")
    func heldOut() {
        let (train, heldOut) = (corpus(), corpus(part: .heldOut))
        for index in 0..<500 {
            #expect(train.scene(index).objects.allSatisfy { !$0.isHeldOut })
            #expect(heldOut.scene(index).objects.contains { $0.isHeldOut })
        }
        #expect(ScenePart.trainPairs.count == 56)
        let objects = (0..<500).flatMap { train.scene($0).objects }
        #expect(Set(objects.map(\.shape)).count == 8 && Set(objects.map(\.colour)).count == 8)
        let held = (0..<500).flatMap { heldOut.scene($0).objects }.filter(\.isHeldOut)
        #expect(Set(held.map(\.shape)).count == 8 && Set(held.map(\.colour)).count == 8)
    }

    @Test("scenes that are alike show the same objects, in every order and relation")
    func alikeScenesShareObjects() {
        let settings = SceneSettings(seed: 1, count: 400, objects: 2...2, alike: 40)
        let corpus = SceneCorpus(name: "scenes", kind: .pairs, settings: settings)
        func looks(_ scene: Scene) -> [String] { scene.objects.map { "\($0.size) \($0.colour) \($0.shape)" } }
        for group in 0..<10 {
            let scenes = (40 * group..<40 * group + 40).map(corpus.scene)
            #expect(Set(scenes.map { looks($0).sorted() }).count == 1)
            #expect(Set(scenes.map(looks)).count == 2)
            #expect(Set(scenes.map { $0.relations[0] }).count == 4)
        }
        #expect(Set((0..<10).map { looks(corpus.scene(40 * $0)) }).count > 5)
        #expect(
            corpus.fingerprint
                != SceneCorpus(
                    name: "scenes", kind: .pairs, settings: SceneSettings(seed: 1, count: 400, objects: 2...2)
                ).fingerprint)
    }

    @Test("objects lie inside the image, apart from each other, and stand in the relations that the caption names")
    func layout() {
        for part in ScenePart.allCases {
            for index in 0..<500 {
                let scene = corpus(part: part).scene(index)
                #expect(scene.relations.count == scene.objects.count - 1)
                for (place, object) in scene.objects.enumerated() {
                    for coordinate in [object.x, object.y] {
                        #expect(coordinate - object.radius > 0.02 && coordinate + object.radius < 0.98)
                    }
                    for other in scene.objects[..<place] {
                        let (dx, dy) = (object.x - other.x, object.y - other.y)
                        #expect((dx * dx + dy * dy).squareRoot() > object.radius + other.radius)
                    }
                }
                for (relation, other) in zip(scene.relations, scene.objects.dropFirst()) {
                    let (dx, dy) = (other.x - scene.objects[0].x, other.y - scene.objects[0].y)
                    switch relation {
                    case .left: #expect(dx > abs(dy))
                    case .right: #expect(-dx > abs(dy))
                    case .above: #expect(dy > abs(dx))
                    case .below: #expect(-dy > abs(dx))
                    }
                }
            }
        }
    }

    @Test("the number of objects is within the range that is asked for, and every number occurs")
    func counts() {
        for range in [1...1, 2...2, 2...3, 1...3] {
            let counts = Set((0..<100).map { corpus(objects: range).scene($0).objects.count })
            #expect(counts == Set(range))
        }
    }

    @Test("captions and descriptions are pinned")
    func grammar() {
        let objects = [
            SceneObject(shape: .circle, colour: .red, size: .small, x: 0.2, y: 0.2),
            SceneObject(shape: .square, colour: .blue, size: .large, x: 0.7, y: 0.2),
            SceneObject(shape: .star, colour: .green, size: .small, x: 0.2, y: 0.7),
        ]
        var scene = Scene(background: .white, objects: objects, relations: [.left, .above], wording: 0, tints: [])
        #expect(
            SceneGrammar.caption(scene) == "a small red circle left of a large blue square and above a small green star"
        )
        #expect(
            SceneGrammar.description(scene)
                == "The picture shows three shapes on a white background. There is a small red circle. "
                + "It is to the left of a large blue square. It is also above a small green star.")
        scene.objects = [objects[0]]
        scene.relations = []
        scene.wording = 2
        #expect(SceneGrammar.caption(scene) == "a small red circle on white")
        #expect(
            SceneGrammar.description(scene)
                == "The background is white, with one shape on it. There is a small red circle.")
    }

    @Test("an object's centre has its colour, a corner the background's")
    func pixels() {
        for index in 0..<60 {
            let scene = corpus().scene(index)
            let image = corpus().image(index)
            #expect(image.width == 64 && image.height == 64)
            let corner = scene.background.rgb
            for channel in 0..<3 { #expect(abs(Int(image.rgb[channel]) - corner[channel]) <= 8) }
            for object in scene.objects where object.shape != .ring {
                let pixel = 64 * Int(object.y * 64) + Int(object.x * 64)
                for channel in 0..<3 {
                    #expect(abs(Int(image.rgb[3 * pixel + channel]) - object.colour.rgb[channel]) <= 8)
                }
            }
        }
    }

    @Test("each outline fills a part of its square of its own, and no two look alike")
    func outlines() {
        let grid = 64
        let masks = SceneShape.allCases.map { shape in
            (0..<grid * grid).map { point in
                let (x, y) = (Double(point % grid) + 0.5, Double(point / grid) + 0.5)
                return shape.contains(2 * x / Double(grid) - 1, 2 * y / Double(grid) - 1)
            }
        }
        for (first, mask) in masks.enumerated() {
            let share = Double(mask.count { $0 }) / Double(grid * grid)
            #expect((0.2...0.8).contains(share), "\(SceneShape.allCases[first]) fills \(share)")
            for second in 0..<first {
                let differing = zip(mask, masks[second]).count { $0 != $1 }
                #expect(differing > grid * grid / 12, "\(SceneShape.allCases[first]), \(SceneShape.allCases[second])")
            }
        }
    }

    @Test("packed as PNG the pixels are those of the pixmap, and each kind has its members")
    func encodings() throws {
        for index in 0..<5 {
            let png = try #require(try corpus(encoding: .png).read(index).image)
            let pixmap = try #require(try corpus().read(index).member(["ppm"]))
            #expect(try decodeImage(png.bytes) == PortablePixmap.decode(pixmap.bytes))
        }
        #expect(try corpus(.images, encoding: .png).read(3).members.map(\.name) == ["png"])
        #expect(try corpus(.texts).read(3).members.map(\.name) == ["txt"])
        #expect(try corpus(.pairs).read(3).members.map(\.name) == ["ppm", "txt"])
        #expect(try corpus().read(42).key == "train-00000042")
        #expect(try corpus(part: .heldOut).read(7).key == "held-out-00000007")
    }

    @Test("a pixmap that is cut, oversized or not one is refused with a reason")
    func brokenPixmaps() {
        func refusal(_ bytes: [UInt8]) -> String? {
            do {
                _ = try PortablePixmap.decode(bytes)
                return nil
            } catch { return error.reason }
        }
        let good = PortablePixmap.encode(DecodedImage(width: 2, height: 1, rgb: [1, 2, 3, 4, 5, 6]))
        #expect(refusal(good) == nil)
        #expect(refusal([]) == "pixmap: expected P6 at byte 0")
        #expect(refusal(Array(good.dropLast())) == "pixmap: expected 6 bytes of pixels, found 5")
        #expect(refusal(Array("P6\n2 1".utf8)) == "pixmap: no height at byte 5")
        #expect(refusal(Array("P6\n2 1 65535\n".utf8)) == "pixmap: expected maximum 255, found 65535")
        #expect(refusal(Array("P6 999999999 999999999 255\n".utf8))?.contains("999999999 × 999999999") == true)
        #expect(refusal(Array("P6 0 4 255\n".utf8))?.contains("0 × 4") == true)
        for length in 0..<good.count { #expect(refusal(Array(good.prefix(length))) != nil) }
    }
}
