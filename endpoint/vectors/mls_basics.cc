#include <bit>

#include "endpoint/mls/framing.h"
#include "endpoint/mls/protection.h"
#include "endpoint/mls/secret_tree.h"
#include "endpoint/vectors/vector_case.h"

namespace trestle::vectors {
namespace {

using namespace mls;

std::optional<NodeIndex> NodeAt(const Json& list, std::size_t i) {
  if (list.at(i).is_null()) return std::nullopt;
  return NodeIndex{list.at(i).get<std::uint32_t>()};
}

template <class Item>
void ExpectRoundTrip(const Json& one, const char* field) {
  const Bytes bytes = Hex(one.at(field));
  const Item item = Need(Decode<Item>(bytes), field);
  Expect(Encode(item) == bytes, std::string(field) + " does not encode to what it was");
}

template <class Body>
void ExpectMessage(const Json& one, const char* field) {
  ExpectRoundTrip<MlsMessage>(one, field);
  Need(DecodeMessageAs<Body>(Hex(one.at(field))), field);
}

// A length that HKDF can yield; a vector asks for no more.
std::size_t LengthOf(const Json& one) {
  const auto out = one.at("length").get<std::size_t>();
  Expect(out <= crypto::kExpandBytesMax, "length");
  return out;
}

void ExpectProposalBody(const Json& one, const char* field, ProposalType type) {
  const Bytes bytes = Hex(one.at(field));
  TlsReader in(bytes);
  const Proposal proposal = Need(Proposal::ReadBody(type, in), field);
  Need(in.ExpectEnd(), field);
  TlsWriter out;
  proposal.WriteBody(out);
  Expect(out.bytes() == bytes, std::string(field) + " does not encode to what it was");
}

}  // namespace

void CheckTreeMath(const Json& one) {
  const auto leaves = one.at("n_leaves").get<std::uint32_t>();
  const auto nodes = one.at("n_nodes").get<std::uint32_t>();
  Expect(std::has_single_bit(leaves) && NodeCount(leaves) == nodes, "n_nodes");
  Expect(RootOf(leaves).value == one.at("root").get<std::uint32_t>(), "root");
  for (std::uint32_t i = 0; i < nodes; ++i) {
    Expect(LeftOf({i}) == NodeAt(one.at("left"), i), "left");
    Expect(RightOf({i}) == NodeAt(one.at("right"), i), "right");
    Expect(ParentOf({i}, leaves) == NodeAt(one.at("parent"), i), "parent");
    Expect(SiblingOf({i}, leaves) == NodeAt(one.at("sibling"), i), "sibling");
  }
}

void CheckDeserialization(const Json& one) {
  const Bytes header = Hex(one.at("vlbytes_header"));
  TlsReader in(header);
  Expect(Need(in.Length(), "length") == one.at("length").get<std::uint32_t>(), "length");
  TlsWriter out;
  out.Length(one.at("length").get<std::size_t>());
  Expect(out.bytes() == header, "the length does not encode to what it was");
}

void CheckMessages(const Json& one) {
  ExpectMessage<Welcome>(one, "mls_welcome");
  ExpectMessage<GroupInfo>(one, "mls_group_info");
  ExpectMessage<KeyPackage>(one, "mls_key_package");
  ExpectRoundTrip<RatchetTree>(one, "ratchet_tree");
  ExpectRoundTrip<GroupSecrets>(one, "group_secrets");
  ExpectProposalBody(one, "add_proposal", ProposalType::kAdd);
  ExpectProposalBody(one, "update_proposal", ProposalType::kUpdate);
  ExpectProposalBody(one, "remove_proposal", ProposalType::kRemove);
  ExpectProposalBody(one, "pre_shared_key_proposal", ProposalType::kPreSharedKey);
  ExpectProposalBody(one, "re_init_proposal", ProposalType::kReInit);
  ExpectProposalBody(one, "external_init_proposal", ProposalType::kExternalInit);
  ExpectProposalBody(one, "group_context_extensions_proposal",
                     ProposalType::kGroupContextExtensions);
  ExpectRoundTrip<Commit>(one, "commit");
  ExpectMessage<PublicMessage>(one, "public_message_application");
  ExpectMessage<PublicMessage>(one, "public_message_proposal");
  ExpectMessage<PublicMessage>(one, "public_message_commit");
  ExpectMessage<PrivateMessage>(one, "private_message");
}

void CheckCryptoBasics(const Json& one) {
  const Suite& suite = SuiteOf(one);
  const Json& ref = one.at("ref_hash");
  Expect(RefHash(ref.at("label").get<std::string>(), Hex(ref.at("value"))) == Hex(ref.at("out")),
         "ref_hash");
  const Json& expand = one.at("expand_with_label");
  Expect(Same(ExpandWithLabel(Hex(expand.at("secret")), expand.at("label").get<std::string>(),
                              Hex(expand.at("context")), LengthOf(expand)),
              Hex(expand.at("out"))),
         "expand_with_label");
  const Json& derive = one.at("derive_secret");
  Expect(Same(DeriveSecret(Hex(derive.at("secret")), derive.at("label").get<std::string>()),
              Hex(derive.at("out"))),
         "derive_secret");
  const Json& tree = one.at("derive_tree_secret");
  Expect(Same(DeriveTreeSecret(Hex(tree.at("secret")), tree.at("label").get<std::string>(),
                               tree.at("generation").get<std::uint32_t>(), LengthOf(tree)),
              Hex(tree.at("out"))),
         "derive_tree_secret");
  const Json& sign = one.at("sign_with_label");
  const Bytes key = Hex(sign.at("pub"));
  const Bytes content = Hex(sign.at("content"));
  const auto sign_label = sign.at("label").get<std::string>();
  Need(VerifyWithLabel(key, sign_label, content, Hex(sign.at("signature"))), "verify_with_label");
  const Bytes fresh = Need(SignWithLabel(Hex(sign.at("priv")), sign_label, content), "sign");
  Need(VerifyWithLabel(key, sign_label, content, fresh), "sign_with_label");
  const Json& seal = one.at("encrypt_with_label");
  const Bytes context = Hex(seal.at("context"));
  const Bytes plain = Hex(seal.at("plaintext"));
  const Bytes private_key = Hex(seal.at("priv"));
  const auto label = seal.at("label").get<std::string>();
  const crypto::HpkeCiphertext given{Hex(seal.at("kem_output")), Hex(seal.at("ciphertext"))};
  Expect(Same(Need(DecryptWithLabel(suite, private_key, label, context, given), "decrypt"), plain),
         "decrypt_with_label");
  CheckRandom random;
  const auto sealed =
      Need(EncryptWithLabel(suite, Hex(seal.at("pub")), label, context, plain, random), "encrypt");
  Expect(Same(Need(DecryptWithLabel(suite, private_key, label, context, sealed), "decrypt"), plain),
         "encrypt_with_label");
}

void CheckKeySchedule(const Json& one) {
  const Suite& suite = SuiteOf(one);
  SecretBytes init_secret = Secret(one.at("initial_init_secret"));
  GroupContext context;
  context.cipher_suite = suite.id;
  context.group_id = Hex(one.at("group_id"));
  for (const Json& epoch : one.at("epochs")) {
    context.tree_hash = Hex(epoch.at("tree_hash"));
    context.confirmed_transcript_hash = Hex(epoch.at("confirmed_transcript_hash"));
    const Bytes encoded = Encode(context);
    Expect(encoded == Hex(epoch.at("group_context")), "group_context");
    const EpochSecrets secrets =
        EnterEpoch(JoinerSecret(init_secret, Hex(epoch.at("commit_secret")), encoded),
                   Hex(epoch.at("psk_secret")), encoded);
    const std::pair<const char*, const SecretBytes*> outputs[] = {
        {"joiner_secret", &secrets.joiner_secret},
        {"welcome_secret", &secrets.welcome_secret},
        {"init_secret", &secrets.init_secret},
        {"sender_data_secret", &secrets.sender_data_secret},
        {"encryption_secret", &secrets.encryption_secret},
        {"exporter_secret", &secrets.exporter_secret},
        {"epoch_authenticator", &secrets.epoch_authenticator},
        {"external_secret", &secrets.external_secret},
        {"confirmation_key", &secrets.confirmation_key},
        {"membership_key", &secrets.membership_key},
        {"resumption_psk", &secrets.resumption_psk},
    };
    for (const auto& [name, secret] : outputs) Expect(Same(*secret, Hex(epoch.at(name))), name);
    Expect(Need(crypto::HpkeDeriveKeyPair(secrets.external_secret), "external").public_key ==
               Hex(epoch.at("external_pub")),
           "external_pub");
    const Json& exporter = epoch.at("exporter");
    Expect(Same(ExportSecret(secrets.exporter_secret, exporter.at("label").get<std::string>(),
                             Hex(exporter.at("context")), LengthOf(exporter)),
                Hex(exporter.at("secret"))),
           "exporter");
    init_secret = secrets.init_secret;
    ++context.epoch;
  }
}

void CheckPskSecret(const Json& one) {
  SuiteOf(one);
  std::vector<PskInput> psks;
  for (const Json& psk : one.at("psks")) {
    PreSharedKeyId id;
    id.psk_id = Hex(psk.at("psk_id"));
    id.nonce = Hex(psk.at("psk_nonce"));
    psks.push_back({std::move(id), Secret(psk.at("psk"))});
  }
  Expect(Same(PskSecret(psks), Hex(one.at("psk_secret"))), "psk_secret");
}

void CheckSecretTree(const Json& one) {
  const Suite& suite = SuiteOf(one);
  const Json& sender_data = one.at("sender_data");
  const MessageKey key = SenderDataKey(suite, Hex(sender_data.at("sender_data_secret")),
                                       Hex(sender_data.at("ciphertext")));
  Expect(Same(key.key, Hex(sender_data.at("key"))), "sender data key");
  Expect(Same(key.nonce, Hex(sender_data.at("nonce"))), "sender data nonce");
  const Json& leaves = one.at("leaves");
  Expect(std::has_single_bit(leaves.size()) && leaves.size() <= kLeavesMax, "leaves");
  SecretTree tree(suite, Secret(one.at("encryption_secret")),
                  static_cast<std::uint32_t>(leaves.size()));
  for (std::uint32_t leaf = 0; leaf < leaves.size(); ++leaf) {
    for (const Json& step : leaves.at(leaf)) {
      const auto generation = step.at("generation").get<std::uint32_t>();
      for (const auto& [kind, name] : {std::pair{RatchetKind::kHandshake, std::string("handshake")},
                                       {RatchetKind::kApplication, std::string("application")}}) {
        const auto found = Need(tree.Find({leaf}, kind, generation), name);
        Expect(Same(found.key.key, Hex(step.at(name + "_key"))), name + "_key");
        Expect(Same(found.key.nonce, Hex(step.at(name + "_nonce"))), name + "_nonce");
        tree.Consume(found);
        Expect(!tree.Find({leaf}, kind, generation), "a key was given out twice");
      }
    }
  }
}

void CheckTranscriptHashes(const Json& one) {
  SuiteOf(one);
  const auto content =
      Need(Decode<AuthenticatedContent>(Hex(one.at("authenticated_content"))), "content");
  Expect(content.content.content_type() == ContentType::kCommit, "not a commit");
  const Bytes confirmed = ConfirmedTranscriptHash(Hex(one.at("interim_transcript_hash_before")),
                                                  content.ConfirmedTranscriptInput());
  Expect(confirmed == Hex(one.at("confirmed_transcript_hash_after")), "confirmed hash");
  Expect(Mac(Hex(one.at("confirmation_key")), confirmed) == content.auth.confirmation_tag,
         "confirmation tag");
  Expect(InterimTranscriptHash(confirmed, content.auth.confirmation_tag) ==
             Hex(one.at("interim_transcript_hash_after")),
         "interim hash");
}

}  // namespace trestle::vectors
