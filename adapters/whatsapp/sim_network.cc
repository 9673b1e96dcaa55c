#include "adapters/whatsapp/sim_network.h"

#include <algorithm>
#include <utility>

#include "adapters/sdk/utf8.h"
#include "adapters/whatsapp/codec.h"
#include "bridge/base/digest.h"

namespace trestle {
namespace {

constexpr int kCodeInvalidParameter = 100;
constexpr int kCodeThroughput = 130429;
constexpr int kCodePairRate = 131056;
constexpr int kCodeUndeliverable = 131026;
constexpr int kCodeWindowClosed = 131047;
constexpr int kHttpTooMany = 429;

HttpResponse Invalid(std::string what) {
  return SimGraph::Refuse(
      400,
      {.code = kCodeInvalidParameter, .message = "Invalid parameter", .details = std::move(what)});
}

// The API takes "+1 650 555-1234" and means 16505551234.
std::string DigitsOf(std::string_view written) {
  constexpr std::string_view kPassedOver = "+ -()";
  std::string out;
  for (const char sign : written) {
    if (kPassedOver.find(sign) == kPassedOver.npos) out.push_back(sign);
  }
  return out;
}

// Numbers of the operator's, for show: nobody can be called there.
std::string DisplayNumberOf(const std::string& identity) {
  return "1555" + identity.substr(identity.size() - std::min<std::size_t>(identity.size(), 7));
}

std::vector<std::string> NodesOf(const WhatsappSimOptions& options) {
  std::vector<std::string> nodes = options.ghosts;
  nodes.push_back(options.service);
  return nodes;
}

std::string PairOf(const std::string& identity, const std::string& address) {
  return identity + " " + address;
}

std::string_view TitleOf(int code) {
  if (code == kCodeWindowClosed) return "Re-engagement message";
  return "Message undeliverable";
}

}  // namespace

WhatsappSim::WhatsappSim(WhatsappSimOptions options, const Clock& clock, Random& random)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      number_rates_(
          {.per_minute = options_.messages_per_second * 60, .burst = options_.messages_per_second}),
      pair_rates_(options_.pair_rate) {}

Result<std::unique_ptr<WhatsappSim>> WhatsappSim::Start(WhatsappSimOptions options,
                                                        const Clock& clock, Random& random) {
  auto sim = std::unique_ptr<WhatsappSim>(new WhatsappSim(std::move(options), clock, random));
  WhatsappSim* const self = sim.get();
  const WhatsappSimOptions& own = self->options_;
  SimControl::Network network;
  network.name = "whatsapp";
  network.service = own.service;
  network.ghosts = own.ghosts;
  network.phone_sends = [self](const SimMessage& message) { return self->TakeFromPhone(message); };
  network.faults_changed = [self](const SimFaults& faults) {
    SimGraph* graph = nullptr;
    {
      const std::lock_guard lock(self->mutex_);
      graph = self->graph_.get();
    }
    if (graph != nullptr) graph->SetDown(faults.down);  // joins threads that may want the lock
  };
  const std::lock_guard lock(self->mutex_);  // phones wait until everything stands
  self->control_ = TRESTLE_TRY(own.place.OpenControl(std::move(network), clock, own.control_port));
  SimGraph::Options graph{.app_id = own.app_id,
                          .app_secret = own.app_secret,
                          .token = own.token,
                          .nodes = NodesOf(own),
                          .object = "whatsapp_business_account",
                          .token_error_status = 401,
                          .api_port = own.api_port,
                          .webhooks = own.webhooks,
                          .machine = own.place.machine};
  SimGraph::Handlers handlers;
  handlers.post = [self](const SimGraph::Call& call) { return self->TakePost(call); };
  handlers.compose = [self](const auto& events) { return self->Compose(events); };
  self->graph_ = TRESTLE_TRY(
      SimGraph::Start(std::move(graph), clock, random, std::move(handlers), *self->control_));
  return sim;
}

WhatsappSim::~WhatsappSim() { Stop(); }

void WhatsappSim::Stop() {
  if (control_ != nullptr) control_->Stop();
  if (graph_ != nullptr) graph_->Stop();
}

std::string WhatsappSim::BsuidOf(const std::string& wa_id) const {
  const Bytes32 digest = HmacSha256(AsBytes(options_.app_secret), AsBytes(wa_id));
  std::string out = "US.";
  for (std::size_t at = 0; at < 20; ++at) out.push_back(static_cast<char>('0' + digest[at] % 10));
  return out;
}

// ---- From phones to the bridge ----

Result<std::string> WhatsappSim::TakeFromPhone(const SimMessage& message) {
  if (message.is_binary) return Fail(Reason::kInvalidArgument, "this network carries texts only");
  const auto characters = CountCodePoints(message.body);
  if (!characters || *characters == 0) {
    return Fail(Reason::kInvalidArgument, "the text is empty or not UTF-8");
  }
  if (*characters > kWhatsappTextCharactersMax) {
    return Fail(Reason::kTooLarge, "the text is longer than 4,096 characters");
  }
  if (!IsWaId(message.from) && !IsBsuid(message.from)) {
    return Fail(Reason::kInvalidArgument, "the phone's address is neither a wa_id nor a BSUID");
  }
  const std::vector<std::string> nodes = NodesOf(options_);
  if (std::ranges::find(nodes, message.to) == nodes.end()) {
    return Fail(Reason::kNotFound, "there is no such number");
  }
  const std::string pair = PairOf(message.to, message.from);
  const std::lock_guard lock(mutex_);
  if (last_inbound_.size() >= kConversationsMax && !last_inbound_.contains(pair)) {
    return Fail(Reason::kBusy, "the simulation holds no more conversations");
  }
  last_inbound_[pair] = clock_.wall_now();
  if (IsWaId(message.from)) number_of_[BsuidOf(message.from)] = message.from;
  const std::string id = NewWamid(message.from, true);
  PublishMessage(message, id);
  if (control_->TakeFault(&SimFaults::duplicate_next)) PublishMessage(message, id);
  return id;
}

void WhatsappSim::PublishMessage(const SimMessage& message, const std::string& id) {
  JsonWriter out(JsonEscape::kMeta);
  BeginChange(out, message.to);
  out.ArrayMember("contacts").BeginObject();
  out.ObjectMember("profile").TextMember("name", "A simulated person").EndObject();
  WritePerson(out, "wa_id", "user_id", message.from);
  out.EndObject().EndArray();
  out.ArrayMember("messages").BeginObject();
  WritePerson(out, "from", "from_user_id", message.from);
  out.TextMember("id", id).TextMember("timestamp", Seconds()).TextMember("type", "text");
  out.ObjectMember("text").TextMember("body", message.body).EndObject();
  out.EndObject().EndArray().EndObject().EndObject();
  graph_->Publish({options_.waba_id, std::move(out).Take(), id});
}

// {"value":{"messaging_product","metadata", and two objects left open for the caller to fill.
void WhatsappSim::BeginChange(JsonWriter& out, const std::string& identity) const {
  out.BeginObject().TextMember("field", "messages").ObjectMember("value");
  out.TextMember("messaging_product", "whatsapp").ObjectMember("metadata");
  out.TextMember("display_phone_number", DisplayNumberOf(identity));
  out.TextMember("phone_number_id", identity).EndObject();
}

// People who hide their number are shown by their business-scoped id alone.
void WhatsappSim::WritePerson(JsonWriter& out, std::string_view number_name,
                              std::string_view user_name, const std::string& address) const {
  const bool shows_number = IsWaId(address);
  if (shows_number) out.TextMember(number_name, address);
  out.TextMember(user_name, shows_number ? BsuidOf(address) : address);
}

std::string WhatsappSim::Compose(const std::vector<WebhookSender::Event>& events) const {
  JsonWriter out(JsonEscape::kMeta);
  out.BeginObject().TextMember("object", "whatsapp_business_account").ArrayMember("entry");
  out.BeginObject().TextMember("id", options_.waba_id).ArrayMember("changes");
  for (const auto& event : events) out.Raw(event.json);
  out.EndArray().EndObject().EndArray().EndObject();
  return std::move(out).Take();
}

// ---- From the bridge to phones ----

HttpResponse WhatsappSim::TakePost(const SimGraph::Call& call) {
  if (call.edge != "messages") return SimGraph::Refuse(2500, "Unknown path components");
  if (auto refused = CheckShape(call.body)) return *std::move(refused);
  if (call.body["status"].TextOr("") == "read") return {.body = "{\"success\":true}"};
  Outgoing outgoing;
  outgoing.identity = call.node;
  outgoing.text = call.body["text"]["body"].TextOr("");
  if (auto refused = ReadRecipient(call.body, outgoing)) return *std::move(refused);
  if (auto refused = CheckRates(outgoing)) return *std::move(refused);
  return Accept(outgoing);
}

std::optional<HttpResponse> WhatsappSim::CheckShape(const Json& body) const {
  if (body["messaging_product"].TextOr("") != "whatsapp") {
    return Invalid("The parameter messaging_product is required.");
  }
  if (body.Has("status")) {
    const bool is_read = body["status"].TextOr("") == "read" && body["message_id"].is_text();
    return is_read ? std::nullopt : std::optional(Invalid("Param status must be read"));
  }
  if (body["recipient_type"].TextOr("individual") != "individual") {
    return Invalid("Param recipient_type must be individual: groups are not simulated");
  }
  if (body["type"].TextOr("text") != "text") {
    return Invalid("Param type must be text: the simulation carries texts only");
  }
  const auto text = body["text"]["body"].text();
  if (!text) return Invalid("The parameter text['body'] is required.");
  const auto characters = CountCodePoints(*text);
  if (!characters || *characters < 1 || *characters > kWhatsappTextCharactersMax) {
    return Invalid("Param text['body'] must be at most 4096 characters long.");
  }
  return std::nullopt;
}

std::optional<HttpResponse> WhatsappSim::ReadRecipient(const Json& body, Outgoing& outgoing) {
  if (!body["to"].is_text() && !body["recipient"].is_text()) {
    return Invalid("The parameter to is required.");
  }
  // When both are there, "to" wins.
  outgoing.is_bsuid = !body["to"].is_text();
  outgoing.input = body[outgoing.is_bsuid ? "recipient" : "to"].TextOr("");
  if (!outgoing.is_bsuid) {
    outgoing.address = DigitsOf(outgoing.input);
    if (!IsWaId(outgoing.address)) return Invalid("Param to must be a phone number");
    return std::nullopt;
  }
  if (!IsBsuid(outgoing.input)) return Invalid("Param recipient must be a user id");
  const std::lock_guard lock(mutex_);
  const auto number = number_of_.find(outgoing.input);
  outgoing.address = number == number_of_.end() ? outgoing.input : number->second;
  return std::nullopt;
}

std::optional<HttpResponse> WhatsappSim::CheckRates(const Outgoing& outgoing) {
  const std::lock_guard lock(mutex_);
  const MonoTime now = clock_.mono_now();
  if (number_rates_.Take(outgoing.identity, now) > Millis{0}) {
    return SimGraph::Refuse(kHttpTooMany, {.code = kCodeThroughput,
                                           .message = "Rate limit hit",
                                           .details = "Message throughput limit reached."});
  }
  if (pair_rates_.Take(PairOf(outgoing.identity, outgoing.address), now) > Millis{0}) {
    return SimGraph::Refuse(kHttpTooMany, {.code = kCodePairRate,
                                           .message = "Pair rate limit hit",
                                           .details = "Too many messages to the same person."});
  }
  return std::nullopt;
}

HttpResponse WhatsappSim::Accept(const Outgoing& outgoing) {
  const std::string id = NewWamid(outgoing.address, false);
  const int failure = FailureOf(outgoing);
  if (failure == 0) {
    control_->PutInInbox({.from = outgoing.identity,
                          .to = outgoing.address,
                          .id = id,
                          .at = clock_.wall_now(),
                          .body = outgoing.text});
    PublishStatus(outgoing, id, "sent", 0);
    // "delivered" is left out when the message was read at once.
    PublishStatus(outgoing, id, options_.phones_read_at_once ? "read" : "delivered", 0);
  } else {
    PublishStatus(outgoing, id, "failed", failure);
  }
  JsonWriter out;
  out.BeginObject().TextMember("messaging_product", "whatsapp").ArrayMember("contacts");
  out.BeginObject().TextMember("input", outgoing.input);
  out.TextMember(outgoing.is_bsuid ? "user_id" : "wa_id",
                 outgoing.is_bsuid ? outgoing.input : outgoing.address);
  out.EndObject().EndArray().ArrayMember("messages").BeginObject().TextMember("id", id);
  out.EndObject().EndArray().EndObject();
  return {.body = std::move(out).Take()};
}

// The code of the status that follows, or 0.
int WhatsappSim::FailureOf(const Outgoing& outgoing) {
  if (!control_->HasPhone(outgoing.address)) return kCodeUndeliverable;
  const std::lock_guard lock(mutex_);
  const auto inbound = last_inbound_.find(PairOf(outgoing.identity, outgoing.address));
  const bool is_open =
      inbound != last_inbound_.end() && clock_.wall_now() - inbound->second <= options_.window;
  return is_open ? 0 : kCodeWindowClosed;
}

void WhatsappSim::PublishStatus(const Outgoing& outgoing, const std::string& id,
                                std::string_view state, int error_code) {
  JsonWriter out(JsonEscape::kMeta);
  BeginChange(out, outgoing.identity);
  out.ArrayMember("statuses").BeginObject().TextMember("id", id).TextMember("status", state);
  out.TextMember("timestamp", Seconds());
  WritePerson(out, "recipient_id", "recipient_user_id", outgoing.address);
  if (error_code != 0) {
    out.ArrayMember("errors").BeginObject().NumberMember("code", error_code);
    out.TextMember("title", TitleOf(error_code)).TextMember("message", TitleOf(error_code));
    out.ObjectMember("error_data").TextMember("details", TitleOf(error_code)).EndObject();
    out.EndObject().EndArray();
  }
  out.EndObject().EndArray().EndObject().EndObject();
  const bool has_arrived = state == "delivered" || state == "read";
  graph_->Publish({options_.waba_id, std::move(out).Take(), has_arrived ? id : ""});
}

// The real ones spell the person's number too; that is why the bridge keeps them blind.
std::string WhatsappSim::NewWamid(const std::string& address, bool is_inbound) {
  constexpr std::size_t kRandomBytes = 10;
  Bytes drawn(kRandomBytes);
  random_.Fill(drawn);
  std::string hex = ToHex(drawn);
  std::ranges::transform(hex, hex.begin(), [](char sign) {
    return sign >= 'a' ? static_cast<char>(sign - 'a' + 'A') : sign;
  });
  Bytes octets = {0x1C, 0x18, static_cast<std::uint8_t>(address.size())};
  octets.insert(octets.end(), address.begin(), address.end());
  const std::uint8_t direction = is_inbound ? 0x12 : 0x11;
  const Bytes middle = {0x15, 0x02, 0x00, direction, 0x18, static_cast<std::uint8_t>(hex.size())};
  octets.insert(octets.end(), middle.begin(), middle.end());
  octets.insert(octets.end(), hex.begin(), hex.end());
  octets.push_back(0x00);
  return "wamid." + ToBase64(octets);
}

}  // namespace trestle
