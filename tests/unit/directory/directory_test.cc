// Aliases and their names; the rest of the directory is held by the pipeline's scenes.
#include <catch2/catch.hpp>
#include <set>

#include "bridge/directory/alias_words.h"
#include "bridge/directory/aliases.h"
#include "bridge/directory/contacts.h"
#include "bridge/directory/membership.h"
#include "tests/unit/store/store_scene.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

struct Scene : StoreScene {
  template <class Run>
  void With(Run run) {
    CHECK(Do([&](Transaction& tx) -> Result<void> {
      DirectoryScope scope{tx, clock.wall_now(), random, limits};
      run(scope);
      return {};
    }));
  }
  AccountId Member(DirectoryScope& scope) {
    return Join(scope, {EnrolmentId::Mint(random), Network::Messenger(), "", false})
        .value()
        .account;
  }
  Limits limits;
};

}  // namespace

TEST_CASE("The words of alias names are short, lower-case, and all different") {
  std::set<std::string_view> seen;
  for (const std::string_view word : kAliasAdjectives) {
    CHECK(seen.insert(word).second);
    CHECK(word.size() <= kAliasWordBytesMax);
  }
  seen.clear();
  for (const std::string_view word : kAliasNouns) {
    CHECK(seen.insert(word).second);
    CHECK(std::ranges::all_of(word, [](char sign) { return sign >= 'a' && sign <= 'z'; }));
  }
}

TEST_CASE("A drawn name looks like one, and a thousand of them differ") {
  Scene scene;
  scene.limits.aliases_per_account_max = 2000;
  scene.limits.names_per_account_max = 2000;
  scene.With([&](DirectoryScope& scope) {
    const AccountId account = scene.Member(scope);
    std::set<std::string> names;
    for (int i = 0; i < 1000; ++i) {
      const AliasRecord alias = CreateAlias(scope, account, {}).value();
      CHECK(LooksLikeAliasName(alias.name));
      names.insert(alias.name);
    }
    CHECK(names.size() == 1000);
  });
}

TEST_CASE("What phones add to a name is taken off, and nothing else passes for one") {
  CHECK(NormalisedAliasName(" Brisk-Otter-4821 ") == "brisk-otter-4821");
  CHECK(LooksLikeAliasName("brisk-otter-4821"));
  for (const char* text : {"", "-", "brisk-otter", "brisk-otter-48", "brisk-otter-48a1",
                           "brisk--4821", "-otter-4821", "brisk-otter-4821-", "bri$k-otter-4821",
                           "brisk-otter-48211", "averyveryveryverylongword-otterotter-4821"}) {
    CHECK_FALSE(LooksLikeAliasName(text));
  }
}

TEST_CASE("Labels that cannot be shown are refused") {
  Scene scene;
  scene.With([&](DirectoryScope& scope) {
    const AccountId account = scene.Member(scope);
    const auto refused = [&](std::string label) {
      return !CreateAlias(scope, account, {std::move(label), AliasPolicy::kAsk, {}, {}, {}})
                  .has_value();
    };
    CHECK(refused(std::string(65, 'a')));
    CHECK(refused("a\nb"));
    CHECK(refused("caf\xE9"));       // not UTF-8
    CHECK(refused("\xC0\xAF"));      // an overlong form
    CHECK(refused("\xED\xA0\x80"));  // half of a surrogate pair
    CHECK_FALSE(refused("caf\xC3\xA9 \xF0\x9F\xA6\xA6"));
  });
}

TEST_CASE("An alias that would have expired already is refused") {
  Scene scene;
  scene.With([&](DirectoryScope& scope) {
    const auto result =
        CreateAlias(scope, scene.Member(scope), {"", AliasPolicy::kAsk, scope.now, {}, {}});
    CHECK(result.error().reason == Reason::kInvalidArgument);
  });
}

TEST_CASE("Only its owner can revoke an alias, and twice is harmless") {
  Scene scene;
  scene.With([&](DirectoryScope& scope) {
    const AccountId owner = scene.Member(scope);
    const AliasRecord alias = CreateAlias(scope, owner, {}).value();
    CHECK(RevokeAlias(scope, scene.Member(scope), alias.id).error().reason == Reason::kNotFound);
    CHECK(RevokeAlias(scope, owner, alias.id));
    CHECK(RevokeAlias(scope, owner, alias.id));
    CHECK_FALSE(IsLive(scope.tables.FindAlias(alias.id).value().value(), scope.now));
  });
}

TEST_CASE("A person with too many requests waiting gets no further one") {
  Scene scene;
  scene.limits.open_requests_per_owner_max = 2;
  scene.With([&](DirectoryScope& scope) {
    const AliasRecord alias = CreateAlias(scope, scene.Member(scope), {}).value();
    for (int i = 0; i < 2; ++i) {
      CHECK(Reach(scope, scene.Member(scope), alias.name, {})->outcome == ReachOutcome::kAsked);
    }
    CHECK(Reach(scope, scene.Member(scope), alias.name, {})->outcome == ReachOutcome::kNothing);
  });
}

TEST_CASE("Two aliases of one owner make two contacts, which cannot be matched up") {
  Scene scene;
  scene.With([&](DirectoryScope& scope) {
    const AccountId owner = scene.Member(scope);
    const AccountId requester = scene.Member(scope);
    std::set<LinkId> links;
    for (int i = 0; i < 2; ++i) {
      const AliasRecord alias = CreateAlias(scope, owner, {}).value();
      const ReachResult reached = Reach(scope, requester, alias.name, {}).value();
      for (const Side side : {Side::kOwner, Side::kRequester}) {
        const auto made = EnsureLinks(scope, reached.contact, side).value();
        for (const LinkRecord& link : made) links.insert(link.id);
      }
    }
    CHECK(links.size() == 4);
  });
}

TEST_CASE("Links are made once for each enrolment") {
  Scene scene;
  scene.With([&](DirectoryScope& scope) {
    const AliasRecord alias = CreateAlias(scope, scene.Member(scope), {}).value();
    const ReachResult reached = Reach(scope, scene.Member(scope), alias.name, {}).value();
    const auto first = EnsureLinks(scope, reached.contact, Side::kOwner).value();
    const auto second = EnsureLinks(scope, reached.contact, Side::kOwner).value();
    REQUIRE(first.size() == 1);
    CHECK(second.at(0).id == first.at(0).id);
  });
}
