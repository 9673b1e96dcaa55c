#include <catch2/catch.hpp>

#include "tests/unit/endpoint/group_world.h"

namespace trestle::mls {
namespace {

using namespace testing;

RatchetTree TreeOfFour() {
  GroupWorld world;
  world.Create(4);
  world.Commit(0);
  return world.at(0).tree();
}

ParentNode RootOfTree(const RatchetTree& tree) { return *tree.parent(RootOf(tree.leaf_count())); }

TEST_CASE("A changed parent key breaks the chain of parent hashes") {
  RatchetTree tree = TreeOfFour();
  ParentNode root = RootOfTree(tree);
  root.encryption_key.front() ^= 1;
  tree.SetParent(RootOf(4), root);
  CHECK(WhyNot(tree.VerifyParentHashes()) == "a parent node is not chained to exactly one leaf");
}

TEST_CASE("A parent that nobody's commit set is refused") {
  RatchetTree tree = TreeOfFour();
  tree.SetParent({5}, ParentNode{Bytes(32, 9), {}, {}});
  CHECK(WhyNot(tree.VerifyParentHashes()) == "a parent node is not chained to exactly one leaf");
}

TEST_CASE("An unmerged leaf that is blank or elsewhere is refused, and never followed") {
  RatchetTree tree = TreeOfFour();
  tree.Remove({2});
  tree.SetParent({1}, ParentNode{Bytes(32, 9), {}, {{2}, {900}}});
  CHECK(WhyNot(tree.VerifyStructure()) == "an unmerged leaf is blank or not below its parent");
  CHECK_FALSE(tree.VerifyParentHashes().has_value());
}

TEST_CASE("Unmerged leaves stand in order, each once") {
  for (const auto& leaves : {std::vector<LeafIndex>{{1}, {0}}, {{1}, {1}}}) {
    RatchetTree tree = TreeOfFour();
    ParentNode root = RootOfTree(tree);
    root.unmerged_leaves = leaves;
    tree.SetParent(RootOf(4), root);
    CHECK(WhyNot(tree.VerifyStructure()) == "unmerged leaves are not in ascending order");
  }
}

TEST_CASE("Two nodes with one key are refused") {
  RatchetTree tree = TreeOfFour();
  ParentNode root = RootOfTree(tree);
  root.encryption_key = tree.leaf({3})->encryption_key;
  tree.SetParent(RootOf(4), root);
  CHECK(WhyNot(tree.VerifyStructure()) == "two nodes of the tree share an encryption key");
}

TEST_CASE("A wire tree that is empty or ends in a blank is refused") {
  for (const Bytes& wire : {Bytes{0}, Bytes{1, 0}}) {
    CHECK(WhyNot(Decode<RatchetTree>(wire)) == "a ratchet tree is empty or ends in a blank node");
  }
}

TEST_CASE("A list above its bound is refused before it is held") {
  TlsWriter list;
  for (std::size_t i = 0; i <= kListItemsMax; ++i) list.U16(1);
  TlsWriter out;
  out.Vector(list.bytes());
  TlsReader in(out.bytes());
  CHECK(WhyNot(ReadU16List(in)) == "a list with too many items");
}

TEST_CASE("An extension type that stands twice is refused") {
  const std::vector<Extension> twice{{7, {}}, {7, {}}};
  TlsWriter out;
  WriteList(out, twice);
  TlsReader in(out.bytes());
  CHECK(WhyNot(ReadExtensions(in)) == "an extension type stands twice in one list");
}

TEST_CASE("A message above 1 MiB is refused before it is parsed") {
  CHECK(WhyNot(DecodeMessage(Bytes(1024 * 1024 + 1))) == "an MLS message above 1 MiB");
}

}  // namespace
}  // namespace trestle::mls
