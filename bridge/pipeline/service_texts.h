// Every sentence the bridge says to a person. They are made of literals, aliases, codes and the
// person's own labels, never of anything that somebody else wrote.
#pragma once

#include <string>
#include <string_view>

namespace trestle::texts {

std::string HowToJoin();
std::string Welcome();
std::string WelcomeBack();
std::string AlreadyJoined();
std::string NetworkAdded();
std::string WrongCode();
std::string TooManyTries();
std::string AccountFull();
std::string Code(std::string_view code);
std::string NewAlias(std::string_view name, std::string_view label);
std::string AliasesFull();
std::string LabelRefused();
// The same for every alias. `alias` empty: what was typed does not look like one and is not echoed.
std::string Reached(std::string_view alias);
// The same for every alias, as Reached.
std::string Cancelled(std::string_view alias);
std::string TooManyNames();  // asked for or drawn; the same whichever they were
std::string Released(std::string_view alias);
std::string Rotated(std::string_view old_alias, std::string_view new_alias);
std::string NotYourAlias();  // somebody else's, or nobody's
std::string Help();
std::string StoppedAll();
std::string StoppedContact();
std::string NotThere();  // a word on a contact's thread that belongs on the service thread
std::string KeysExhausted(std::string_view alias);
std::string EdgeAsks(std::string_view label);
std::string EdgeAgreed();
std::string EdgeEnded();
std::string EdgeNotHere();      // a word about the edge where there is none to agree to
std::string EdgeStandsAlone();  // a code that would join plain SMS and another network
std::string Stopped();          // a word from somebody who has said STOP

}  // namespace trestle::texts
