// One person's device at the bridge: keeps its keys, makes and joins threads of two, seals messages
// into envelopes' payloads and opens them. Everything it hands out or shows is on disk first: state
// is saved before ciphertext leaves and before plaintext is shown, so that a crash never reuses a
// key nor accepts a message twice. What is refused leaves the state as it was. Not thread-safe;
// blocks on the disk.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "endpoint/directory.h"
#include "endpoint/mls/group.h"
#include "endpoint/sealing.h"
#include "endpoint/state_store.h"

namespace trestle::endpoint {

// Whether a message may be sealed to a peer that stands at the SMS edge: only when the person has
// agreed that it is opened there and goes on as text that carriers can read.
enum class EdgeUse : std::uint8_t { kRefused, kAgreed };

struct SealOptions {
  TtlClass ttl = TtlClass::kDay;
  DeliveryClass delivery = DeliveryClass::kNormal;
  EdgeUse edge = EdgeUse::kRefused;
};

struct Sealed {
  EnvelopeId id;
  Bytes payload;                    // one MLSMessage, what the bridge carries
  content::MessageId message_id{};  // by which replies, edits and reactions refer to it
};

struct Opened {
  EnvelopeId id;
  content::Message message;  // authenticated and decrypted
  content::MessageId message_id{};
};

// What a payload turned out to be.
enum class ArrivalKind : std::uint8_t {
  kMessage,   // opened
  kJoined,    // a Welcome: the thread is ready
  kRekeyed,   // the peer has renewed the keys
  kKept,      // came before its thread's Welcome, and is opened then
  kRepeated,  // a Welcome for a thread that is there already
};

struct Arrival {
  ArrivalKind kind = ArrivalKind::kMessage;
  std::vector<Opened> messages;  // one, or all that had come before the Welcome
  std::size_t unopened = 0;      // of those: did not open
};

// Called with a message that was opened, before its key is spent on disk. When it fails the message
// stays unopened; when the process dies in between, the same message opens again.
using Keep = std::function<Result<void>(const Opened&)>;

class Endpoint {
 public:
  static constexpr std::size_t kKeyPackagesMax = 200;  // unused ones that are kept
  static constexpr std::size_t kThreadsMax = 4096;
  static constexpr std::size_t kThreadNameBytesMax = 255;
  static constexpr std::size_t kEarlyMax = 16;  // messages of a thread before its Welcome

  // Opens or creates the state in `folder` (made with mode 0700, files 0600), sealed under the key
  // file beside it. kBusy when another process has it open. `random` and `clock` outlive the
  // endpoint.
  static Result<std::unique_ptr<Endpoint>> Open(const std::string& folder, Random& random,
                                                const Clock& clock);
  // The same with a key of 32 octets from the caller's keychain; no key file is written.
  static Result<std::unique_ptr<Endpoint>> Open(const std::string& folder, crypto::SecretBytes key,
                                                Random& random, const Clock& clock);

  // MLSMessages (KeyPackage) to publish; each serves one peer, once. kBusy above kKeyPackagesMax.
  Result<std::vector<Bytes>> MakeKeyPackages(std::size_t count);
  // One more to publish beside them, marked as last resort: the bridge hands it out when the others
  // are gone, to any number of peers, and joining does not use it up. The same until a third of its
  // lifetime is left; then a new one, and the old one still joins until it expires. A thread that
  // was joined by it has the forward secrecy of its lifetime until the first Rekey.
  Result<Bytes> LastResortKeyPackage();

  // The two doors for whoever stands between a bridge and a person, in terms of what a bridge hands
  // over. Both may be called again with the same after a crash or a doubt.
  //
  // For the peer's key package: answers the Welcome to send, the same one until the peer has
  // answered; none when the peer has.
  Result<std::optional<Bytes>> Invite(std::string_view thread, ByteView peer_key_package);
  // For any payload on a thread: a Welcome, a message or a commit, in whatever order the network
  // brings them. kConflict for a message that came again, kBusy above kEarlyMax.
  Result<Arrival> Receive(std::string_view thread, ByteView payload, const Keep& keep = {});

  // What those two are made of.
  //
  // `thread` is the caller's own name for the conversation. Makes the group of two and answers the
  // Welcome for the peer. Pins the peer's identity key at first contact; kCrypto when the thread
  // was pinned to another key before.
  Result<Bytes> StartThread(std::string_view thread, ByteView peer_key_package);
  // kNotFound when the Welcome is for none of our key packages (each but a last resort is used up
  // by joining); kAlreadyExists for a group that we are in, or have left.
  Result<void> JoinThread(std::string_view thread, ByteView welcome);
  bool HasThread(std::string_view thread) const;
  // Forgets the group, not the pin. An absent thread is fine.
  Result<void> ForgetThread(std::string_view thread);
  // Forgets the pin too: the person has accepted that the peer's identity key changes.
  Result<void> ForgetPeer(std::string_view thread);

  // This endpoint is no device of its person but stands at the SMS edge: the leaves that it makes
  // from now on say so, so that no peer takes it for one. To be called after each Open.
  void StandAtEdge() { standing_ = mls::Standing::kEdge; }
  Result<bool> PeerStandsAtEdge(std::string_view thread);

  // kNotFound without such a thread, kTooLarge above 65,450 octets of content, kPermissionDenied
  // for a peer at the edge unless the options say that the person has agreed.
  Result<Sealed> Seal(std::string_view thread, const content::Message& message,
                      SealOptions options);
  // kConflict for a message that was opened before or is too old, kCrypto for what does not verify.
  Result<Opened> Unseal(std::string_view thread, ByteView payload, const Keep& keep = {});

  // 60 digits in groups of five, equal on both sides.
  Result<std::string> SafetyNumber(std::string_view thread) const;

  // Fresh keys for a thread, in three steps, because one commit per epoch wins. Rekey answers the
  // commit to send; ConfirmRekey(accepted) moves on or drops it when the bridge has answered; the
  // peer calls ApplyRekey with what arrives.
  Result<Bytes> Rekey(std::string_view thread);
  Result<void> ConfirmRekey(std::string_view thread, bool accepted);
  Result<void> ApplyRekey(std::string_view thread, ByteView payload);

  const Bytes32& handle() const { return directory_.identity.handle(); }
  std::size_t key_packages_kept() const { return directory_.key_packages.size(); }

 private:
  struct Thread {
    mls::Group group;
    std::unique_ptr<mls::Group> after_rekey;  // waits for ConfirmRekey
  };

  Endpoint(StateStore store, Random& random, const Clock& clock);
  static Result<std::unique_ptr<Endpoint>> OpenWith(StateStore store, Random& random,
                                                    const Clock& clock);

  Result<void> LoadDirectory();
  Result<void> Adopt(Directory next);  // once it is on disk
  Result<void> SaveThread(std::string_view thread, const mls::Group& group,
                          const mls::Group* after_rekey);
  Result<Thread*> FindThread(std::string_view thread);
  Result<KeptKeyPackage> MakeKeyPackage(const crypto::Suite& suite, mls::PackageUse use) const;
  const KeptKeyPackage* KeyPackageFor(const mls::Welcome& welcome) const;
  Result<void> CheckNewThread(std::string_view thread) const;
  // Checks that a new group is one of us two and that its peer is the pinned one; then keeps it,
  // together with the directory that follows from it.
  Result<void> KeepThread(std::string_view thread, mls::Group group, Bytes welcome, Directory next);
  Result<void> PeerHasAnswered(std::string_view thread);
  // endpoint_arrivals.cc
  Result<std::vector<Bytes>> LoadEarly(std::string_view thread) const;
  Result<Arrival> KeepEarly(std::string_view thread, ByteView payload);
  Result<Arrival> OpenEarly(std::string_view thread, ArrivalKind kind, const Keep& keep);
  mls::Services services();
  std::uint64_t BindingEnd() const;  // of a binding made now, in seconds of the Unix epoch
  Speaker SpeakerOf(const mls::Group& group, const Bytes32& handle) const;

  StateStore store_;
  Random& random_;
  const Clock& clock_;
  BindingAuthentication authentication_;
  Directory directory_;
  mls::Standing standing_ = mls::Standing::kDevice;
  std::map<std::string, Thread, std::less<>> threads_;  // those in memory
};

}  // namespace trestle::endpoint
