#include "endpoint/mls/key_schedule.h"
#include "endpoint/mls/tree_kem.h"
#include "endpoint/vectors/vector_case.h"

namespace trestle::vectors {
namespace {

using namespace mls;

PrivateKeys KeysOf(const Json& leaf, const RatchetTree& tree) {
  PrivateKeys out;
  out.own = LeafIndex{leaf.at("index").get<std::uint32_t>()};
  Expect(tree.leaf(out.own) != nullptr, "index");
  out.by_node[NodeOf(out.own)] = Secret(leaf.at("encryption_priv"));
  for (const Json& step : leaf.at("path_secrets")) {
    auto pair = Need(NodeKeyPair(Hex(step.at("path_secret"))), "node key pair");
    out.by_node[NodeIndex{step.at("node").get<std::uint32_t>()}] = std::move(pair.private_key);
  }
  Need(out.CheckAgainst(tree), "private keys");
  return out;
}

GroupContext ContextOf(const Json& one, const Suite& suite, const RatchetTree& tree) {
  GroupContext out;
  out.cipher_suite = suite.id;
  out.group_id = Hex(one.at("group_id"));
  out.epoch = one.at("epoch").get<std::uint64_t>();
  out.confirmed_transcript_hash = Hex(one.at("confirmed_transcript_hash"));
  out.tree_hash = tree.RootHash();
  return out;
}

// Every other leaf decrypts the path and comes to the same commit secret.
void ExpectReceived(const Json& one, const Suite& suite, const RatchetTree& before,
                    LeafIndex sender, const UpdatePath& path, const RatchetTree& after,
                    ByteView commit_secret, const Json* path_secrets) {
  const Bytes context = Encode(ContextOf(one, suite, after));
  for (const Json& leaf : one.at("leaves_private")) {
    PrivateKeys keys = KeysOf(leaf, before);
    if (keys.own == sender) continue;
    const DecryptedPath got =
        Need(DecryptPath(suite, after, keys, sender, path, {}, context), "decrypt path");
    Expect(Same(got.commit_secret, commit_secret), "commit secret");
    Need(keys.CheckAgainst(after), "private keys after the path");
    if (path_secrets != nullptr) {
      Expect(Same(got.path_secret, Hex(path_secrets->at(keys.own.value))), "path secret");
    }
  }
}

void CheckOnePath(const Json& one, const Suite& suite, const RatchetTree& before,
                  const Json& update) {
  const LeafIndex sender{update.at("sender").get<std::uint32_t>()};
  Expect(before.leaf(sender) != nullptr, "sender");
  const auto path = Need(Decode<UpdatePath>(Hex(update.at("update_path"))), "update path");
  RatchetTree after = before;
  Need(MergePath(after, sender, path, {}), "merge path");
  Expect(after.RootHash() == Hex(update.at("tree_hash_after")), "tree hash after the path");
  Need(after.VerifyParentHashes(), "parent hashes after the path");
  ExpectReceived(one, suite, before, sender, path, after, Hex(update.at("commit_secret")),
                 &update.at("path_secrets"));

  // And a path of our own, from the same sender.
  CheckRandom random;
  for (const Json& leaf : one.at("leaves_private")) {
    PrivateKeys keys = KeysOf(leaf, before);
    if (keys.own != sender) continue;
    RatchetTree tree = before;
    const NewPath made = Need(MakePath(tree, keys, *before.leaf(sender), Hex(one.at("group_id")),
                                       Hex(leaf.at("signature_priv")), random),
                              "make path");
    const UpdatePath sent =
        Need(EncryptPath(suite, tree, made, {}, Encode(ContextOf(one, suite, tree)), random),
             "encrypt path");
    RatchetTree merged = before;
    Need(MergePath(merged, sender, sent, {}), "merge our path");
    Expect(merged == tree, "our path does not merge to our tree");
    ExpectReceived(one, suite, before, sender, sent, merged, made.commit_secret, nullptr);
  }
}

}  // namespace

void CheckTreeOperations(const Json& one) {
  SuiteOf(one);
  auto tree = Need(Decode<RatchetTree>(Hex(one.at("tree_before"))), "tree_before");
  Expect(tree.RootHash() == Hex(one.at("tree_hash_before")), "tree_hash_before");
  const auto proposal = Need(Decode<Proposal>(Hex(one.at("proposal"))), "proposal");
  const LeafIndex sender{one.at("proposal_sender").get<std::uint32_t>()};
  if (const auto* add = std::get_if<Add>(&proposal.body)) {
    Need(tree.Add(add->key_package.leaf_node), "add");
  } else if (const auto* update = std::get_if<Update>(&proposal.body)) {
    Expect(tree.leaf(sender) != nullptr, "proposal_sender");
    tree.Replace(sender, update->leaf_node);
    tree.BlankPath(sender);
  } else if (const auto* remove = std::get_if<Remove>(&proposal.body)) {
    Expect(tree.leaf(remove->removed) != nullptr, "removed");
    tree.Remove(remove->removed);
  } else {
    throw Failed{"a proposal that does not change the tree"};
  }
  Expect(Encode(tree) == Hex(one.at("tree_after")), "tree_after");
  Expect(tree.RootHash() == Hex(one.at("tree_hash_after")), "tree_hash_after");
}

void CheckTreeValidation(const Json& one) {
  SuiteOf(one);
  const auto tree = Need(Decode<RatchetTree>(Hex(one.at("tree"))), "tree");
  const Json& resolutions = one.at("resolutions");
  Expect(resolutions.size() == NodeCount(tree.leaf_count()), "resolutions");
  for (std::uint32_t i = 0; i < resolutions.size(); ++i) {
    std::vector<std::uint32_t> got;
    for (const NodeIndex node : tree.Resolution({i})) got.push_back(node.value);
    Expect(got == resolutions.at(i).get<std::vector<std::uint32_t>>(), "resolution");
  }
  const std::vector<Bytes> hashes = tree.TreeHashes();
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    Expect(hashes[i] == Hex(one.at("tree_hashes").at(i)), "tree hash");
  }
  Need(tree.VerifyParentHashes(), "parent hashes");
  Need(tree.VerifyStructure(), "structure");
  const Bytes group_id = Hex(one.at("group_id"));
  for (const LeafIndex member : tree.members()) {
    Need(tree.leaf(member)->VerifySignature({group_id, member}), "leaf signature");
  }
}

void CheckTreeKem(const Json& one) {
  const Suite& suite = SuiteOf(one);
  const auto tree = Need(Decode<RatchetTree>(Hex(one.at("ratchet_tree"))), "ratchet_tree");
  for (const Json& update : one.at("update_paths")) CheckOnePath(one, suite, tree, update);
}

}  // namespace trestle::vectors
