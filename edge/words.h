// Every sentence the edge itself says to a phone, and the label of each text that it has opened.
// Made of literals and of the labels and aliases that came with a thread's offer.
#pragma once

#include <string>
#include <string_view>

#include "bridge/envelope/frame.h"
#include "endpoint/content/message.h"

namespace trestle::edge::words {

// In front of every opened text, so that its reader knows that carriers can read it.
inline constexpr std::string_view kLabel = "edge: ";

// What goes onto the phone's screen for a message; the label is in front.
std::string Labelled(const content::Message& message);

// A contact's thread is offered: what agreeing means, and how.
std::string Offered(ThreadRole role, std::string_view label);
std::string AgreeFirst();
std::string NotReady();    // the other side's keys have not come yet
std::string NobodyHere();  // a number that stands for nobody
std::string JoinHere();    // at the service number, no word
std::string NotDelivered(Rule rule);

}  // namespace trestle::edge::words
