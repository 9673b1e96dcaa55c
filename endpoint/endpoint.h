// One person's device at the bridge: keeps its keys, makes and joins threads of two, seals messages
// into envelopes' payloads and opens them. Everything it hands out or shows is on disk first: state
// is saved before ciphertext leaves and before plaintext is shown, so that a crash never reuses a
// key nor accepts a message twice. What is refused leaves the state as it was. Not thread-safe;
// blocks on the disk.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "endpoint/identity.h"
#include "endpoint/mls/group.h"
#include "endpoint/sealing.h"
#include "endpoint/state_store.h"

namespace trestle::endpoint {

struct SealOptions {
  TtlClass ttl = TtlClass::kDay;
  DeliveryClass delivery = DeliveryClass::kNormal;
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

class Endpoint {
 public:
  static constexpr std::size_t kKeyPackagesMax = 200;  // unused ones that are kept
  static constexpr std::size_t kThreadsMax = 4096;
  static constexpr std::size_t kThreadNameBytesMax = 255;

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

  // `thread` is the caller's own name for the conversation. Makes the group of two and answers the
  // Welcome for the peer. Pins the peer's identity key at first contact; kCrypto when the thread
  // was pinned to another key before.
  Result<Bytes> StartThread(std::string_view thread, ByteView peer_key_package);
  // kNotFound when the Welcome is for none of our key packages (each is used up by joining).
  Result<void> JoinThread(std::string_view thread, ByteView welcome);
  bool HasThread(std::string_view thread) const;
  // Forgets the group, not the pin. An absent thread is fine.
  Result<void> ForgetThread(std::string_view thread);
  // Forgets the pin too: the person has accepted that the peer's identity key changes.
  Result<void> ForgetPeer(std::string_view thread);

  // kNotFound without such a thread, kTooLarge above 65,450 octets of content.
  Result<Sealed> Seal(std::string_view thread, const content::Message& message,
                      SealOptions options);
  // kConflict for a message that was opened before or is too old, kCrypto for what does not verify.
  Result<Opened> Unseal(std::string_view thread, ByteView payload);

  // 60 digits in groups of five, equal on both sides.
  Result<std::string> SafetyNumber(std::string_view thread) const;

  // Fresh keys for a thread, in three steps, because one commit per epoch wins. Rekey answers the
  // commit to send; ConfirmRekey(accepted) moves on or drops it when the bridge has answered; the
  // peer calls ApplyRekey with what arrives.
  Result<Bytes> Rekey(std::string_view thread);
  Result<void> ConfirmRekey(std::string_view thread, bool accepted);
  Result<void> ApplyRekey(std::string_view thread, ByteView payload);

  const Bytes32& handle() const { return identity_.handle(); }
  std::size_t key_packages_kept() const { return key_packages_.size(); }

 private:
  struct KeptKeyPackage {
    mls::OwnKeyPackage own;
    crypto::SecretBytes signature_private_key;
  };
  struct ThreadEntry {
    Bytes32 peer_identity_key{};  // the pin
    Bytes group_id;               // empty when the thread is forgotten
  };
  struct Thread {
    mls::Group group;
    std::unique_ptr<mls::Group> after_rekey;  // waits for ConfirmRekey
  };

  Endpoint(StateStore store, Random& random, const Clock& clock);
  static Result<std::unique_ptr<Endpoint>> OpenWith(StateStore store, Random& random,
                                                    const Clock& clock);

  Result<void> LoadDirectory();
  Result<void> SaveDirectory();
  Result<void> SaveThread(std::string_view thread, const mls::Group& group,
                          const mls::Group* after_rekey);
  Result<Thread*> FindThread(std::string_view thread);
  Result<KeptKeyPackage> MakeKeyPackage(const crypto::Suite& suite) const;
  Result<void> CheckNewThread(std::string_view thread) const;
  // Checks that a new group is one of us two and that its peer is the pinned one; then keeps it.
  Result<void> KeepThread(std::string_view thread, mls::Group group);
  mls::Services services();
  std::uint64_t BindingEnd() const;  // of a binding made now, in seconds of the Unix epoch
  Speaker SpeakerOf(const mls::Group& group, const Bytes32& handle) const;

  StateStore store_;
  Random& random_;
  const Clock& clock_;
  BindingAuthentication authentication_;
  OwnIdentity identity_;
  std::vector<KeptKeyPackage> key_packages_;
  std::map<std::string, ThreadEntry, std::less<>> directory_;
  std::map<std::string, Thread, std::less<>> threads_;  // those in memory
};

}  // namespace trestle::endpoint
