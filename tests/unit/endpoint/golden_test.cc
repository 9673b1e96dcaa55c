// Octets that must not change. A mistake that both sides make alike is seen by no conversation of
// ours: public test vectors and other libraries see it, and so does this, where those are not at
// hand. The digests were taken when all of RFC 9420's vectors passed and ts-mls agreed; whoever
// changes one on purpose runs `./dev vectors` and `./dev interop` first.
#include <catch2/catch.hpp>

#include "bridge/base/digest.h"
#include "tests/unit/endpoint/group_world.h"

namespace trestle::mls {
namespace {

using namespace testing;

// Everything that leaves a member in a fixed history, and what each epoch comes to.
class Record {
 public:
  explicit Record(SuiteId suite) : world_(42, suite) { world_.Create(4); }

  std::string Digest() {
    Note("update", Must(world_.at(1).ProposeUpdate(HandshakeWire::kPublic)), 1);
    Note("update", Must(world_.at(2).ProposeUpdate()), 2);
    Commit(0, {});
    CommitOptions psks;
    psks.proposals.push_back(world_.at(3).ExternalPsk(AsBytes("shared")));
    psks.proposals.push_back(Must(world_.at(3).ResumptionPsk(world_.at(3).epoch() - 1)));
    psks.wire = HandshakeWire::kPublic;
    Commit(3, std::move(psks));
    CommitOptions removal;
    removal.proposals.push_back({Remove{{1}}});
    Commit(2, std::move(removal));
    MemberIdentity newcomer;
    const OwnKeyPackage own = world_.MakeKeyPackage(newcomer);
    CommitOptions addition;
    addition.proposals.push_back({mls::Add{own.key_package}});
    addition.force_path = true;
    const auto welcome = Commit(3, std::move(addition));
    Note(Encode(*welcome));
    Must(Group::Join(world_.services(), *welcome, own, newcomer.signature_private_key));
    for (int i = 0; i < 3; ++i) {
      Note(Encode(MlsMessage{world_.Say(0, "message " + std::to_string(i))}));
    }
    Note(world_.at(0).Export("golden", AsBytes("context"), 32));
    const Bytes32 digest = Sha256(record_.bytes());
    return ToHex(digest);
  }

 private:
  void Note(ByteView octets) { record_.Vector(octets); }
  void Note(std::string_view what, const MlsMessage& message, std::size_t from) {
    record_.Vector(AsBytes(what)).Vector(Encode(message));
    world_.Deliver(message, from);
  }
  std::optional<Welcome> Commit(std::size_t who, CommitOptions options) {
    NewCommit commit = Must(world_.at(who).Commit(std::move(options)));
    const std::optional<Welcome> welcome = commit.welcome;
    Note("commit", commit.message, who);
    Must(world_.at(who).AdoptCommit(std::move(commit)));
    for (auto& group : world_.groups) {
      if (group && !group->is_active()) group.reset();
    }
    Note(world_.at(who).epoch_authenticator());
    Note(Encode(world_.at(who).context()));
    world_.ExpectAgreement();
    return welcome;
  }

  GroupWorld world_;
  TlsWriter record_;
};

TEST_CASE("A fixed history yields the octets that it always has") {
  CHECK(Record(1).Digest() == "6fe24c4b22072aabd2b5bb5c77b7cb9f3579096a3b00994f5192d8d0f0535492");
  CHECK(Record(3).Digest() == "22a83eda1ceec053cf69a014adb3c0be55b4cb9ca708c74131db8e1e53568773");
}

// RFC 9420, Section 6.1: what a member signs, laid out here once more by hand.
TEST_CASE("A member's signature covers version, format, content and group context") {
  GroupWorld world;
  world.Create(2);
  const MlsMessage sent = Must(world.at(0).ProposeUpdate(HandshakeWire::kPublic));
  const auto& message = std::get<PublicMessage>(sent.body);
  TlsWriter signed_part;
  signed_part.U16(1).U16(1).Vector(message.content.group_id).U64(message.content.epoch);
  signed_part.U8(1).U32(0).Vector({}).U8(2);
  std::get<Proposal>(message.content.body).Write(signed_part);
  signed_part.Fixed(Encode(world.at(0).context()));
  const Bytes& key = world.at(0).tree().leaf({0})->signature_key;
  CHECK(VerifyWithLabel(key, "FramedContentTBS", signed_part.bytes(), message.auth.signature));
}

// RFC 9420, Section 6.3.1: the reuse guard, laid out here once more by hand.
TEST_CASE("The nonce of a message is the ratchet's with the reuse guard in its first octets") {
  const Suite& suite = *crypto::FindSuite(1);
  const SecretTree tree(suite, SecretBytes(32), 2);
  const SecretTree::Lookup key = Must(tree.Find({0}, RatchetKind::kApplication, 0));
  TlsWriter content;
  content.Vector(AsBytes("hello")).Vector(Bytes(64));
  PrivateMessage message;
  TlsWriter aad;
  aad.Vector({}).U64(0).U8(1).Vector({});
  SecretBytes nonce = key.key.nonce;
  for (std::uint8_t i = 0; i < 4; ++i) nonce.span()[i] ^= static_cast<std::uint8_t>(0xA1 + i);
  message.ciphertext =
      Must(crypto::AeadSeal(suite.aead, key.key.key, nonce, aad.bytes(), content.bytes()));
  TlsWriter data;
  data.U32(0).U32(0).U32(0xA1A2A3A4);
  TlsWriter data_aad;
  data_aad.Vector({}).U64(0).U8(1);
  const SecretBytes secret(32);
  const MessageKey data_key = SenderDataKey(suite, secret, message.ciphertext);
  message.encrypted_sender_data = Must(
      crypto::AeadSeal(suite.aead, data_key.key, data_key.nonce, data_aad.bytes(), data.bytes()));
  const Unprotected opened = Must(UnprotectPrivate(suite, message, secret, tree));
  CHECK(AsText(std::get<ApplicationData>(opened.content.content.body).data) == "hello");
}

// RFC 9420, Section 7.5: they get the path's secret by Welcome.
TEST_CASE("A path is not sealed to those whom its commit adds") {
  GroupWorld world;
  world.Create(2);
  MemberIdentity newcomer;
  CommitOptions options;
  options.proposals.push_back({mls::Add{world.MakeKeyPackage(newcomer).key_package}});
  options.force_path = true;
  options.wire = HandshakeWire::kPublic;
  const NewCommit made = Must(world.at(0).Commit(std::move(options)));
  const auto& message = std::get<PublicMessage>(made.message.body);
  const UpdatePath& path = *std::get<mls::Commit>(message.content.body).path;
  REQUIRE(path.nodes.size() == 2);
  CHECK(path.nodes[0].encrypted_path_secret.size() == 1);
  CHECK(path.nodes[1].encrypted_path_secret.empty());
}

TEST_CASE("The order of pre-shared keys matters") {
  PreSharedKeyId a;
  a.psk_id = {1};
  PreSharedKeyId b;
  b.psk_id = {2};
  const SecretBytes one(Bytes{1});
  const SecretBytes two(Bytes{2});
  CHECK_FALSE(PskSecret({{a, one}, {b, two}}) == PskSecret({{b, two}, {a, one}}));
}

}  // namespace
}  // namespace trestle::mls
