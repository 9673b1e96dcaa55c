// A simulated person's phone: a line to its network and a real endpoint (MLS) behind it. The person
// acts (joins, makes an alias, reaches, accepts, says); the phone does by itself what an app would
// do: publishes keys, opens offered threads, starts or joins the sealed conversation, opens what
// comes. Threads are named by the ghost's native identity. Used by one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "endpoint/endpoint.h"
#include "sim/line.h"

namespace trestle::sim {

enum class PhoneEventKind : std::uint8_t {
  kServiceText,   // the bridge says something on the service thread
  kAsked,         // somebody asks to reach this person: accept or refuse
  kThreadOpened,  // the owner accepted; a thread with their ghost is open
  kReady,         // both ends share keys; messages can be sealed
  kMessage,       // a text, opened and verified
  kReceipt,       // how far a sent message came
  kThreadText,    // the bridge says something in plain text on a contact's thread
  kTrouble,       // something did not open or parse; `text` says what
};

struct PhoneEvent {
  PhoneEventKind kind = PhoneEventKind::kTrouble;
  std::string thread = {};  // the ghost; empty on the service thread
  std::string text = {};    // the message, the bridge's words, the label, or what was wrong
  EnvelopeId envelope_id = {};
  ReceiptLevel level = ReceiptLevel::kAccepted;
  Rule rule = Rule::kNone;
  std::size_t native_messages = 1;
  std::uint64_t seq = 0;  // the bridge's number within the contact
};

class Phone {
 public:
  static constexpr std::size_t kKeyPackagesAtOnce = 4;

  struct Options {
    std::string name;     // for the story only
    std::string service;  // the bridge's service identity on this network
    std::string folder;   // the endpoint's state
    Line::Options line;
  };
  static Result<std::unique_ptr<Phone>> Create(Options options, Line::Seams seams);

  // What the person does.
  Result<void> Text(
      const std::string& words);  // to the bridge itself: JOIN, ALIAS, REACH, STOP, HELP
  Result<void> PublishKeys();
  Result<void> Accept(const std::string& thread);
  Result<void> Refuse(const std::string& thread);
  Result<EnvelopeId> Say(const std::string& thread, const std::string& text);
  // Anything that can be said: a reaction, a file.
  Result<EnvelopeId> Send(const std::string& thread, const content::Message& message);

  // Takes what came, waiting up to `wait` when there is nothing, and does what an app does.
  Result<std::vector<PhoneEvent>> Pump(Millis wait);

  Result<std::string> SafetyNumber(const std::string& thread) const;
  const std::string& name() const { return options_.name; }
  Line& line() { return line_; }

 private:
  struct Thread {
    std::string name;  // the endpoint's name of the conversation: the first ghost of this peer
    Bytes16 bind_code{};
    ThreadRole role = ThreadRole::kOwner;
    bool accepted = false;      // this person granted (owner)
    bool opened_again = false;  // the opening was repeated once
  };

  Phone(Options options, Line::Seams seams, std::unique_ptr<endpoint::Endpoint> device)
      : options_(std::move(options)), line_(options_.line, seams), device_(std::move(device)) {}

  const std::string& NameOf(const std::string& thread) const;
  Result<void> Answer(const std::string& thread, ConsentAction action);
  void OnText(const std::string& from, const std::string& text, std::vector<PhoneEvent>& events);
  void OnFrame(const std::string& from, const Frame& frame, std::size_t native_messages,
               std::vector<PhoneEvent>& events);
  Result<void> OnOffer(const ThreadOfferFrame& offer, std::vector<PhoneEvent>& events);
  Result<void> OnPeerKeys(const std::string& thread, const PeerKeysFrame& keys,
                          std::vector<PhoneEvent>& events);
  Result<void> OnEnvelope(const std::string& thread, const EnvelopeFrame& envelope,
                          std::size_t native_messages, std::vector<PhoneEvent>& events);

  const Options options_;
  Line line_;
  std::unique_ptr<endpoint::Endpoint> device_;
  std::map<std::string, Thread> threads_;
};

}  // namespace trestle::sim
