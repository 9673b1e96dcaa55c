#include "adapters/sms/pdu_json.h"

#include <nlohmann/json.hpp>

#include "adapters/sms/codec_fields.h"
#include "adapters/sms/receipts.h"
#include "adapters/sms/text.h"

namespace trestle::sms {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDepthMax = 8;
constexpr std::size_t kJsonBytesMax = 1024 * 1024;

// C-octet strings are shown octet by octet as Latin-1, so that every value finds its way back.
std::string ToShown(const std::string& octets) {
  std::u32string wide;
  for (const std::uint8_t octet : AsBytes(octets)) wide.push_back(octet);
  return EncodeUtf8(wide);
}

Result<std::string> FromShown(const std::string& shown) {
  std::string out;
  for (const char32_t character : DecodeUtf8(shown)) {
    if (character > 0xFF) return Fail(Reason::kMalformed, "a text field holds wide characters");
    out.push_back(static_cast<char>(character));
  }
  return out;
}

class JsonWriter {
 public:
  explicit JsonWriter(Json& root) : at_{&root} {}

  void Begin(const char* name) { at_.push_back(&(*at_.back())[name]); }
  void End() { at_.pop_back(); }
  void U8(const char* name, std::uint8_t value) { (*at_.back())[name] = value; }
  void U32(const char* name, std::uint32_t value) { (*at_.back())[name] = value; }
  void Text(const char* name, const std::string& text, std::size_t) {
    (*at_.back())[name] = ToShown(text);
  }
  void Counted(const char* name, const Bytes& octets) { (*at_.back())[name] = ToHex(octets); }
  template <class Row, class Each>
  void List(const char* name, const std::vector<Row>& rows, Each each) {
    Json list = Json::array();
    for (const Row& row : rows) {
      Json item = Json::object();
      at_.push_back(&item);
      each(*this, row);
      at_.pop_back();
      list.push_back(std::move(item));
    }
    (*at_.back())[name] = std::move(list);
  }
  void Refuse(CommandStatus) {}

 private:
  std::vector<Json*> at_;
};

// Missing fields keep their default; a field of the wrong type fails the whole.
class JsonReader {
 public:
  explicit JsonReader(const Json& root) : at_{&root} {}

  void Begin(const char* name) {
    const Json* found = Find(name);
    at_.push_back(found != nullptr && found->is_object() ? found : &empty_);
  }
  void End() { at_.pop_back(); }
  void U8(const char* name, std::uint8_t& out) {
    if (const auto value = Number(name, 0xFF)) out = static_cast<std::uint8_t>(*value);
  }
  void U32(const char* name, std::uint32_t& out) {
    if (const auto value = Number(name, 0xFFFFFFFF)) out = static_cast<std::uint32_t>(*value);
  }
  void Text(const char* name, std::string& out, std::size_t) {
    const Json* found = Find(name);
    if (found == nullptr) return;
    if (!found->is_string()) return Refuse(0);
    Result<std::string> text = FromShown(found->get_ref<const std::string&>());
    if (!text) return Refuse(0);
    out = *std::move(text);
  }
  void Counted(const char* name, Bytes& out) {
    const Json* found = Find(name);
    if (found == nullptr) return;
    if (!found->is_string()) return Refuse(0);
    Result<Bytes> octets = FromHex(found->get_ref<const std::string&>());
    if (!octets) return Refuse(0);
    out = *std::move(octets);
  }
  template <class Row, class Each>
  void List(const char* name, std::vector<Row>& rows, Each each) {
    const Json* found = Find(name);
    if (found == nullptr) return;
    if (!found->is_array() || found->size() > kDestinationsMax) return Refuse(0);
    for (const Json& item : *found) {
      Row row;
      at_.push_back(&item);
      each(*this, row);
      at_.pop_back();
      rows.push_back(std::move(row));
    }
  }
  void Refuse(CommandStatus) { is_good_ = false; }
  bool is_good() const { return is_good_; }

 private:
  const Json* Find(const char* name) const {
    const Json& here = *at_.back();
    const auto found = here.find(name);
    return found == here.end() ? nullptr : &*found;
  }
  std::optional<std::uint64_t> Number(const char* name, std::uint64_t max) {
    const Json* found = Find(name);
    if (found == nullptr) return std::nullopt;
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > max) {
      Refuse(0);
      return std::nullopt;
    }
    return found->get<std::uint64_t>();
  }

  const Json empty_ = Json::object();
  std::vector<const Json*> at_;
  bool is_good_ = true;
};

void AddShown(const Pdu& pdu, Json& out) {
  const Result<ShortMessage> message = ReadShortMessage(pdu);
  if (!message) return;
  Json& shows = out["shows"];
  if (message->header.concatenation) {
    const Concatenation& place = *message->header.concatenation;
    shows["part"] = std::to_string(place.part) + " of " + std::to_string(place.total);
    shows["reference"] = place.reference;
  }
  if (message->header.ports) shows["port"] = message->header.ports->destination;
  if (const auto text = DecodeText(message->data_coding, message->content)) shows["text"] = *text;
  if (!IsReceipt(message->esm_class)) return;
  if (const auto receipt = ParseReceipt(pdu, *message)) {
    shows["receipt_for"] = ToShown(receipt->message_id);
    shows["state"] = StateWord(receipt->state);
  }
}

// nlohmann's parser builds its tree without recursion, but copying a deep one recurses: so the
// depth is bounded while parsing.
std::optional<Json> ParseBounded(std::string_view text) {
  if (text.size() > kJsonBytesMax) return std::nullopt;
  bool is_too_deep = false;
  const Json::parser_callback_t watch = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kDepthMax) is_too_deep = true;
    return !is_too_deep;
  };
  Json out = Json::parse(text, watch, false);
  if (is_too_deep || out.is_discarded() || !out.is_object()) return std::nullopt;
  return out;
}

Result<std::vector<Tlv>> TlvsFromJson(const Json& root) {
  std::vector<Tlv> out;
  const auto list = root.find("tlvs");
  if (list == root.end()) return out;
  for (const Json& item : *list) {
    if (!item.is_object() || !item.contains("tag") || !item["tag"].is_number_unsigned() ||
        item["tag"].get<std::uint64_t>() > 0xFFFF || !item.contains("value") ||
        !item["value"].is_string()) {
      return Fail(Reason::kMalformed, "a TLV lacks its tag or value");
    }
    Bytes value = TRESTLE_TRY(FromHex(item["value"].get_ref<const std::string&>()));
    out.push_back(Tlv{item["tag"].get<std::uint16_t>(), std::move(value)});
  }
  return out;
}

}  // namespace

std::string PduToJson(const Pdu& pdu) {
  Json out;
  out["command"] = CommandName(pdu.command);
  out["status"] = pdu.status;
  if (pdu.status != status::kOk && !StatusName(pdu.status).empty()) {
    out["status_name"] = StatusName(pdu.status);
  }
  out["sequence"] = pdu.sequence;
  Json body = Json::object();
  JsonWriter writer(body);
  std::visit([&](const auto& fields) { fields::VisitFields(writer, fields); }, pdu.body);
  out["body"] = std::move(body);
  out["tlvs"] = Json::array();
  for (const Tlv& tlv : pdu.tlvs) {
    const TagRow* row = FindTag(tlv.tag);
    out["tlvs"].push_back({{"tag", tlv.tag},
                           {"name", row != nullptr ? row->name : std::string_view("unknown")},
                           {"value", ToHex(tlv.value)}});
  }
  AddShown(pdu, out);
  return out.dump(2);
}

Result<Pdu> PduFromJson(std::string_view json) {
  const std::optional<Json> root = ParseBounded(json);
  if (!root) return Fail(Reason::kMalformed, "the JSON does not parse");
  const auto command = root->find("command");
  if (command == root->end() || !command->is_string()) {
    return Fail(Reason::kMalformed, "the JSON names no command");
  }
  const auto id = CommandNamed(command->get_ref<const std::string&>());
  if (!id) return Fail(Reason::kMalformed, "the JSON names an unknown command");
  Pdu out{*id};
  JsonReader header(*root);
  header.U32("status", out.status);
  header.U32("sequence", out.sequence);
  const auto body = root->find("body");
  const bool has_body = body != root->end() && body->is_object();
  // An empty object stands for a response that ends after its header.
  if (has_body && !(body->empty() && IsResponse(*id))) {
    out.body = EmptyBodyOf(*id);
    JsonReader reader(*body);
    std::visit([&](auto& fields) { fields::VisitFields(reader, fields); }, out.body);
    if (!reader.is_good()) return Fail(Reason::kMalformed, "a field of the JSON has another type");
  }
  if (!header.is_good()) return Fail(Reason::kMalformed, "a field of the JSON has another type");
  out.tlvs = TRESTLE_TRY(TlvsFromJson(*root));
  return out;
}

}  // namespace trestle::sms
