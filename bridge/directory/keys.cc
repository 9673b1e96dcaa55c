#include "bridge/directory/keys.h"

#include "bridge/base/digest.h"
#include "bridge/directory/key_log.h"
#include "bridge/directory/membership.h"
#include "bridge/envelope/mls_framing.h"

namespace trestle {
namespace {

bool IsKeyPackage(ByteView octets) {
  const Result<Framing> framing = ParseFraming(octets);
  return framing && framing->wire_format == WireFormat::kKeyPackage;
}

Result<void> MarkEndpoint(DirectoryScope& scope, const AccountId& account) {
  AccountRecord record = TRESTLE_TRY(NeedAccount(scope, account));
  if (record.has_endpoint) return {};
  record.has_endpoint = true;
  return scope.tables.PutAccount(record);
}

}  // namespace

Result<PublishResult> PublishKeys(DirectoryScope& scope, const AccountId& account,
                                  std::span<const Bytes> key_packages) {
  PublishResult out;
  out.held = TRESTLE_TRY(scope.tables.CountKeyPackages(account));
  for (const Bytes& octets : key_packages) {
    if (IsLastResortKeyPackage(octets)) {
      TRESTLE_TRY(scope.tables.PutLastResort(account, octets));
      TRESTLE_TRY(LogKey(scope, account, {KeyLogKind::kPublished, Sha256(octets)}));
      ++out.stored;
      continue;
    }
    const bool room = out.held < scope.limits.key_packages_per_account_max;
    const bool added = room && IsKeyPackage(octets) &&
                       TRESTLE_TRY(scope.tables.AddKeyPackage({Sha256(octets), account, octets}));
    if (!added) {
      ++out.refused;
      continue;
    }
    TRESTLE_TRY(LogKey(scope, account, {KeyLogKind::kPublished, Sha256(octets)}));
    ++out.stored;
    ++out.held;
  }
  if (out.stored > 0) TRESTLE_TRY(MarkEndpoint(scope, account));
  return out;
}

Result<bool> HasKeys(DirectoryScope& scope, const AccountId& owner) {
  if (TRESTLE_TRY(scope.tables.CountKeyPackages(owner)) > 0) return true;
  return TRESTLE_TRY(scope.tables.FindLastResort(owner)).has_value();
}

Result<std::optional<Bytes>> TakeKeyFor(DirectoryScope& scope, const ContactRecord& contact) {
  auto taken = TRESTLE_TRY(scope.tables.TakeKeyPackage(contact.owner));
  if (!taken) taken = TRESTLE_TRY(scope.tables.FindLastResort(contact.owner));
  KeyEvent event{KeyLogKind::kExhausted, {}, contact.id};
  if (taken) event = {KeyLogKind::kClaimed, Sha256(*taken), contact.id};
  TRESTLE_TRY(LogKey(scope, contact.owner, event));
  return taken;
}

Result<ClaimResult> ClaimKeys(DirectoryScope& scope, const OwnLink& own) {
  if (own.side != Side::kRequester || own.contact.consent.state != ContactState::kGranted) {
    return ClaimResult{Rule::kNoConsent, {}};
  }
  if (own.contact.key_claims >= scope.limits.key_claims_per_contact_max) {
    return ClaimResult{Rule::kKeysExhausted, {}};
  }
  auto taken = TRESTLE_TRY(TakeKeyFor(scope, own.contact));
  if (!taken) return ClaimResult{Rule::kKeysExhausted, {}};
  ContactRecord contact = own.contact;
  ++contact.key_claims;
  TRESTLE_TRY(scope.tables.PutContact(contact));
  return ClaimResult{Rule::kNone, *std::move(taken)};
}

}  // namespace trestle
