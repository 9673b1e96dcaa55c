#include "bridge/pipeline/service_desk.h"

#include "bridge/directory/aliases.h"
#include "bridge/directory/membership.h"
#include "bridge/pipeline/contact_flow.h"
#include "bridge/pipeline/errands.h"
#include "bridge/pipeline/outbox_writer.h"
#include "bridge/pipeline/service_texts.h"

namespace trestle {
namespace {

std::string TextFor(JoinOutcome outcome) {
  switch (outcome) {
    case JoinOutcome::kCreated:
      return texts::Welcome();
    case JoinOutcome::kAdded:
      return texts::NetworkAdded();
    case JoinOutcome::kReturned:
      return texts::WelcomeBack();
    case JoinOutcome::kAlready:
      return texts::AlreadyJoined();
    case JoinOutcome::kWrongCode:
      return texts::WrongCode();
    case JoinOutcome::kTooManyTries:
      return texts::TooManyTries();
    case JoinOutcome::kFull:
      return texts::AccountFull();
    case JoinOutcome::kEdgeStandsAlone:
      return texts::EdgeStandsAlone();
  }
  return {};
}

// Of a word on a contact's thread.
ConsentAction ActionOf(ServiceVerb verb) {
  if (verb == ServiceVerb::kAgree) return ConsentAction::kAllowEdge;
  return verb == ServiceVerb::kDisagree ? ConsentAction::kEndEdge : ConsentAction::kRevoke;
}

std::string TextFor(ConsentAction action, Rule rule) {
  if (!IsAboutEdge(action)) return texts::StoppedContact();
  if (rule != Rule::kNone) return texts::EdgeNotHere();
  return action == ConsentAction::kAllowEdge ? texts::EdgeAgreed() : texts::EdgeEnded();
}

Result<std::string> AnswerJoin(Turn& turn, const EnrolmentId& enrolment, const Network& network,
                               const std::string& code) {
  const AdapterSlot* slot = turn.core.networks.Find(network);
  const bool needs_sms_consent = slot != nullptr && slot->capabilities.needs_sms_consent;
  DirectoryScope directory = turn.directory();
  const JoinResult result = TRESTLE_TRY(
      Join(directory, {enrolment, network, code, needs_sms_consent, EdgesOf(turn.core.networks)}));
  if (result.outcome == JoinOutcome::kAdded) {
    TRESTLE_TRY(OfferOnNewNetwork(turn, result.account));
  }
  if (result.outcome == JoinOutcome::kReturned) {
    TRESTLE_TRY(Record(directory, result.account, std::nullopt, ConsentEntry::kReturned,
                       {ConsentOrigin::kWord, network}));
  }
  return TextFor(result.outcome);
}

Result<std::string> AnswerAlias(Turn& turn, const AccountId& account, const std::string& label) {
  DirectoryScope directory = turn.directory();
  const Result<AliasRecord> alias =
      CreateAlias(directory, account, {label, AliasPolicy::kAsk, std::nullopt, std::nullopt, {}});
  if (alias) return texts::NewAlias(alias->name, alias->label);
  if (alias.error().reason == Reason::kConflict) return texts::AliasesFull();
  if (alias.error().reason == Reason::kInvalidArgument) return texts::LabelRefused();
  if (alias.error().reason == Reason::kBusy) return texts::TooManyNames();
  return tl::unexpected(alias.error());
}

Result<std::string> AnswerCode(Turn& turn, const AccountId& account) {
  DirectoryScope directory = turn.directory();
  std::string code;
  TRESTLE_TRY(MakeJoinCode(directory, account, code));
  return texts::Code(code);
}

Result<std::string> AnswerAsk(Turn& turn, const EnrolmentRecord& enrolment, ErrandKind kind,
                              const std::string& alias) {
  const AskResult result = TRESTLE_TRY(
      AskInTurn(turn, {enrolment.account, kind, alias, {ConsentOrigin::kWord, enrolment.network}}));
  if (result.retry_after) return texts::TooManyNames();
  return kind == ErrandKind::kReach ? texts::Reached(result.name) : texts::Cancelled(result.name);
}

// The account's own alias of that name; nothing for all others, whoever has them.
Result<std::optional<AliasRecord>> OwnAlias(Turn& turn, const AccountId& account,
                                            const std::string& written) {
  auto alias = TRESTLE_TRY(turn.tx.FindAliasByName(NormalisedAliasName(written)));
  if (!alias || alias->account != account) return std::optional<AliasRecord>();
  return alias;
}

Result<std::string> AnswerRelease(Turn& turn, const AccountId& account, const std::string& name) {
  const auto alias = TRESTLE_TRY(OwnAlias(turn, account, name));
  if (!alias) return texts::NotYourAlias();
  DirectoryScope directory = turn.directory();
  TRESTLE_TRY(RevokeAlias(directory, account, alias->id));
  return texts::Released(alias->name);
}

Result<std::string> AnswerRotate(Turn& turn, const AccountId& account, const std::string& name) {
  const auto alias = TRESTLE_TRY(OwnAlias(turn, account, name));
  if (!alias || !IsLive(*alias, turn.now)) return texts::NotYourAlias();
  DirectoryScope directory = turn.directory();
  const Result<AliasRecord> made = RotateAlias(directory, account, alias->id);
  if (made) return texts::Rotated(alias->name, made->name);
  if (made.error().reason == Reason::kBusy) return texts::TooManyNames();
  return tl::unexpected(made.error());
}

Result<std::string> AnswerMember(Turn& turn, const EnrolmentRecord& enrolment,
                                 const ServiceCommand& command) {
  DirectoryScope directory = turn.directory();
  const AccountRecord account = TRESTLE_TRY(NeedAccount(directory, enrolment.account));
  if (account.stopped && command.verb != ServiceVerb::kJoin) return texts::Stopped();
  switch (command.verb) {
    case ServiceVerb::kJoin:
      return AnswerJoin(turn, enrolment.id, enrolment.network, command.argument);
    case ServiceVerb::kCode:
      return AnswerCode(turn, account.id);
    case ServiceVerb::kAlias:
      return AnswerAlias(turn, account.id, command.argument);
    case ServiceVerb::kReach:
      return AnswerAsk(turn, enrolment, ErrandKind::kReach, command.argument);
    case ServiceVerb::kCancel:
      return AnswerAsk(turn, enrolment, ErrandKind::kCancel, command.argument);
    case ServiceVerb::kRelease:
      return AnswerRelease(turn, account.id, command.argument);
    case ServiceVerb::kRotate:
      return AnswerRotate(turn, account.id, command.argument);
    case ServiceVerb::kStop:
      TRESTLE_TRY(StopAll(turn, account.id, {ConsentOrigin::kWord, enrolment.network}));
      return texts::StoppedAll();
    case ServiceVerb::kAgree:
    case ServiceVerb::kDisagree:
      return texts::EdgeNotHere();
    case ServiceVerb::kHelp:
    case ServiceVerb::kEcho:  // taken before it comes here
      return texts::Help();
  }
  return texts::Help();
}

}  // namespace

Result<void> AnswerServiceWord(Turn& turn, const EnrolmentId& enrolment, const Network& network,
                               const ServiceCommand& command) {
  const auto known = TRESTLE_TRY(turn.tx.FindEnrolment(enrolment));
  if (known) {
    return QueueReply(turn, enrolment, network, TRESTLE_TRY(AnswerMember(turn, *known, command)));
  }
  if (command.verb != ServiceVerb::kJoin) return SayHowToJoin(turn, enrolment, network);
  std::string text = TRESTLE_TRY(AnswerJoin(turn, enrolment, network, command.argument));
  return QueueReply(turn, enrolment, network, std::move(text));
}

Result<void> AnswerThreadWord(Turn& turn, const LinkRecord& link, const ServiceCommand& command) {
  if (!BelongsOnContact(command.verb)) {
    turn.effects.CountOne("trestle_refusals_total", RuleName(Rule::kPlainText));
    return QueueReply(turn, link.enrolment, link.network, texts::NotThere());
  }
  const auto contact = TRESTLE_TRY(turn.tx.FindContact(link.contact));
  if (!contact) return Fail(Reason::kStorage, "a link without its contact");
  const ConsentAction action = ActionOf(command.verb);
  const ConsentResult result = TRESTLE_TRY(UseConsent(
      turn, *contact, contact->SideOf(link.account), action, {ConsentOrigin::kWord, link.network}));
  return QueueReply(turn, link.enrolment, link.network, TextFor(action, result.rule));
}

Result<void> SayHowToJoin(Turn& turn, const EnrolmentId& enrolment, const Network& network) {
  turn.effects.CountOne("trestle_refusals_total", RuleName(Rule::kNotJoined));
  return QueueReply(turn, enrolment, network, texts::HowToJoin());
}

}  // namespace trestle
