#include "bridge/pipeline/service_texts.h"

namespace trestle::texts {

std::string HowToJoin() {
  return "This is a Trestle bridge. Send JOIN to take part, or JOIN and a code to add this network "
         "to an account you have.";
}

std::string Welcome() {
  return "Welcome. Send ALIAS to make a name that others can reach you by, REACH and a name to "
         "reach somebody, HELP for all words. STOP ends everything.";
}

std::string WelcomeBack() {
  return "Welcome back. Your earlier contacts stay ended until you or they ask again.";
}

std::string AlreadyJoined() { return "You have joined already. Send HELP for all words."; }

std::string NetworkAdded() { return "This network now belongs to your account."; }

std::string WrongCode() {
  return "That code is not valid. Send CODE on a network you have joined to get a new one; it is "
         "good for ten minutes.";
}

std::string TooManyTries() { return "Too many wrong codes. Please try again in ten minutes."; }

std::string AccountFull() { return "That account has as many networks as it can have."; }

std::string Code(std::string_view code) {
  return std::string("Send JOIN ")
      .append(code)
      .append(" on the other network within ten minutes. Show the code to nobody.");
}

std::string NewAlias(std::string_view name, std::string_view label) {
  std::string out = std::string("Your new alias: ").append(name);
  if (!label.empty()) out.append(" (").append(label).append(")");
  return out.append(". Whoever has it can ask to reach you, and you decide.");
}

std::string AliasesFull() { return "You have as many aliases as you can have."; }

std::string LabelRefused() { return "That label cannot be used."; }

std::string Reached(std::string_view alias) {
  const std::string_view named = alias.empty() ? std::string_view("that alias") : alias;
  return std::string("If ").append(named).append(
      " can be reached, its owner has been asked. A new thread opens when they accept.");
}

std::string Cancelled(std::string_view alias) {
  const std::string_view named = alias.empty() ? std::string_view("that alias") : alias;
  return std::string("If you have asked for ")
      .append(named)
      .append(" and nobody has answered, the request is taken back.");
}

std::string TooManyNames() { return "That is enough names for now. Please try again in an hour."; }

std::string Released(std::string_view alias) {
  return std::string("Nobody reaches you through ")
      .append(alias)
      .append(" any more. Those who did, still can.");
}

std::string Rotated(std::string_view old_alias, std::string_view new_alias) {
  return std::string("Your new alias is ")
      .append(new_alias)
      .append(" and takes the place of ")
      .append(old_alias)
      .append(". Your threads go on as they are.");
}

std::string NotYourAlias() { return "You have no such alias."; }

std::string Help() {
  return "JOIN: take part. CODE: a code to join another network to your account. ALIAS and a "
         "label: a new name for you. ROTATE or RELEASE and your alias: a new name in its place, or "
         "none. REACH and an alias: ask somebody, CANCEL and it: take that back. STOP here ends "
         "all "
         "contacts, STOP on a contact's thread ends that one.";
}

std::string StoppedAll() {
  return "All your contacts are ended and nothing more will come. Send JOIN to return.";
}

std::string StoppedContact() { return "That contact is ended. Nothing more will pass."; }

std::string NotThere() { return "Please send that word here. Contact threads are sealed."; }

std::string KeysExhausted(std::string_view alias) {
  return std::string("Somebody may now reach you through ")
      .append(alias)
      .append(
          ", but your device has no key left to give them. Open your app once, and it goes on "
          "by itself.");
}

std::string EdgeAsks(std::string_view label) {
  const std::string_view named = label.empty() ? std::string_view("Your new contact") : label;
  return std::string(named).append(
      ": one of you is on plain SMS. Messages would be opened at the bridge's SMS edge, and "
      "carriers "
      "can read them. Send AGREE on that thread to allow it for 30 days, DISAGREE to end it.");
}

std::string EdgeAgreed() {
  return "Agreed for 30 days: messages of that contact may go as plain SMS, which carriers can "
         "read, once the other side agrees too. STOP there ends it.";
}

std::string EdgeEnded() { return "Agreed no more: nothing of that contact goes as plain SMS."; }

std::string EdgeNotHere() { return "There is nothing to agree to on that thread."; }

std::string EdgeStandsAlone() {
  return "An account on plain SMS stands alone: it cannot share one with another network.";
}

std::string Stopped() { return "You have sent STOP. Send JOIN to return."; }

}  // namespace trestle::texts
