#include "bridge/config/adapter_sections.h"

#include <algorithm>

namespace trestle {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kIdDigitsMax = 32;      // Meta's ids have 15 to 17
constexpr std::size_t kNumberDigitsMax = 15;  // ITU-T E.164

bool IsDigits(const std::string& text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

std::string NeedDigits(Section& section, const std::string& key, std::size_t most) {
  const std::string text = section.NeedText(key);
  if (!IsDigits(text, most)) section.Refuse(key, "must be digits only");
  return text;
}

// The pool of identities that stand for contacts; the service identity is none of them.
std::vector<std::string> ReadPool(Section& section, const std::string& key,
                                  const std::string& service, std::size_t most) {
  std::vector<std::string> pool = section.Texts(key);
  if (pool.empty()) section.Refuse(key, "at least one is required: contacts appear under them");
  for (const std::string& each : pool) {
    if (!IsDigits(each, most)) section.Refuse(key, "each must be digits only");
    if (each == service) section.Refuse(key, "the service identity must not be among them");
    if (std::count(pool.begin(), pool.end(), each) > 1) section.Refuse(key, "one stands twice");
  }
  return pool;
}

// https, or plain http to this machine, where simulated networks are.
std::string ReadUrl(Section& section, const std::string& key, const std::string& fallback) {
  std::string url = section.Text(key, fallback);
  const bool is_local = url.starts_with("http://127.0.0.1:") || url.starts_with("http://[::1]:");
  if (!url.empty() && !url.starts_with("https://") && !is_local) {
    section.Refuse(key, "must begin with https:// (http:// only to this machine)");
  }
  if (url.ends_with('/')) section.Refuse(key, "must not end with a slash");
  return url;
}

std::string ReadVersion(Section& section, const std::string& key, const std::string& fallback) {
  const std::string version = section.Text(key, fallback);
  const std::size_t dot = version.find('.');
  const bool right = version.starts_with('v') && dot != std::string::npos &&
                     IsDigits(version.substr(1, dot - 1), 3) &&
                     IsDigits(version.substr(dot + 1), 2);
  if (!right) section.Refuse(key, "must look like v23.0");
  return version;
}

std::string ReadPath(Section& section, const std::string& fallback) {
  const std::string path = section.Text("webhook_path", fallback);
  if (!path.starts_with('/')) section.Refuse("webhook_path", "must begin with a slash");
  return path;
}

std::uint16_t ReadPort(Section& section, const std::string& key, std::uint16_t fallback,
                       std::int64_t least) {
  return static_cast<std::uint16_t>(section.Number(key, fallback, {least, UINT16_MAX}));
}

template <class Settings>
void ReadSendApi(Section& section, Settings& out) {
  out.app_id = NeedDigits(section, "app_id", kIdDigitsMax);
  out.app_secret = section.NeedSecret("app_secret");
  out.verify_token = section.NeedSecret("verify_token");
  out.token = section.NeedSecret("token");
  out.graph_url = ReadUrl(section, "graph_url", out.graph_url);
  out.graph_version = ReadVersion(section, "graph_version", out.graph_version);
  out.subscribes = section.Flag("subscribes", out.subscribes);
  out.callback_url = ReadUrl(section, "callback_url", out.callback_url);
  out.webhook_port = ReadPort(section, "webhook_port", out.webhook_port, 0);
  out.webhook_path = ReadPath(section, out.webhook_path);
  out.sends_per_second = section.Number("sends_per_second", out.sends_per_second, {1, 10'000});
  out.units_max = static_cast<std::size_t>(
      section.Number("units_max", static_cast<std::int64_t>(out.units_max), {1, 255}));
  out.send_timeout = section.Span("send_timeout", out.send_timeout, {seconds(1), minutes(2)});
}

IdSpelling ReadSpelling(Section& section, const std::string& key, IdSpelling fallback) {
  return static_cast<IdSpelling>(
      section.Choice(key, static_cast<std::size_t>(fallback), {"text", "decimal", "hex"}));
}

// A price without its currency says nothing to whoever reads Explain.
void ReadPrice(Section& section, SmsConfig& out) {
  constexpr std::int64_t kPriceMicrosMax = 1'000'000'000;
  out.unit_price_micros =
      section.Number("unit_price_micros", out.unit_price_micros, {0, kPriceMicrosMax});
  out.frame_price_micros_max =
      section.Number("frame_price_micros_max", out.frame_price_micros_max, {0, kPriceMicrosMax});
  out.currency = section.Text("currency", out.currency);
  const bool is_code = out.currency.size() == 3 && std::ranges::all_of(out.currency, [](char c) {
                         return c >= 'A' && c <= 'Z';
                       });
  if (!out.currency.empty() && !is_code) {
    section.Refuse("currency", "must be three capital letters, such as EUR");
  }
  if (out.unit_price_micros > 0 && out.currency.empty()) {
    section.Refuse("unit_price_micros", "a price needs a currency");
  }
}

std::string ReadShort(Section& section, const std::string& key, std::size_t most) {
  std::string text = section.Text(key, "");
  if (text.size() > most) {
    section.Refuse(key, "has more than " + std::to_string(most) + " characters");
  }
  return text;
}

}  // namespace

MessengerConfig ReadMessenger(Section section) {
  MessengerConfig out;
  out.service_page = NeedDigits(section, "service_page", kIdDigitsMax);
  out.ghost_pages = ReadPool(section, "ghost_pages", out.service_page, kIdDigitsMax);
  ReadSendApi(section, out);
  for (auto& [page, token] : section.SecretFiles("page_token_files")) {
    out.page_tokens.emplace(page, std::move(token));
  }
  out.loopback = ReadShort(section, "loopback", 128);
  section.Finish();
  return out;
}

InstagramConfig ReadInstagram(Section section) {
  InstagramConfig out;
  out.service_account = NeedDigits(section, "service_account", kIdDigitsMax);
  out.ghost_accounts = ReadPool(section, "ghost_accounts", out.service_account, kIdDigitsMax);
  ReadSendApi(section, out);
  out.subscriptions_url = ReadUrl(section, "subscriptions_url", out.subscriptions_url);
  for (auto& [account, token] : section.SecretFiles("account_token_files")) {
    out.account_tokens.emplace(account, std::move(token));
  }
  out.loopback = ReadShort(section, "loopback", 128);
  section.Finish();
  return out;
}

WhatsappConfig ReadWhatsapp(Section section) {
  WhatsappConfig out;
  out.service_identity = NeedDigits(section, "service_identity", kIdDigitsMax);
  out.ghosts = ReadPool(section, "ghosts", out.service_identity, kIdDigitsMax);
  out.app_id = NeedDigits(section, "app_id", kIdDigitsMax);
  out.app_secret = section.NeedSecret("app_secret");
  out.verify_token = section.NeedSecret("verify_token");
  out.token = section.NeedSecret("token");
  out.api_url = ReadUrl(section, "api_url", out.api_url);
  out.api_version = ReadVersion(section, "api_version", out.api_version);
  out.webhook_port = ReadPort(section, "webhook_port", out.webhook_port, 0);
  out.callback_url = ReadUrl(section, "callback_url", out.callback_url);
  out.subscribes = section.Flag("subscribes", out.subscribes);
  out.messages_per_second = static_cast<std::size_t>(section.Number(
      "messages_per_second", static_cast<std::int64_t>(out.messages_per_second), {1, 1000}));
  out.loopback = ReadShort(section, "loopback", 128);
  section.Finish();
  return out;
}

// "host:port" each; the host may be a name, an address or an IPv6 address in brackets.
std::vector<SmsConfig::Centre> ReadCentres(Section& section, const std::string& key) {
  std::vector<SmsConfig::Centre> out;
  for (const std::string& text : section.Texts(key)) {
    const std::size_t colon = text.rfind(':');
    std::string host = text.substr(0, colon == std::string::npos ? 0 : colon);
    const std::string digits = colon == std::string::npos ? "" : text.substr(colon + 1);
    const bool is_port = !digits.empty() && digits.size() <= 5 &&
                         digits.find_first_not_of("0123456789") == std::string::npos;
    const int port = is_port ? std::stoi(digits) : 0;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    if (host.empty() || port < 1 || port > 65535) {
      section.Refuse(key, "must be a list of host:port");
      return {};
    }
    out.push_back({host, static_cast<std::uint16_t>(port)});
  }
  if (out.size() > 15) section.Refuse(key, "at most 15 beside host and port");
  return out;
}

void ReadSmsTls(Section& section, SmsConfig& out, Problems& problems) {
  out.tls = section.Flag("tls", out.tls);
  const auto file = [&](const std::string& key) {
    const std::string path = section.Text(key, "");
    return path.empty() ? path : problems.Absolute(path);
  };
  out.tls_ca_file = file("tls_ca_file");
  out.tls_verify_name = section.Text("tls_verify_name", "");
  out.tls_certificate_file = file("tls_certificate_file");
  out.tls_key = section.MaybeSecret("tls_key");
  if (out.tls_key.has_value() == out.tls_certificate_file.empty()) {
    section.Refuse("tls_certificate_file",
                   "needs its key in tls_key_file, and the other way round");
  }
  const bool is_set =
      !out.tls_ca_file.empty() || !out.tls_verify_name.empty() || out.tls_key.has_value();
  if (is_set && !out.tls) section.Refuse("tls", "must be true when other tls settings are given");
}

SmsConfig ReadSms(Section section, Problems& problems) {
  SmsConfig out;
  out.service_number = NeedDigits(section, "service_number", kNumberDigitsMax);
  out.ghost_numbers = ReadPool(section, "ghost_numbers", out.service_number, kNumberDigitsMax);
  out.units_max = static_cast<std::size_t>(
      section.Number("units_max", static_cast<std::int64_t>(out.units_max), {1, 255}));
  out.ghost_match = static_cast<GhostMatch>(section.Choice(
      "ghost_match", static_cast<std::size_t>(out.ghost_match), {"any", "country", "region"}));
  out.ghost_cool_down =
      section.Span("ghost_cool_down", out.ghost_cool_down, {Millis(0), hours(24 * 3650)});
  ReadPrice(section, out);
  out.confirm_within = section.Span("confirm_within", out.confirm_within, {minutes(1), hours(24)});
  out.confirm_after =
      section.Span("confirm_after", out.confirm_after, {Millis(100), out.confirm_within});
  out.resend_rounds_max =
      static_cast<int>(section.Number("resend_rounds_max", out.resend_rounds_max, {0, 100}));
  out.missing_after =
      section.Span("missing_after", out.missing_after, {Millis(100), out.confirm_within});
  out.host = section.Text("host", out.host);
  out.port = ReadPort(section, "port", out.port, 1);
  out.system_id = ReadShort(section, "system_id", 15);  // SMPP 3.4, Section 5.2.1
  out.password = section.NeedSecret("password");
  out.system_type = ReadShort(section, "system_type", 12);  // SMPP 3.4, Section 5.2.3
  out.more_centres = ReadCentres(section, "more_centres");
  out.binds = static_cast<std::size_t>(
      section.Number("binds", static_cast<std::int64_t>(out.binds), {1, 64}));
  out.binds_apart = section.Flag("binds_apart", out.binds_apart);
  if (out.binds * (out.binds_apart ? 2 : 1) * (out.more_centres.size() + 1) > 64) {
    section.Refuse("binds", "at most 64 binds to all centres together");
  }
  ReadSmsTls(section, out, problems);
  out.window = static_cast<std::size_t>(
      section.Number("window", static_cast<std::int64_t>(out.window), {1, 1000}));
  out.messages_per_minute =
      section.Number("messages_per_minute", out.messages_per_minute, {1, 1'000'000});
  out.connect_timeout =
      section.Span("connect_timeout", out.connect_timeout, {Millis(100), minutes(5)});
  out.response_timeout =
      section.Span("response_timeout", out.response_timeout, {Millis(100), minutes(5)});
  out.enquire_after = section.Span("enquire_after", out.enquire_after, {seconds(1), minutes(10)});
  out.reconnect_after_min =
      section.Span("reconnect_after_min", out.reconnect_after_min, {Millis(10), minutes(1)});
  out.reconnect_after_max =
      section.Span("reconnect_after_max", out.reconnect_after_max, {Millis(10), minutes(10)});
  if (out.reconnect_after_min > out.reconnect_after_max) {
    section.Refuse("reconnect_after_min", "must not be longer than reconnect_after_max");
  }
  out.throttle_pause = section.Span("throttle_pause", out.throttle_pause, {Millis(10), minutes(1)});
  out.response_id_base = ReadSpelling(section, "response_id_base", out.response_id_base);
  out.receipt_id_base = ReadSpelling(section, "receipt_id_base", out.receipt_id_base);
  out.default_alphabet_is_latin1 = section.Choice("default_alphabet", 0, {"gsm", "latin1"}) == 1;
  out.default_region = section.Text("default_region", "");
  const bool is_region =
      out.default_region.size() == 2 &&
      std::ranges::all_of(out.default_region, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!out.default_region.empty() && !is_region) {
    section.Refuse("default_region", "must be two capital letters, as ISO 3166 has them");
  }
  out.short_number_ton =
      static_cast<std::uint8_t>(section.Number("short_number_ton", out.short_number_ton, {0, 6}));
  out.sends_user_message_reference =
      section.Flag("sends_user_message_reference", out.sends_user_message_reference);
  out.loopback = ReadShort(section, "loopback", 128);
  section.Finish();
  return out;
}

RemoteConfig ReadRemote(Section& section) {
  RemoteConfig out;
  const Result<Network> network = Network::Parse(section.NeedText("network"));
  if (network) {
    out.network = *network;
  } else {
    section.Refuse("network", "must be lower-case letters, digits and underscores, at most 32");
  }
  out.token = section.NeedSecret("token");
  out.text_units = section.Choice("unit", 0, {"text", "binary"}) == 0;
  out.chunk_bytes =
      static_cast<std::size_t>(section.NeedNumber("chunk_bytes", {1, 1024 * 1024 + 64}));
  out.units_max = static_cast<std::size_t>(section.Number("units_max", 1, {1, 255}));
  out.takes_idempotency_keys = section.Flag("takes_idempotency_keys", false);
  out.reports_delivered = section.Flag("reports_delivered", false);
  out.reports_read = section.Flag("reports_read", false);
  out.needs_sms_consent = section.Flag("needs_sms_consent", false);
  out.opens_messages = section.Flag("opens_messages", false);
  section.Finish();
  return out;
}

}  // namespace trestle
