// trestle-fuzz-seeds FOLDER: seeds that public vectors cannot give, because they belong to the
// targets' own worlds: messages under their keys, their stored states, bindings. Written to
// FOLDER/<target>/; the committed ones in tests/fuzz/corpus come from here.
#include <filesystem>
#include <fstream>

#include "tests/fuzz/endpoint/endpoint_world.h"

namespace {

using namespace trestle;

std::string folder;

void Write(std::string_view target, std::string_view name, int choice, ByteView octets) {
  const std::filesystem::path place = std::filesystem::path(folder) / target;
  std::filesystem::create_directories(place);
  std::ofstream out(place / name, std::ios::binary);
  out.put(static_cast<char>(choice));
  out << AsText(octets);
}

Bytes Wire(mls::MlsMessage message) { return mls::Encode(message); }

// Member 1's view: the target hands it messages of member 0.
void GroupSeeds() {
  mls::fuzzing::FuzzWorld world;
  mls::Group sender = world.groups[0];
  const auto say = sender.Protect({}, AsBytes("x"), mls::Padding::kNone);
  Write("fuzz_mls_group", "application", 0, Wire({*say}));
  Write("fuzz_mls_group", "welcome", 0, world.welcome);
  for (const auto wire : {mls::HandshakeWire::kPrivate, mls::HandshakeWire::kPublic}) {
    const bool sealed = wire == mls::HandshakeWire::kPrivate;
    mls::Group proposer = world.groups[0];
    const mls::MlsMessage update = *proposer.ProposeUpdate(wire);
    Write("fuzz_mls_group", sealed ? "update" : "update_open", 0, Wire(update));
    mls::Group committer = world.groups[0];
    mls::CommitOptions options;
    options.wire = wire;
    options.padding = mls::Padding::kNone;
    options.proposals.push_back({mls::Remove{{2}}});
    const mls::NewCommit commit = *committer.Commit(std::move(options));
    Write("fuzz_mls_group", sealed ? "commit" : "commit_open", 0, Wire(commit.message));
    if (sealed) continue;
    // The same as bodies, for the half of the target that signs and seals what it is given.
    const auto& open = std::get<mls::PublicMessage>(commit.message.body);
    TlsWriter body;
    open.content.WriteBody(body);
    body.Fixed(open.auth.confirmation_tag);
    Write("fuzz_mls_group", "commit_body", 3, body.bytes());
    TlsWriter proposal;
    std::get<mls::PublicMessage>(update.body).content.WriteBody(proposal);
    Write("fuzz_mls_group", "update_body", 2, proposal.bytes());
  }
}

void StateSeeds() {
  mls::fuzzing::FuzzWorld world;
  mls::Group group = world.groups[1];
  Write("fuzz_mls_state", "group", 0, mls::Encode(group));
  (void)group.ProposeUpdate().has_value();
  mls::NewCommit commit = *group.Commit({});
  (void)group.AdoptCommit(std::move(commit)).has_value();
  Write("fuzz_mls_state", "group_later", 0, mls::Encode(group));
  endpoint::Directory directory;
  directory.identity = endpoint::OwnIdentity::Make(world.random);
  directory.key_packages.push_back({world.packages[0], world.signature_keys[0]});
  directory.last_resorts.push_back({world.packages[1], world.signature_keys[1]});
  directory.threads["ben"] = {Bytes32{1}, Bytes(16, 2)};
  directory.Leave(Bytes(16, 3));
  Write("fuzz_mls_state", "directory", 1, mls::Encode(directory));
}

void EndpointSeeds() {
  endpoint::fuzzing::EndpointWorld world;
  Write("fuzz_endpoint", "key_package", 0, world.key_package);
  Write("fuzz_endpoint", "welcome", 1, *world.ana->StartThread("again", world.key_package));
  const auto sealed = world.ana->Seal("ben", content::Message::Text("hello"), {});
  Write("fuzz_endpoint", "message", 2, sealed->payload);
  Bytes commit = *world.ana->Rekey("ben");
  commit.back() ^= 1;  // a good one would move Ben on without Ana
  Write("fuzz_endpoint", "commit", 3, commit);
}

void KeySeeds() {
  mls::fuzzing::FixedRandom random;
  const auto identity = endpoint::OwnIdentity::Make(random);
  const auto member = *identity.MakeMember(1, 1'800'000'000, random);
  Write("fuzz_endpoint_keys", "binding", 0, member.credential.identity);
  Write("fuzz_endpoint_keys", "credential", 1, mls::Encode(member.credential));
  const auto receiver = crypto::MakeX25519KeyPair(random);
  const auto sealed = *crypto::HpkeSeal(crypto::AeadId::kAes128Gcm, receiver.public_key, {}, {},
                                        AsBytes("secret"), random);
  TlsWriter hpke;
  hpke.Fixed(sealed.kem_output).Fixed(sealed.ciphertext);
  Write("fuzz_endpoint_keys", "hpke", 2, hpke.bytes());
  TlsWriter signature;
  const Bytes signed_text = ToBytes("text");
  signature.Fixed(member.signature_public_key);
  signature.Fixed(*crypto::Ed25519Sign(member.signature_private_key, signed_text));
  Write("fuzz_endpoint_keys", "signature", 3, signature.Fixed(signed_text).bytes());
  Write("fuzz_endpoint_keys", "agreement", 4, receiver.public_key);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  folder = argv[1];
  GroupSeeds();
  StateSeeds();
  EndpointSeeds();
  KeySeeds();
  return 0;
}
