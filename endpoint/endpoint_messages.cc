#include "bridge/envelope/mls_framing.h"
#include "endpoint/endpoint.h"

namespace trestle::endpoint {

Result<bool> Endpoint::PeerStandsAtEdge(std::string_view thread) {
  const mls::Group& group = TRESTLE_TRY(FindThread(thread))->group;
  for (const mls::LeafIndex each : group.tree().members()) {
    const mls::LeafNode* leaf = group.tree().leaf(each);
    const bool is_edge = mls::FindExtension(leaf->extensions, mls::kEdgeExtension) != nullptr;
    if (each != group.own_leaf() && is_edge) return true;
  }
  return false;
}

Result<Sealed> Endpoint::Seal(std::string_view thread, const content::Message& message,
                              SealOptions options) {
  Thread& state = *TRESTLE_TRY(FindThread(thread));
  if (options.edge == EdgeUse::kRefused && TRESTLE_TRY(PeerStandsAtEdge(thread))) {
    return Fail(Reason::kPermissionDenied,
                "the peer's endpoint stands at the SMS edge, and it was not agreed to use that");
  }
  PreparedContent prepared =
      TRESTLE_TRY(PrepareContent(message, SpeakerOf(state.group, directory_.identity.handle()),
                                 options.ttl, options.delivery, random_));
  mls::Group next = state.group;
  mls::PrivateMessage sealed =
      TRESTLE_TRY(next.Protect(EncodeAad(prepared.header), prepared.data, mls::Padding::kBuckets));
  Wipe(prepared.data);
  // The key is spent on disk before its ciphertext leaves.
  TRESTLE_TRY(SaveThread(thread, next, state.after_rekey.get()));
  state.group = std::move(next);
  return Sealed{prepared.header.envelope_id, mls::Encode(mls::MlsMessage{std::move(sealed)}),
                prepared.message_id};
}

Result<Opened> Endpoint::Unseal(std::string_view thread, ByteView payload, const Keep& keep) {
  Thread& state = *TRESTLE_TRY(FindThread(thread));
  const ApplicationMessage clear = TRESTLE_TRY(ParseApplicationMessage(payload));
  const mls::MlsMessage message = TRESTLE_TRY(mls::DecodeMessage(payload));
  mls::Group next = state.group;
  const mls::Received received = TRESTLE_TRY(next.Handle(message));
  const auto& application = std::get<mls::ReceivedApplication>(received);
  const IdentityBinding sender = TRESTLE_TRY(BindingOf(application.sender_credential));
  CheckedContent checked =
      TRESTLE_TRY(CheckContent(application.data, clear.header, SpeakerOf(next, sender.handle)));
  Opened opened{clear.header.envelope_id, std::move(checked.message), checked.message_id};
  if (keep) TRESTLE_TRY(keep(opened));
  TRESTLE_TRY(PeerHasAnswered(thread));
  // The key is spent on disk before its plaintext is shown.
  TRESTLE_TRY(SaveThread(thread, next, state.after_rekey.get()));
  state.group = std::move(next);
  return opened;
}

Result<Bytes> Endpoint::Rekey(std::string_view thread) {
  Thread& state = *TRESTLE_TRY(FindThread(thread));
  if (state.after_rekey) return Fail(Reason::kConflict, "a rekey waits for its confirmation");
  mls::Group current = state.group;
  // The binding is renewed along with the keys, so that a thread outlives it.
  mls::CommitOptions options;
  options.credential = TRESTLE_TRY(directory_.identity.Bind(
      current.tree().leaf(current.own_leaf())->signature_key, current.suite().id, BindingEnd()));
  mls::NewCommit commit = TRESTLE_TRY(current.Commit(std::move(options)));
  TRESTLE_TRY(SaveThread(thread, current, commit.next.get()));
  state.group = std::move(current);
  state.after_rekey = std::move(commit.next);
  return mls::Encode(commit.message);
}

Result<void> Endpoint::ConfirmRekey(std::string_view thread, bool accepted) {
  Thread& state = *TRESTLE_TRY(FindThread(thread));
  if (!state.after_rekey) return Fail(Reason::kConflict, "no rekey waits for a confirmation");
  mls::Group next = state.group;
  if (accepted) {
    auto after = std::make_unique<mls::Group>(*state.after_rekey);
    TRESTLE_TRY(next.AdoptCommit({{}, std::nullopt, std::move(after)}));
  }
  TRESTLE_TRY(SaveThread(thread, next, nullptr));
  state.group = std::move(next);
  state.after_rekey.reset();
  return {};
}

Result<void> Endpoint::ApplyRekey(std::string_view thread, ByteView payload) {
  Thread& state = *TRESTLE_TRY(FindThread(thread));
  const mls::MlsMessage message = TRESTLE_TRY(mls::DecodeMessage(payload));
  const auto* sealed = std::get_if<mls::PrivateMessage>(&message.body);
  if (sealed == nullptr || sealed->content_type != ContentType::kCommit) {
    return Fail(Reason::kInvalidArgument, "not a sealed commit");
  }
  mls::Group next = state.group;
  TRESTLE_TRY(next.Handle(message));
  // A thread stays two people, whatever a commit may do to a group.
  if (!next.is_active() || next.tree().members().size() != 2) {
    return Fail(Reason::kInvalidArgument, "a commit that changes who is in the thread");
  }
  TRESTLE_TRY(PeerHasAnswered(thread));
  TRESTLE_TRY(SaveThread(thread, next, nullptr));
  // The peer's commit has won this epoch, so one of ours that waited has lost.
  state.group = std::move(next);
  state.after_rekey.reset();
  return {};
}

}  // namespace trestle::endpoint
