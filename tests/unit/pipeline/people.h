// What tests of aliases and consent say again and again.
#pragma once

#include "tests/unit/pipeline/world.h"

namespace trestle::test {

inline AliasView MakeAlias(World& world, const Person& person, CreateAliasRequest request) {
  const AccountId account = world.AccountOf(person);
  return world
      .Ask<AliasView>([&](auto done) {
        world.core().CreateAlias(account, std::move(request), std::move(done));
      })
      .value();
}

inline CreateAliasRequest WithUses(std::int64_t uses_max) {
  CreateAliasRequest request;
  request.uses_max = uses_max;
  return request;
}

inline CreateAliasRequest ForListing(std::string listing) {
  CreateAliasRequest request;
  request.listing = std::move(listing);
  return request;
}

inline AliasView Rotate(World& world, const Person& person, const AliasView& alias) {
  const AccountId account = world.AccountOf(person);
  return world
      .Ask<AliasView>(
          [&](auto done) { world.core().RotateAlias(account, alias.id, std::move(done)); })
      .value();
}

inline void Release(World& world, const Person& person, const AliasView& alias) {
  const AccountId account = world.AccountOf(person);
  TRESTLE_CHECK(world
                    .Ask<void>([&](auto done) {
                      world.core().RevokeAlias(account, alias.id, std::move(done));
                    })
                    .has_value());
}

inline std::size_t CloseListing(World& world, const Person& person, const std::string& listing) {
  const AccountId account = world.AccountOf(person);
  return world
      .Ask<std::size_t>(
          [&](auto done) { world.core().CloseListing(account, listing, std::move(done)); })
      .value();
}

inline std::vector<ContactView> ContactsOf(World& world, const Person& person) {
  const AccountId account = world.AccountOf(person);
  return world
      .Ask<std::vector<ContactView>>(
          [&](auto done) { world.core().ListContacts(account, std::move(done)); })
      .value();
}

inline std::vector<ConsentRecord> HistoryOf(World& world, const Person& person) {
  const AccountId account = world.AccountOf(person);
  return world
      .Ask<std::vector<ConsentRecord>>(
          [&](auto done) { world.core().ConsentHistory(account, 0, 100, std::move(done)); })
      .value();
}

inline Result<std::size_t> OnAll(World& world, const Person& person, ConsentAction action,
                                 Everyone everyone) {
  const AccountId account = world.AccountOf(person);
  return world.Ask<std::size_t>(
      [&](auto done) { world.core().ConsentOnAll(account, action, everyone, std::move(done)); });
}

inline std::size_t OffersTo(World& world, const Person& person) {
  return world.On(person.network).OffersTo(person.enrolment).size();
}

inline std::size_t EnvelopesTo(World& world, const Person& person, const LinkId& link) {
  return world.On(person.network).To<EnvelopeFrame>(link).size();
}

inline void Reaches(World& world, const Person& person, const std::string& alias) {
  TRESTLE_CHECK(world.Says(person, "REACH " + alias).has_value());
}

}  // namespace trestle::test
