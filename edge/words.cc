#include "edge/words.h"

namespace trestle::edge::words {
namespace {

bool IsText(const content::Message& message) {
  const auto* single = std::get_if<content::SinglePart>(&message.body.body);
  return single != nullptr && (single->content_type == content::kPlainText ||
                               single->content_type == content::kMarkdown);
}

}  // namespace

std::string Labelled(const content::Message& message) {
  std::string out(kLabel);
  std::string text = message.text();
  if (!text.empty() || IsText(message)) return out.append(text);
  if (message.is_deletion()) return out.append("(a message was taken back)");
  return out.append("(something that plain SMS cannot show)");
}

std::string Offered(ThreadRole role, std::string_view label) {
  const std::string_view named = label.empty() ? std::string_view("your alias") : label;
  std::string out = role == ThreadRole::kOwner ? std::string("Somebody asks about ").append(named)
                                               : std::string(named).append(" has accepted");
  return out.append(
      ". Messages on this number are opened at the bridge's SMS edge and are plain SMS from there: "
      "carriers can read them. Reply AGREE to allow that for 30 days, STOP to say no.");
}

std::string AgreeFirst() {
  return "edge: not sent. Reply AGREE first: carriers can read what is sent here. STOP says no.";
}

std::string NotReady() {
  return "edge: not sent. The other side is not ready yet, please try again later.";
}

std::string NobodyHere() { return "This number stands for nobody you have agreed to write with."; }

std::string JoinHere() {
  return "This is a Trestle bridge for plain SMS. Send JOIN to take part, HELP for all words.";
}

std::string NotDelivered(Rule rule) {
  switch (rule) {
    case Rule::kEndToEndUnavailable:
      return "edge: your last message was not delivered. Both sides must AGREE, and one does not, "
             "or no more.";
    case Rule::kNoConsent:
      return "edge: your last message was not delivered. The contact has ended.";
    default:
      return "edge: your last message was not delivered.";
  }
}

}  // namespace trestle::edge::words
