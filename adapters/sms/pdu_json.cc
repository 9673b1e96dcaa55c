#include "adapters/sms/pdu_json.h"

#include <algorithm>
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

// Missing fields keep their default; a field of the wrong type or an unknown name fails the whole.
class JsonReader {
 public:
  explicit JsonReader(const Json& root) : at_{{&root, {}}} {}

  void Begin(const char* name) {
    const Json* found = Find(name);
    if (found != nullptr && !found->is_object()) Misfit(name);
    at_.push_back({found != nullptr && found->is_object() ? found : &empty_, {}});
  }
  void End() {
    RefuseUnknown();
    at_.pop_back();
  }
  void U8(const char* name, std::uint8_t& out) {
    if (const auto value = Number(name, 0xFF)) out = static_cast<std::uint8_t>(*value);
  }
  void U32(const char* name, std::uint32_t& out) {
    if (const auto value = Number(name, 0xFFFFFFFF)) out = static_cast<std::uint32_t>(*value);
  }
  void Text(const char* name, std::string& out, std::size_t) {
    const Json* found = Find(name);
    if (found == nullptr) return;
    if (!found->is_string()) return Misfit(name);
    Result<std::string> text = FromShown(found->get_ref<const std::string&>());
    if (!text) return Misfit(name);
    out = *std::move(text);
  }
  void Counted(const char* name, Bytes& out) {
    const Json* found = Find(name);
    if (found == nullptr) return;
    if (!found->is_string()) return Misfit(name);
    Result<Bytes> octets = FromHex(found->get_ref<const std::string&>());
    if (!octets) return Misfit(name);
    out = *std::move(octets);
  }
  template <class Row, class Each>
  void List(const char* name, std::vector<Row>& rows, Each each) {
    const Json* found = Find(name);
    if (found == nullptr) return;
    if (!found->is_array() || found->size() > kDestinationsMax) return Misfit(name);
    for (const Json& item : *found) {
      if (!item.is_object()) return Misfit(name);
      Row row;
      at_.push_back({&item, {}});
      each(*this, row);
      End();
      rows.push_back(std::move(row));
    }
  }
  void Refuse(CommandStatus) { Misfit("dest_flag"); }

  // After the last field of an object: no other name may stand in it.
  void RefuseUnknown() {
    for (const auto& item : at_.back().here->items()) {
      if (std::ranges::count(at_.back().asked, item.key()) == 0) Misfit(item.key());
    }
  }
  void Ignore(const char* name) { at_.back().asked.push_back(name); }
  void Misfit(const std::string& name) {
    if (misfit_.empty()) misfit_ = name.empty() ? "\"\"" : name;
  }
  const std::string& misfit() const { return misfit_; }  // empty: all is well

  const Json* Find(const char* name) {
    at_.back().asked.push_back(name);
    const Json& here = *at_.back().here;
    const auto found = here.find(name);
    return found == here.end() ? nullptr : &*found;
  }
  std::optional<std::uint64_t> Number(const char* name, std::uint64_t max) {
    const Json* found = Find(name);
    if (found == nullptr) return std::nullopt;
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > max) {
      Misfit(name);
      return std::nullopt;
    }
    return found->get<std::uint64_t>();
  }

 private:
  struct Level {
    const Json* here;
    std::vector<std::string> asked;
  };

  const Json empty_ = Json::object();
  std::vector<Level> at_;
  std::string misfit_;
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
  const auto text = DecodeText(message->data_coding, message->content, message->header.national);
  if (text) shows["text"] = *text;
  if (!IsReceipt(message->esm_class)) return;
  if (const auto receipt = ParseReceipt(pdu, *message)) {
    shows["receipt_for"] = ToShown(receipt->message_id);
    shows["state"] = StateWord(receipt->state);
  }
}

// nlohmann's parser builds its tree without recursion, but copying a deep one recurses: so the
// depth is bounded while parsing.
std::optional<Json> ParseBounded(std::string_view text) {
  if (text.size() > kJsonBytesMax) return std::nullopt;  // a PDU takes less, with ample room
  bool is_too_deep = false;
  const Json::parser_callback_t watch = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kDepthMax) is_too_deep = true;
    return !is_too_deep;
  };
  Json out = Json::parse(text, watch, false);
  if (is_too_deep || out.is_discarded() || !out.is_object()) return std::nullopt;
  return out;
}

// The octets of "number", as many as the specification gives the TLV; its low octets when unknown.
Bytes NumberOctets(std::uint64_t number, const TagRow* row) {
  std::size_t size = 1;
  while (size < 4 && (number >> (8 * size)) != 0) ++size;
  if (row != nullptr && row->form == TagForm::kNumber) size = row->bytes_max;
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = static_cast<std::uint8_t>(number >> (8 * (size - 1 - i)));
  }
  return out;
}

std::uint64_t NumberMax(const TagRow* row) {
  const bool is_sized = row != nullptr && row->form == TagForm::kNumber && row->bytes_max < 4;
  return is_sized ? (std::uint64_t{1} << (8 * row->bytes_max)) - 1 : 0xFFFFFFFF;
}

std::optional<Tlv> TlvFromJson(JsonReader& reader) {
  const auto tag = reader.Number("tag", 0xFFFF);
  std::string name;
  reader.Text("name", name, 0);
  const TagRow* row = tag ? FindTag(static_cast<std::uint16_t>(*tag)) : FindTag(name);
  if (!tag && row == nullptr) return std::nullopt;
  Tlv out{tag ? static_cast<std::uint16_t>(*tag) : row->tag, {}};
  Bytes value;
  reader.Counted("value", value);
  const auto number = reader.Number("number", NumberMax(row));
  std::string text;
  const bool has_text = reader.Find("text") != nullptr;
  reader.Text("text", text, 0);
  const bool has_value = reader.Find("value") != nullptr;
  // The octets stand above what they are shown as.
  if (has_value) {
    out.value = std::move(value);
  } else if (number) {
    out.value = NumberOctets(*number, row);
  } else if (has_text) {
    out.value = MakeTlvText(out.tag, text).value;
  } else {
    return std::nullopt;
  }
  reader.RefuseUnknown();
  return reader.misfit().empty() ? std::optional(out) : std::nullopt;
}

Result<std::vector<Tlv>> TlvsFromJson(const Json& list, std::string& misfit) {
  std::vector<Tlv> out;
  for (const Json& item : list) {
    JsonReader reader(item);
    auto tlv = item.is_object() ? TlvFromJson(reader) : std::nullopt;
    if (!tlv) {
      misfit = reader.misfit().empty() ? "tlvs" : "tlvs." + reader.misfit();
      return Fail(Reason::kMalformed, "a TLV lacks its tag or value");
    }
    out.push_back(*std::move(tlv));
  }
  return out;
}

Json ShownTlv(const Tlv& tlv) {
  const TagRow* row = FindTag(tlv.tag);
  Json out = {{"tag", tlv.tag},
              {"name", row != nullptr ? row->name : std::string_view("unknown")},
              {"value", ToHex(tlv.value)}};
  if (row == nullptr) return out;
  if (row->form == TagForm::kNumber && tlv.value.size() == row->bytes_max) {
    std::uint32_t number = 0;
    for (const std::uint8_t octet : tlv.value) number = (number << 8) | octet;
    out["number"] = number;
  } else if (row->form == TagForm::kText && !tlv.value.empty() && tlv.value.back() == 0) {
    out["text"] = ToShown(std::string(AsText(ByteView(tlv.value).first(tlv.value.size() - 1))));
  }
  return out;
}

// The object's fields, filled into `out`; what does not fit is named by the reader.
void ReadRoot(const Json& root, JsonReader& reader, Pdu& out) {
  for (const char* shown : {"command", "status_name", "shows", "tlvs"}) reader.Ignore(shown);
  reader.U32("status", out.status);
  reader.U32("sequence", out.sequence);
  const auto body = root.find("body");
  // An empty object stands for a response that ends after its header.
  const bool is_bodiless =
      body == root.end() || (body->is_object() && body->empty() && IsResponse(out.command));
  reader.Ignore("body");
  if (body != root.end() && !body->is_object()) return reader.Misfit("body");
  if (!is_bodiless) {
    out.body = EmptyBodyOf(out.command);
    reader.Begin("body");
    std::visit([&](auto& fields) { fields::VisitFields(reader, fields); }, out.body);
    reader.End();
  }
  reader.RefuseUnknown();
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
  for (const Tlv& tlv : pdu.tlvs) out["tlvs"].push_back(ShownTlv(tlv));
  AddShown(pdu, out);
  return out.dump(2);
}

Result<Pdu> PduFromJson(std::string_view json, std::string* field) {
  std::string ignored;
  std::string& misfit = field != nullptr ? *field : ignored;
  misfit.clear();
  const std::optional<Json> root = ParseBounded(json);
  if (!root) return Fail(Reason::kMalformed, "the JSON does not parse, or is no object");
  const auto command = root->find("command");
  misfit = "command";
  if (command == root->end() || !command->is_string()) {
    return Fail(Reason::kMalformed, "the JSON names no command");
  }
  const auto id = CommandNamed(command->get_ref<const std::string&>());
  if (!id) return Fail(Reason::kMalformed, "the JSON names an unknown command");
  Pdu out{*id};
  JsonReader reader(*root);
  ReadRoot(*root, reader, out);
  misfit = reader.misfit();
  if (!misfit.empty()) {
    return Fail(Reason::kMalformed, "a field of the JSON is unknown, or has another type or size");
  }
  if (const auto tlvs = root->find("tlvs"); tlvs != root->end()) {
    if (!tlvs->is_array()) misfit = "tlvs";
    if (!tlvs->is_array()) return Fail(Reason::kMalformed, "the JSON's tlvs are no list");
    out.tlvs = TRESTLE_TRY(TlvsFromJson(*tlvs, misfit));
  }
  return out;
}

}  // namespace trestle::sms
