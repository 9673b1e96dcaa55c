#include "sim/phone_command.h"

#include <cstdio>

#include "bridge/envelope/fragment.h"

namespace trestle::sim {
namespace {

int Say(const std::string& what) {
  std::fprintf(stderr, "trestle-sim: %s\n", what.c_str());
  return 1;
}

int Explain(const ControlClient& control, const Error& error) {
  const std::string& refusal = control.last_refusal();
  return Say(std::string(error.what.view()) + (refusal.empty() ? "" : ": " + refusal));
}

std::string Shown(const nlohmann::json& message) {
  if (message.contains("data")) {
    const auto octets = FromBase64(message.value("data", ""));
    return octets ? "binary, " + std::to_string(octets->size()) + " octets: " + ToHex(*octets)
                  : "binary";
  }
  const std::string text = message.value("text", "");
  const auto fragment = ParseTextFragment(text);
  if (!fragment) return text;
  return "sealed fragment " + std::to_string(fragment->index + 1) + " of " +
         std::to_string(fragment->count) + " (" + ToHex(fragment->ref).substr(0, 8) + ", " +
         std::to_string(fragment->chunk.size()) + " octets)";
}

int Send(ControlClient& control, const std::string& address, std::string to,
         const std::vector<std::string>& words) {
  std::size_t next = 0;
  if (words.size() >= 2 && words[0] == "--to") {
    to = words[1];
    next = 2;
  }
  std::string text;
  for (; next < words.size(); ++next) text += (text.empty() ? "" : " ") + words[next];
  if (text.empty()) return Say("nothing to send");
  const auto known = control.Post("/sim/phones", {{"address", address}});
  if (!known) return Explain(control, known.error());
  const auto sent = control.Post("/sim/send", {{"from", address}, {"to", to}, {"text", text}});
  if (!sent) return Explain(control, sent.error());
  std::printf("sent to %s as %s\n", to.c_str(), sent->value("id", "").c_str());
  return 0;
}

int ShowInbox(ControlClient& control, const std::string& address) {
  const auto answer =
      control.Get("/sim/inbox?after=0&wait_ms=2000&address=" + PercentEncoded(address));
  if (!answer) return Explain(control, answer.error());
  for (const nlohmann::json& message : answer->value("messages", nlohmann::json::array())) {
    std::printf("%4llu  from %s: %s\n",
                static_cast<unsigned long long>(message.value("seq", std::uint64_t{0})),
                message.value("from", "").c_str(), Shown(message).c_str());
  }
  return 0;
}

int ShowWire(ControlClient& control) {
  const auto answer = control.Get("/sim/wire?after=0&limit=1000");
  if (!answer) return Explain(control, answer.error());
  for (const nlohmann::json& record : answer->value("records", nlohmann::json::array())) {
    std::printf("%s %s, %zu octets: %s\n", record.value("direction", "").c_str(),
                record.value("what", "").c_str(), record.value("octets", std::size_t{0}),
                record.value("shows", "").c_str());
  }
  return 0;
}

int SetFaults(ControlClient& control, const std::vector<std::string>& settings) {
  nlohmann::json faults = nlohmann::json::object();
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) return Say("a fault is KEY=VALUE, not " + setting);
    auto value = nlohmann::json::parse(setting.substr(equals + 1), nullptr, false);
    if (value.is_discarded())
      return Say("the value of " + setting + " is no number, true or false");
    faults[setting.substr(0, equals)] = std::move(value);
  }
  const auto set = control.Post("/sim/faults", faults);
  if (!set) return Explain(control, set.error());
  std::printf("%s\n", set->dump().c_str());
  return 0;
}

}  // namespace

int RunPhoneCommand(const std::string& networks, const std::vector<std::string>& arguments,
                    Line::Seams seams) {
  const auto all = nlohmann::json::parse(networks, nullptr, false);
  if (!all.is_object()) return Say("no networks run here: the ready file is missing or damaged");
  if (arguments.size() < 3) return Say("phone NETWORK ADDRESS send|inbox|wire|faults …");
  const auto network = all.find(arguments[0]);
  if (network == all.end()) return Say("there is no network called " + arguments[0]);
  ControlClient control(seams.http, network->value("control_url", ""));
  const std::vector<std::string> rest(arguments.begin() + 3, arguments.end());
  const std::string& verb = arguments[2];
  if (verb == "send") return Send(control, arguments[1], network->value("service", ""), rest);
  if (verb == "inbox") return ShowInbox(control, arguments[1]);
  if (verb == "wire") return ShowWire(control);
  if (verb == "faults") return SetFaults(control, rest);
  return Say("a phone can send, inbox, wire and faults, not " + verb);
}

}  // namespace trestle::sim
