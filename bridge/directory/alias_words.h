// The words that alias names are drawn from: short, easy to say, about nobody. Lower-case letters
// only. Words are added at the end and never removed, though names do not depend on their places.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace trestle {

inline constexpr std::size_t kAliasWordBytesMax = 12;
inline constexpr std::size_t kAliasNameBytesMax = 2 * kAliasWordBytesMax + 2 + 4;

inline constexpr std::array<std::string_view, 291> kAliasAdjectives = {
    "able",     "agile",   "airy",    "alert",    "alpine",  "amber",   "ample",    "apt",
    "arctic",   "ashen",   "astral",  "autumn",   "azure",   "balmy",   "basic",    "beige",
    "blithe",   "blond",   "bold",    "bonny",    "bouncy",  "boxy",    "brave",    "breezy",
    "brief",    "bright",  "brisk",   "broad",    "bronze",  "calm",    "candid",   "carved",
    "casual",   "cedar",   "chatty",  "cheery",   "chief",   "chilly",  "civic",    "civil",
    "classy",   "clean",   "clear",   "clever",   "coastal", "cobalt",  "comic",    "compact",
    "cool",     "copper",  "coral",   "cordial",  "cosmic",  "cosy",    "crafty",   "creamy",
    "crimson",  "crisp",   "cubic",   "curly",    "custom",  "dainty",  "dapper",   "daring",
    "dashing",  "deep",    "deft",    "dewy",     "direct",  "distant", "dotted",   "downy",
    "dreamy",   "dusky",   "dusty",   "eager",    "early",   "earnest", "earthy",   "easy",
    "elated",   "elder",   "elegant", "even",     "exact",   "expert",  "fabled",   "fair",
    "famed",    "fancy",   "fast",    "fearless", "festive", "fine",    "firm",     "fleet",
    "flinty",   "floral",  "fluent",  "fluffy",   "fond",    "frank",   "free",     "fresh",
    "frosty",   "full",    "funny",   "fuzzy",    "gallant", "garden",  "genial",   "gentle",
    "genuine",  "gifted",  "glad",    "gleaming", "global",  "glossy",  "golden",   "good",
    "graceful", "grand",   "great",   "green",    "hale",    "handy",   "happy",    "hardy",
    "hazel",    "hearty",  "helpful", "hidden",   "high",    "hilly",   "honest",   "hopeful",
    "humble",   "icy",     "ideal",   "indigo",   "inner",   "ivory",   "jade",     "jaunty",
    "jolly",    "jovial",  "joyful",  "keen",     "kind",    "kindly",  "lively",   "local",
    "lofty",    "loyal",   "lucid",   "lucky",    "lunar",   "mellow",  "merry",    "mighty",
    "mild",     "minty",   "misty",   "modern",   "modest",  "mossy",   "musical",  "mutual",
    "narrow",   "native",  "neat",    "nimble",   "noble",   "normal",  "northern", "novel",
    "olive",    "open",    "opal",    "orange",   "ornate",  "patient", "peaceful", "pearly",
    "placid",   "plain",   "playful", "pleasant", "plucky",  "plum",    "polar",    "polished",
    "polite",   "prime",   "proper",  "proud",    "pure",    "quaint",  "quick",    "quiet",
    "rapid",    "rare",    "ready",   "regal",    "restful", "rich",    "ripe",     "robust",
    "rosy",     "round",   "royal",   "ruby",     "rural",   "rustic",  "sandy",    "sage",
    "scenic",   "serene",  "shady",   "sharp",    "shiny",   "silent",  "silken",   "silky",
    "silver",   "simple",  "sincere", "sleek",    "slender", "smart",   "smooth",   "snowy",
    "snug",     "social",  "soft",    "solar",    "solid",   "sonic",   "sound",    "southern",
    "spare",    "spicy",   "spry",    "stable",   "starry",  "steady",  "still",    "stout",
    "sturdy",   "subtle",  "sunny",   "super",    "sure",    "swift",   "tall",     "tame",
    "teal",     "tender",  "thrifty", "tidy",     "tiny",    "topaz",   "tranquil", "trim",
    "trusty",   "tulip",   "twin",    "upbeat",   "urban",   "valiant", "velvet",   "verdant",
    "violet",   "vital",   "vivid",   "warm",     "wavy",    "western", "whole",    "wide",
    "wild",     "willing", "windy",   "winged",   "winter",  "wise",    "witty",    "woody",
    "woolly",   "young",   "zesty"};

inline constexpr std::array<std::string_view, 286> kAliasNouns = {
    "acorn",    "alder",     "almond",   "anchor",  "anvil",    "apple",   "apron",    "arbor",
    "arrow",    "aspen",     "aster",    "atlas",   "badger",   "bagel",   "balcony",  "bamboo",
    "banner",   "barley",    "basin",    "basket",  "beacon",   "beaver",  "beech",    "bell",
    "berry",    "birch",     "bison",    "blossom", "boat",     "bonnet",  "bottle",   "boulder",
    "branch",   "bridge",    "brook",    "bucket",  "buffalo",  "button",  "cabin",    "cactus",
    "camel",    "candle",    "canoe",    "canyon",  "carrot",   "castle",  "cello",    "chestnut",
    "cliff",    "clover",    "cobble",   "comet",   "compass",  "condor",  "copse",    "cottage",
    "cove",     "crane",     "crater",   "creek",   "cricket",  "crocus",  "crystal",  "cuckoo",
    "curlew",   "cypress",   "dahlia",   "daisy",   "delta",    "desk",    "dolphin",  "donkey",
    "dove",     "dragonfly", "drum",     "dune",    "eagle",    "easel",   "egret",    "elk",
    "elm",      "ember",     "falcon",   "fern",    "ferret",   "ferry",   "fiddle",   "field",
    "finch",    "fjord",     "flagon",   "flute",   "forest",   "fossil",  "fountain", "fox",
    "gable",    "galaxy",    "gander",   "gannet",  "garnet",   "gazelle", "gecko",    "geyser",
    "ginger",   "glacier",   "glade",    "goose",   "gopher",   "grape",   "grove",    "gull",
    "hamlet",   "hammock",   "harbor",   "hare",    "harp",     "hawk",    "heath",    "hedge",
    "heron",    "hickory",   "hill",     "holly",   "honey",    "horizon", "ibis",     "igloo",
    "inlet",    "iris",      "island",   "ivy",     "jackal",   "jasmine", "jay",      "jigsaw",
    "juniper",  "kayak",     "kelp",     "kestrel", "kettle",   "kite",    "kiwi",     "koala",
    "lagoon",   "lake",      "lantern",  "larch",   "lark",     "laurel",  "lemon",    "lemur",
    "lentil",   "lichen",    "lilac",    "lily",    "linden",   "linnet",  "lizard",   "llama",
    "lobster",  "lotus",     "lynx",     "magnet",  "magpie",   "mallard", "mango",    "maple",
    "marble",   "marigold",  "marmot",   "marsh",   "marten",   "meadow",  "medal",    "melon",
    "mesa",     "meteor",    "mill",     "mink",    "mirror",   "mitten",  "moon",     "moose",
    "mountain", "muffin",    "mulberry", "myrtle",  "nectar",   "needle",  "newt",     "nutmeg",
    "oak",      "oasis",     "oat",      "ocean",   "olive",    "opal",    "orchard",  "orchid",
    "oriole",   "osprey",    "otter",    "owl",     "oyster",   "paddle",  "panda",    "pansy",
    "parrot",   "parsley",   "peach",    "peak",    "pear",     "pebble",  "pelican",  "penguin",
    "peony",    "pepper",    "petal",    "piano",   "pigeon",   "pillow",  "pine",     "planet",
    "plaza",    "plover",    "pond",     "poplar",  "poppy",    "prairie", "puffin",   "pumpkin",
    "python",   "quail",     "quartz",   "quill",   "quilt",    "rabbit",  "radish",   "rafter",
    "raven",    "reed",      "reef",     "ribbon",  "ridge",    "river",   "robin",    "rocket",
    "rose",     "rowan",     "saddle",   "salmon",  "sapling",  "sardine", "satchel",  "seal",
    "shell",    "sleigh",    "sparrow",  "spruce",  "squirrel", "stork",   "swan",     "tapir",
    "teapot",   "thistle",   "thrush",   "tiger",   "toucan",   "trout",   "tulip",    "tundra",
    "turnip",   "turtle",    "valley",   "violin",  "walnut",   "walrus",  "warbler",  "willow",
    "wombat",   "woodland",  "wren",     "yarrow",  "zebra",    "zinnia"};

static_assert(kAliasAdjectives.size() >= 256 && kAliasNouns.size() >= 256);

}  // namespace trestle
