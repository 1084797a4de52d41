/// Nouns and verbs with a part of their own to play in captions; rules are numbered as in
/// `Tests/CurationTests/Captions/README.md`.
enum WordLists {
    private static func set(_ words: String) -> Set<String> { Set(words.split(separator: " ").map(String.init)) }

    /// O8: the caption's own picture.
    static let pictures = set(
        "picture photo photograph photography image view close-up closeup portrait illustration sketch icon clipart "
            + "vector interior drawing painting shot snapshot render rendering clip-art silhouette pic stock logo"
    )
    .union(["close up", "clip art"])

    /// O7: fall before "of".
    static let counts = set(
        "group crowd pair couple bunch set pack row line flock herd lot lots number variety kind type collection array "
            + "series assortment range selection trio handful")

    /// A3: numbers before "of".
    static let numbers = set("dozen dozens hundred hundreds thousand thousands")

    /// O10: before "of" they fall, or are part of the predicate.
    static let parts = set(
        "side part front back top bottom end edge middle centre center corner rest interior scene left right")

    /// O10: before "of" they always fall.
    static let silentParts = set("part rest interior scene")

    /// O9: places in the picture.
    static let picturePlaces = set(
        "background foreground distance left right middle centre center top bottom side front back corner end")

    /// O11: no things to be seen.
    static let unseen = set(
        "colour color size shape kind fun time way order place use style rent sale line row action motion progress love "
            + "life type version quality price today work use")

    /// Nouns of `unseen` that are things when an article or adjective says so.
    static let unseenWhenBare = set("line row place")

    /// A4: materials and patterns that qualify a following noun.
    static let materials = set(
        "wooden metal stone brick clay glass wire straw leather cotton cardboard stainless-steel stained-glass plaid "
            + "floral bamboo rubber oak ceramic cobblestone wicker plastic silver gold concrete marble steel iron "
            + "cast-iron wool woolen silk velvet denim linen paper copper bronze brass aluminum aluminium tin pine "
            + "walnut teak granite porcelain crystal foam vinyl nylon polyester canvas lace felt mesh chrome rattan "
            + "gravel dirt mud sand snow ice thatched wood log tile tiled striped polka-dot checkered checked paisley "
            + "camouflage suede fur satin terracotta acrylic titanium slate sandstone adobe enamel jute")

    /// Materials whose compounds in WordNet are kinds of their own: "sand castle", "snow board".
    static let looseMaterials = set(
        "paper sand snow ice pine log glass gold silver crystal mud dirt felt tin tile wood fur canvas")

    static let colours = set(
        "red blue green yellow orange purple pink brown black white grey gray golden silver gold beige turquoise violet "
            + "maroon tan cream navy crimson scarlet magenta cyan teal lime lavender khaki blond blonde")

    /// A2: with a colour, one attribute.
    static let shades = set("light dark bright pale deep")

    /// O3: the thing is one itself.
    static let likenesses = set("toy baby cartoon")

    /// O4: adjective and noun that name a kind of its own.
    static let kinds: [String: Set<String>] = [
        "blue": ["whale", "jay"], "hard": ["hat"], "hot": ["air", "chocolate", "dog", "tub", "pot", "sauce"],
        "polar": ["bear"], "living": ["room"], "grizzly": ["bear"], "guinea": ["pig"], "french": ["fries"],
        "high": ["chair", "heel", "heels", "school"], "bald": ["eagle"], "teddy": ["bear"], "remote": ["control"],
        "solar": ["panel"], "sweet": ["potato"], "black": ["board", "berry"], "ferris": ["wheel"], "wild": ["boar"],
    ]

    /// -ing words that say what a thing does rather than what it is for.
    static let doings = set(
        "burning leaning glowing flashing falling moving spinning floating flying smiling hanging standing overlapping "
            + "matching surrounding rising flowing melting setting shining blooming sleeping crossing wagging bucking "
            + "dancing laughing crying barking sparkling steaming boiling rolling rotating winding rushing crashing "
            + "breaking missing sitting charging galloping grazing crumbling rusting towering sloping dripping blazing "
            + "shimmering swirling bubbling growling grinning waving cheering erupting sinking contrasting folding sliding stacking"
    )

    /// R1: the verb after "to" counts instead.
    static let openers = set("try begin start attempt want seem appear prepare continue learn wait get need have use")

    /// R1: the verb of the object counts as well.
    static let perceptions = set("watch see help let make hear observe have")

    /// A1: adjectives follow as after be.
    static let copulas = set("look seem stay appear become remain feel get")

    /// Verbs with a receiver: "gives the horse an apple".
    static let transfers = set("give hand bring show offer pass throw feed serve send teach sell lend read tell toss")

    /// O5: a name after them goes.
    static let roles = set(
        "judge uncle aunt president king queen prince princess doctor captain mayor minister senator governor general "
            + "actor actress singer player coach officer pope saint sir lady mr mrs ms dr miss professor director "
            + "chancellor sergeant colonel lieutenant sister brother father mother grandma grandpa cousin striker "
            + "goalkeeper midfielder quarterback pitcher driver rapper author artist designer")

    /// O6: holders, portions and heaps.
    static let holders = set(
        "cup glass bowl plate vase jar bucket basket sack crate slice piece pile bale bottle box bag can mug tray pot "
            + "stack bunch bouquet heap loaf barrel carton pitcher jug platter tub pan arch statue")

    /// Things told with "in" and "with" as worn.
    static let worn = set(
        "glasses sunglasses jeans shorts uniform mask helmet goggles tie bow scarf braid ponytail hair beard moustache "
            + "mustache backpack apron wig makeup tattoo suit gear costume outfit umbrella")

    static let females = set(
        "woman girl lady mother daughter sister wife bride aunt queen grandmother actress waitress princess she")
    static let males = set(
        "man boy father son brother husband groom uncle king grandfather actor waiter prince gentleman guy he")

    /// Words of the dictionary in the plural only.
    static let pluralOnly = set(
        "sunglasses jeans shorts pants trousers scissors goggles binoculars police pajamas pyjamas tights leggings clothes "
            + "overalls headphones pliers tongs stairs fries dungarees lots tweezers eyeglasses")

    /// R3 (b): prepositions along which an object moves.
    static let paths = directions.union(["along", "over", "around"])

    /// Prepositions of a verb of motion, however many phrases it has.
    static let directions = set("into onto from through off across toward towards down up past to").union([
        "out of", "away from",
    ])

    /// Nouns whose first sense is a time, and that captions show.
    static let visibleTimes = set(
        "sunset sunrise festival picnic present christmas birthday party wedding date spring future past")

    /// Adjectives that follow their noun as the state it is in.
    static let states = set("open shut wide loose free clean empty full flat dry wet upright bare alone high low wide")

    /// A1: tell of who does something, beside the verb.
    static let manners = set("barefoot alone naked")

    /// Verbs whose "it" is nothing.
    static let weather = set("rain snow hail thunder pour")

    /// Before a noun they tell which one.
    static let positions = set("back front top bottom middle rear upper lower side left right center centre")

    /// Times that stand at the start of a phrase with no preposition.
    static let timeOpeners = set("last next every all this each")

    /// Prepositions with a time.
    static let timePrepositions = set("during before after since until throughout")

    /// Phrases without article that place nothing.
    static let idioms: [String: Set<String>] = [
        "for": ["rent", "sale", "fun", "display", "use", "dinner", "lunch", "breakfast"],
        "in": [
            "line", "row", "use", "flight", "motion", "action", "progress", "bloom", "total", "love", "half", "place",
            "concert", "formation", "circle", "circles", "detail",
        ],
        "at": ["work", "play", "rest", "home", "once", "first", "last", "least"],
        "on": ["display", "fire", "sale", "duty", "strike", "way", "time"],
        "by": ["hand", "day", "night"], "of": ["course"],
    ]

    /// O8: how the caption's picture was made.
    static let takings = set("taken shot captured photographed")

    /// Verbs after which "to" begins a purpose even before a noun that could be one.
    static let pauses = set("stop begin start kneel gather lean bend pause try jump leap crouch reach")

    /// Verbs that hold their object where the phrase says.
    static let placings = set(
        "balance put place hang lay set pour spill drop throw toss load pile stack spread rest swing aim point kick hit"
    )
    static let movings = set("push pull carry hold lift lead")
    static let perceptionsOfPlace = set("watch see photograph observe view admire face")
}
