#include <algorithm>
#include <limits>

#include "endpoint/content/cbor.h"
#include "endpoint/content/message.h"

namespace trestle::content {
namespace {

constexpr std::uint64_t kMessageItems = 7;
constexpr std::uint64_t kExtensionKeyBytesMax = 255;

// Where a part stands while it is walked: depth from 1, and how many parts there may still be.
struct Walk {
  int depth = 1;
  std::size_t* parts_left = nullptr;
};

Result<void> EnterPart(const Walk& walk) {
  if (walk.depth > kPartDepthMax) return Fail(Reason::kTooLarge, "parts nested too deeply");
  if (*walk.parts_left == 0) return Fail(Reason::kTooLarge, "too many parts");
  --*walk.parts_left;
  return {};
}

// ---- writing ----

Result<void> WritePart(CborWriter& out, const Part& part, Walk walk) {
  TRESTLE_TRY(EnterPart(walk));
  constexpr std::size_t kItemsByCardinality[] = {3, 5, 15, 5};
  out.Array(kItemsByCardinality[part.body.index()]);
  out.Unsigned(static_cast<std::uint64_t>(part.disposition)).Text(part.language);
  out.Unsigned(part.body.index());  // cardinality: the variant stands in its order
  if (const auto* single = std::get_if<SinglePart>(&part.body)) {
    out.Text(single->content_type).Octets(single->content);
  } else if (const auto* external = std::get_if<ExternalPart>(&part.body)) {
    out.Text(external->content_type).Text(external->url);
    out.Unsigned(external->expires_s).Unsigned(external->size_bytes).Unsigned(external->aead);
    out.Octets(external->key).Octets(external->nonce).Octets(external->aad);
    out.Unsigned(external->hash_algorithm).Octets(external->content_hash);
    out.Text(external->description).Text(external->filename);
  } else if (const auto* multi = std::get_if<MultiPart>(&part.body)) {
    if (multi->parts.size() < 2) return Fail(Reason::kInvalidArgument, "a multi-part of one");
    out.Unsigned(static_cast<std::uint64_t>(multi->semantics)).Array(multi->parts.size());
    for (const Part& one : multi->parts) {
      TRESTLE_TRY(WritePart(out, one, {walk.depth + 1, walk.parts_left}));
    }
  }
  return {};
}

void WriteId(CborWriter& out, const std::optional<MessageId>& id) {
  if (id) {
    out.Octets(id->bytes);
  } else {
    out.Null();
  }
}

Bytes EncodeKey(const ExtensionKey& key) {
  CborWriter out;
  if (key.name.empty()) {
    out.Integer(key.number);
  } else {
    out.Text(key.name);
  }
  return out.Take();
}

void WriteExtensions(CborWriter& out, const std::vector<ContentExtension>& extensions) {
  std::vector<std::pair<Bytes, ByteView>> entries;
  for (const ContentExtension& one : extensions)
    entries.emplace_back(EncodeKey(one.key), one.value);
  // RFC 8949, Section 4.2.1: keys in the bytewise order of their encodings.
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return AsText(a.first) < AsText(b.first); });
  out.Map(entries.size());
  for (const auto& [key, value] : entries) out.Encoded(key).Encoded(value);
}

// ---- reading ----

template <class Integer>
Result<Integer> Narrow(Result<std::uint64_t> value) {
  const std::uint64_t wide = TRESTLE_TRY(std::move(value));
  if (wide > std::numeric_limits<Integer>::max()) {
    return Fail(Reason::kMalformed, "a number larger than its field");
  }
  return static_cast<Integer>(wide);
}

Result<ExternalPart> ReadExternal(CborReader& in) {
  ExternalPart out;
  out.content_type = TRESTLE_TRY(in.Text());
  out.url = TRESTLE_TRY(in.Text());
  out.expires_s = TRESTLE_TRY(Narrow<std::uint32_t>(in.Unsigned()));
  out.size_bytes = TRESTLE_TRY(in.Unsigned());
  out.aead = TRESTLE_TRY(Narrow<std::uint16_t>(in.Unsigned()));
  out.key = ToBytes(TRESTLE_TRY(in.Octets()));
  out.nonce = ToBytes(TRESTLE_TRY(in.Octets()));
  out.aad = ToBytes(TRESTLE_TRY(in.Octets()));
  out.hash_algorithm = TRESTLE_TRY(Narrow<std::uint8_t>(in.Unsigned()));
  out.content_hash = ToBytes(TRESTLE_TRY(in.Octets()));
  out.description = TRESTLE_TRY(in.Text());
  out.filename = TRESTLE_TRY(in.Text());
  return out;
}

Result<Part> ReadPart(CborReader& in, Walk walk);

Result<MultiPart> ReadMulti(CborReader& in, Walk walk) {
  MultiPart out;
  const std::uint64_t semantics = TRESTLE_TRY(in.Unsigned());
  if (semantics > 2) return Fail(Reason::kMalformed, "a multi-part has no such semantics");
  out.semantics = static_cast<PartSemantics>(semantics);
  const std::uint64_t count = TRESTLE_TRY(in.Array());
  if (count < 2) return Fail(Reason::kMalformed, "a multi-part of fewer than two");
  for (std::uint64_t i = 0; i < count; ++i) {
    out.parts.push_back(TRESTLE_TRY(ReadPart(in, {walk.depth + 1, walk.parts_left})));
  }
  return out;
}

Result<Part> ReadPart(CborReader& in, Walk walk) {
  TRESTLE_TRY(EnterPart(walk));
  const std::uint64_t items = TRESTLE_TRY(in.Array());
  Part out;
  out.disposition = static_cast<Disposition>(TRESTLE_TRY(Narrow<std::uint8_t>(in.Unsigned())));
  out.language = TRESTLE_TRY(in.Text());
  const std::uint64_t cardinality = TRESTLE_TRY(in.Unsigned());
  std::uint64_t expected_items = 3;
  if (cardinality == 0) {
    out.body = NullPart{};
  } else if (cardinality == 1) {
    SinglePart single;
    single.content_type = TRESTLE_TRY(in.Text());
    single.content = ToBytes(TRESTLE_TRY(in.Octets()));
    out.body = std::move(single);
    expected_items = 5;
  } else if (cardinality == 2) {
    out.body = TRESTLE_TRY(ReadExternal(in));
    expected_items = 15;
  } else if (cardinality == 3) {
    out.body = TRESTLE_TRY(ReadMulti(in, walk));
    expected_items = 5;
  } else {
    return Fail(Reason::kMalformed, "a part has no such cardinality");
  }
  if (items != expected_items)
    return Fail(Reason::kMalformed, "a part with a wrong number of fields");
  return out;
}

Result<std::optional<MessageId>> ReadId(CborReader& in) {
  if (TRESTLE_TRY(in.TakeNull())) return std::optional<MessageId>();
  const ByteView id = TRESTLE_TRY(in.Octets());
  MessageId out;
  if (id.size() != out.bytes.size()) return Fail(Reason::kMalformed, "a message id is 32 octets");
  std::copy(id.begin(), id.end(), out.bytes.begin());
  return std::optional(out);
}

Result<std::optional<Expiration>> ReadExpiration(CborReader& in) {
  if (TRESTLE_TRY(in.TakeNull())) return std::optional<Expiration>();
  if (TRESTLE_TRY(in.Array()) != 2) return Fail(Reason::kMalformed, "an expiration has two fields");
  Expiration out;
  out.relative = TRESTLE_TRY(in.Bool());
  out.time_s = TRESTLE_TRY(Narrow<std::uint32_t>(in.Unsigned()));
  return std::optional(out);
}

Result<ExtensionKey> ReadKey(CborReader& in) {
  if (TRESTLE_TRY(in.Peek()) != CborKind::kText) return ExtensionKey{TRESTLE_TRY(in.Integer())};
  std::string name = TRESTLE_TRY(in.Text());
  if (name.empty() || name.size() > kExtensionKeyBytesMax) {
    return Fail(Reason::kMalformed, "an extension's name is 1 to 255 octets");
  }
  return ExtensionKey{0, std::move(name)};
}

Result<std::vector<ContentExtension>> ReadExtensions(CborReader& in) {
  const std::uint64_t count = TRESTLE_TRY(in.Map());
  if (count > kExtensionsMax) return Fail(Reason::kTooLarge, "too many extensions");
  std::vector<ContentExtension> out;
  Bytes last_key;
  for (std::uint64_t i = 0; i < count; ++i) {
    ContentExtension one{TRESTLE_TRY(ReadKey(in)), {}};
    Bytes key = EncodeKey(one.key);
    if (i > 0 && AsText(last_key) >= AsText(key))
      return Fail(Reason::kMalformed, "map keys out of order");
    last_key = std::move(key);
    // mimi-content, Depth restrictions: the map itself is the first level.
    const ByteView value = TRESTLE_TRY(in.Skip(kPartDepthMax - 1));
    if (value.size() > kExtensionValueBytesMax) {
      return Fail(Reason::kTooLarge, "an extension above 4095 octets");
    }
    one.value = ToBytes(value);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Result<Bytes> Encode(const Message& message) {
  if (message.topic_id.size() > kTopicBytesMax || message.extensions.size() > kExtensionsMax) {
    return Fail(Reason::kInvalidArgument, "a message above its limits");
  }
  CborWriter out;
  out.Array(kMessageItems).Octets(message.salt);
  WriteId(out, message.replaces);
  out.Octets(message.topic_id);
  if (message.expires) {
    out.Array(2).Bool(message.expires->relative).Unsigned(message.expires->time_s);
  } else {
    out.Null();
  }
  WriteId(out, message.in_reply_to);
  WriteExtensions(out, message.extensions);
  std::size_t parts_left = kPartsMax;
  TRESTLE_TRY(WritePart(out, message.body, {1, &parts_left}));
  return out.Take();
}

Result<Message> Decode(ByteView cbor) {
  CborReader in(cbor);
  if (TRESTLE_TRY(in.Array()) != kMessageItems) {
    return Fail(Reason::kMalformed, "MIMI content is an array of seven");
  }
  Message out;
  const ByteView salt = TRESTLE_TRY(in.Octets());
  // Exactly 16 octets: HMAC pads its key with zeros, so a shorter salt would have a double.
  if (salt.size() != kSaltBytes) return Fail(Reason::kMalformed, "a salt is 16 octets");
  std::copy(salt.begin(), salt.end(), out.salt.begin());
  out.replaces = TRESTLE_TRY(ReadId(in));
  const ByteView topic = TRESTLE_TRY(in.Octets());
  if (topic.size() > kTopicBytesMax) return Fail(Reason::kTooLarge, "a topic above 4096 octets");
  out.topic_id = ToBytes(topic);
  out.expires = TRESTLE_TRY(ReadExpiration(in));
  out.in_reply_to = TRESTLE_TRY(ReadId(in));
  out.extensions = TRESTLE_TRY(ReadExtensions(in));
  std::size_t parts_left = kPartsMax;
  out.body = TRESTLE_TRY(ReadPart(in, {1, &parts_left}));
  TRESTLE_TRY(in.ExpectEnd());
  return out;
}

}  // namespace trestle::content
