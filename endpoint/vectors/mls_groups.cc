#include "endpoint/mls/group.h"
#include "endpoint/vectors/vector_case.h"

namespace trestle::vectors {
namespace {

using namespace mls;

// The vectors' members have made-up identities.
class BelieveAnyone final : public Authentication {
 public:
  Result<void> CheckLeaf(const LeafNode&, SuiteId) const override { return {}; }
  Result<void> CheckSuccessor(const LeafNode&, const LeafNode&) const override { return {}; }
};

class ListedPsks final : public PskSource {
 public:
  explicit ListedPsks(const Json& list) {
    for (const Json& one : list)
      psks_[std::string(AsText(Hex(one.at("psk_id"))))] = Secret(one.at("psk"));
  }
  Result<SecretBytes> Find(ByteView psk_id) const override {
    const auto found = psks_.find(AsText(psk_id));
    if (found == psks_.end()) return Fail(Reason::kNotFound, "no such pre-shared key");
    return found->second;
  }

 private:
  std::map<std::string, SecretBytes, std::less<>> psks_;
};

// A key package stands alone or inside an MLSMessage.
KeyPackage KeyPackageOf(const Json& value) {
  const Bytes bytes = Hex(value);
  if (auto message = DecodeMessageAs<KeyPackage>(bytes)) return *std::move(message);
  return Need(Decode<KeyPackage>(bytes), "key package");
}

// One group of message-protection: two members, of which leaf 1 sends.
struct Protection {
  const Json& one;
  const Suite& suite;
  Bytes context;
  CheckRandom random;

  explicit Protection(const Json& json) : one(json), suite(SuiteOf(json)) {
    GroupContext group;
    group.cipher_suite = suite.id;
    group.group_id = Hex(one.at("group_id"));
    group.epoch = one.at("epoch").get<std::uint64_t>();
    group.tree_hash = Hex(one.at("tree_hash"));
    group.confirmed_transcript_hash = Hex(one.at("confirmed_transcript_hash"));
    context = Encode(group);
  }

  SecretTree tree() const { return SecretTree(suite, Secret(one.at("encryption_secret")), 2); }

  static Bytes BodyOf(const FramedContent& content) {
    if (const auto* application = std::get_if<ApplicationData>(&content.body)) {
      return ToBytes(application->data.view());
    }
    TlsWriter out;
    content.WriteBody(out);
    return out.Take();
  }

  void ExpectBody(const AuthenticatedContent& content, const std::string& kind) const {
    Need(VerifyContent(content, context, Hex(one.at("signature_pub"))), kind + " signature");
    Expect(BodyOf(content.content) == Hex(one.at(kind)), kind + " body");
  }

  AuthenticatedContent Frame(const std::string& kind, mls::WireFormat format) const {
    AuthenticatedContent out;
    out.wire_format = format;
    out.content.group_id = Hex(one.at("group_id"));
    out.content.epoch = one.at("epoch").get<std::uint64_t>();
    out.content.sender = {SenderType::kMember, 1};
    if (kind == "application") {
      out.content.body = ApplicationData{Secret(one.at(kind))};
    } else if (kind == "proposal") {
      out.content.body = Need(Decode<Proposal>(Hex(one.at(kind))), kind);
    } else {
      out.content.body = Need(Decode<Commit>(Hex(one.at(kind))), kind);
      out.auth.confirmation_tag = Bytes(crypto::kHashBytes, 1);
    }
    const auto key = Need(crypto::SigningKey::Of(Hex(one.at("signature_priv"))), "signature_priv");
    out.auth.signature = Need(SignContent(out, context, key), "sign");
    return out;
  }

  AuthenticatedContent Open(const PublicMessage& message) const {
    return Need(UnprotectPublic(message, context, Hex(one.at("membership_key"))), "public");
  }

  AuthenticatedContent Open(const PrivateMessage& message) const {
    return Need(UnprotectPrivate(suite, message, Hex(one.at("sender_data_secret")), tree()),
                "private")
        .content;
  }

  void CheckKind(const std::string& kind) {
    const Bytes given = Hex(one.at(kind + "_priv"));
    ExpectBody(Open(Need(DecodeMessageAs<PrivateMessage>(given), kind)), kind);
    const RatchetKind ratchet =
        kind == "application" ? RatchetKind::kApplication : RatchetKind::kHandshake;
    const auto key = Need(tree().Find({1}, ratchet, 0), "key");
    ExpectBody(
        Open(Need(ProtectPrivate(suite, Frame(kind, mls::WireFormat::kPrivateMessage),
                                 Hex(one.at("sender_data_secret")), key, Padding::kBuckets, random),
                  "protect")),
        kind);
    const auto open = ProtectPublic(Frame(kind, mls::WireFormat::kPublicMessage), context,
                                    Hex(one.at("membership_key")));
    if (kind == "application") {
      Expect(!open, "application data was protected as a PublicMessage");
      return;
    }
    ExpectBody(Open(Need(open, "protect")), kind);
    const Bytes given_open = Hex(one.at(kind + "_pub"));
    ExpectBody(Open(Need(DecodeMessageAs<PublicMessage>(given_open), kind)), kind);
  }
};

}  // namespace

void CheckMessageProtection(const Json& one) {
  Protection protection(one);
  for (const char* kind : {"proposal", "commit", "application"}) protection.CheckKind(kind);
}

void CheckWelcome(const Json& one) {
  const Suite& suite = SuiteOf(one);
  const KeyPackage key_package = KeyPackageOf(one.at("key_package"));
  const auto welcome = Need(DecodeMessageAs<Welcome>(Hex(one.at("welcome"))), "welcome");
  const EncryptedGroupSecrets* sealed = welcome.FindFor(key_package.Ref());
  Expect(sealed != nullptr, "no secrets for the key package");
  GroupSecrets secrets =
      Need(OpenGroupSecrets(suite, *sealed, Hex(one.at("init_priv")), welcome.encrypted_group_info),
           "group secrets");
  const SecretBytes no_psks = PskSecret({});
  const auto info = Need(OpenGroupInfo(suite, welcome.encrypted_group_info,
                                       WelcomeSecret(MemberSecret(secrets.joiner_secret, no_psks))),
                         "group info");
  Need(info.VerifySignature(Hex(one.at("signer_pub"))), "group info signature");
  const EpochSecrets epoch =
      EnterEpoch(std::move(secrets.joiner_secret), no_psks, Encode(info.group_context));
  Expect(Mac(epoch.confirmation_key, info.group_context.confirmed_transcript_hash) ==
             info.confirmation_tag,
         "confirmation tag");
}

void CheckPassiveClient(const Json& one) {
  SuiteOf(one);
  CheckRandom random;
  const BelieveAnyone authentication;
  const ListedPsks psks(one.at("external_psks"));
  const Services services{&random, &authentication, nullptr, &psks};
  const OwnKeyPackage own{KeyPackageOf(one.at("key_package")), Secret(one.at("init_priv")),
                          Secret(one.at("encryption_priv"))};
  const LeafNode& leaf = own.key_package.leaf_node;
  Expect(Need(crypto::X25519PublicKey(own.init_private_key), "init") == own.key_package.init_key,
         "init_priv");
  Expect(Need(crypto::X25519PublicKey(own.encryption_private_key), "leaf") == leaf.encryption_key,
         "encryption_priv");
  Expect(Need(crypto::Ed25519PublicKey(Hex(one.at("signature_priv"))), "sig") == leaf.signature_key,
         "signature_priv");
  std::optional<RatchetTree> tree;
  if (!one.at("ratchet_tree").is_null()) {
    tree = Need(Decode<RatchetTree>(Hex(one.at("ratchet_tree"))), "ratchet_tree");
  }
  const auto welcome = Need(DecodeMessageAs<Welcome>(Hex(one.at("welcome"))), "welcome");
  Group group =
      Need(Group::Join(services, welcome, own, Secret(one.at("signature_priv")), std::move(tree)),
           "join");
  Expect(Same(group.epoch_authenticator(), Hex(one.at("initial_epoch_authenticator"))),
         "initial epoch authenticator");
  for (const Json& epoch : one.at("epochs")) {
    for (const Json& proposal : epoch.at("proposals")) {
      Need(group.Handle(Need(DecodeMessage(Hex(proposal)), "proposal")), "proposal");
    }
    Need(group.Handle(Need(DecodeMessage(Hex(epoch.at("commit"))), "commit")), "commit");
    Expect(Same(group.epoch_authenticator(), Hex(epoch.at("epoch_authenticator"))),
           "epoch authenticator");
    // The state survives storage at every epoch.
    TlsWriter out;
    group.Write(out);
    TlsReader in(out.bytes());
    group = Need(Group::Read(services, in), "stored group");
  }
}

}  // namespace trestle::vectors
