// Every command of `trestle`: what it says about itself and what runs it. The table in commands.cc
// is the one list that parsing, help and running share. A handler prints what was asked for and
// answers the exit code; it has told the person of every failure by then.
#pragma once

#include <ostream>
#include <span>
#include <vector>

#include "cli/arguments.h"
#include "cli/session.h"

namespace trestle::cli {

struct Command {
  CommandSpec spec;
  int (*run)(Session& session, const Invocation& invocation);
};

const std::vector<Command>& Commands();
std::vector<const CommandSpec*> CommandSpecs();
// The handler of a spec from the table.
int RunCommand(Session& session, const Invocation& invocation);

// The whole help, or that of the commands that start with `about`; false when there is none.
void PrintHelp(std::ostream& out);
bool PrintHelp(std::ostream& out, const std::string& about);

// command_account.cc: who you are at the bridge
int RunStatus(Session& session, const Invocation& invocation);
int RunEnrol(Session& session, const Invocation& invocation);
int RunCode(Session& session, const Invocation& invocation);
int RunPreferencesGet(Session& session, const Invocation& invocation);
int RunPreferencesSet(Session& session, const Invocation& invocation);
int RunKeysPublish(Session& session, const Invocation& invocation);
int RunKeysCount(Session& session, const Invocation& invocation);

// command_keys.cc: what the bridge did with your keys
int RunKeysLog(Session& session, const Invocation& invocation);

// command_aliases.cc: the names that you are reached by
int RunAliasNew(Session& session, const Invocation& invocation);
int RunAliasList(Session& session, const Invocation& invocation);
int RunAliasRevoke(Session& session, const Invocation& invocation);
int RunAliasRotate(Session& session, const Invocation& invocation);
int RunAliasRestore(Session& session, const Invocation& invocation);
int RunAliasClose(Session& session, const Invocation& invocation);
// Aliases are lower case; people write what their phone makes of it.
std::string AliasAsGiven(std::string alias);

// command_contacts.cc: who may reach you, and whom you reach
int RunCancel(Session& session, const Invocation& invocation);
int RunConsents(Session& session, const Invocation& invocation);
int RunReach(Session& session, const Invocation& invocation);
int RunContacts(Session& session, const Invocation& invocation);
int RunAccept(Session& session, const Invocation& invocation);
int RunRefuse(Session& session, const Invocation& invocation);
int RunRevoke(Session& session, const Invocation& invocation);
int RunBlock(Session& session, const Invocation& invocation);

// command_edge.cc: what both sides agree to about the SMS edge
int RunEdgeAllow(Session& session, const Invocation& invocation);
int RunEdgeEnd(Session& session, const Invocation& invocation);
// Whether a message may be sealed to this peer: kRefused, too, for one that is no edge.
Result<endpoint::EdgeUse> EdgeUseFor(Session& session, endpoint::Endpoint& device,
                                     const LinkId& link);

// command_messages.cc: sealed messages
int RunSend(Session& session, const Invocation& invocation);
int RunInbox(Session& session, const Invocation& invocation);
int RunSafety(Session& session, const Invocation& invocation);
int RunTrace(Session& session, const Invocation& invocation);

// command_erasure.cc: what was erased
int RunErasureVerify(Session& session, const Invocation& invocation);

// command_routing.cc: where messages go and what happens
int RunRouteExplain(Session& session, const Invocation& invocation);
int RunRouteList(Session& session, const Invocation& invocation);
int RunWatch(Session& session, const Invocation& invocation);

// command_admin.cc: the operator's
int RunAdminAdapters(Session& session, const Invocation& invocation);
int RunAdminDrain(Session& session, const Invocation& invocation);
int RunAdminResume(Session& session, const Invocation& invocation);
int RunAdminDeadLetters(Session& session, const Invocation& invocation);
int RunAdminRequeue(Session& session, const Invocation& invocation);
int RunAdminPurge(Session& session, const Invocation& invocation);
int RunAdminReload(Session& session, const Invocation& invocation);

// help.cc
int RunHelp(Session& session, const Invocation& invocation);
int RunVersion(Session& session, const Invocation& invocation);

// Shared by the commands: makes `count` key packages and publishes them. False when it failed.
bool PublishKeys(Session& session, endpoint::Endpoint& device, std::size_t count);

}  // namespace trestle::cli
