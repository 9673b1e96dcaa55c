#include "cli/commands.h"

namespace trestle::cli {
namespace {

constexpr std::string_view kYou = "Who you are";
constexpr std::string_view kPeople = "Who may reach you, and whom you reach";
constexpr std::string_view kMessages = "Sealed messages";
constexpr std::string_view kWhy = "Where messages go, and why";
constexpr std::string_view kOperator =
    "For the operator (--operator-token-file FILE before the command)";
constexpr std::string_view kHelp = "Help";

std::vector<Command> Account() {
  return {
      {{kYou, "status", "", 0, 0,
        "whether the bridge answers, who you are there, what is left to do",
        "Asks nothing of anybody else. Exit code 0 when the bridge answers and you are enrolled."},
       RunStatus},
      {{kYou,
        "enrol",
        "",
        0,
        0,
        "make an account at the bridge, with keys of your own",
        "Makes the home (--home, default ~/.trestle, mode 0700), asks the bridge for an account, "
        "keeps\n"
        "its token in the file `token` (mode 0600) and publishes 8 key packages, so that others "
        "can\n"
        "write to you while you are away. With the code that `trestle code` or the word CODE on\n"
        "another network showed, this becomes one more network of that account.",
        {{"--join-code", "DIGITS", "8 digits from CODE or `trestle code`"}}},
       RunEnrol},
      {{kYou, "code", "", 0, 0, "a code that joins another network to your account",
        "Text \"JOIN <code>\" to the bridge on the other network before it expires. It works "
        "once."},
       RunCode},
      {{kYou, "preferences get", "", 0, 0, "on which networks you like to receive", ""},
       RunPreferencesGet},
      {{kYou,
        "preferences set",
        "",
        0,
        0,
        "change that; what you do not name stays",
        "Lists are names with commas between them, or \"none\".\n"
        "    trestle preferences set --order whatsapp,native --refuse instagram --sms no",
        {{"--order", "NETWORKS", "best first"},
         {"--refuse", "NETWORKS", "never receive there"},
         {"--sms", "yes|no", "SMS may be used; phone companies see times and sizes"},
         {"--keep-in", "PLACES", "what waits is kept there only: eu, DE"},
         {"--never-in", "PLACES", "and never there"}}},
       RunPreferencesSet},
      {{kYou, "keys publish", "[N]", 0, 1, "publish N more key packages (default 8, at most 32)",
        "Each lets one person open a sealed conversation with you. `inbox` publishes by itself "
        "when\n"
        "few are left."},
       RunKeysPublish},
      {{kYou, "keys log", "", 0, 0, "what became of your key packages, verified",
        "Who got one, and when: a chain of hashes. Where it ended is kept in the home, and the "
        "next "
        "run\n"
        "goes on from there: exit code 1 when the bridge has changed, dropped or inserted "
        "anything. "
        "It\n"
        "shows what the bridge handed out of yours, not what it might have made up: compare "
        "`safety`."},
       RunKeysLog},
      {{kYou, "keys count", "", 0, 0, "how many of your key packages the bridge has left", ""},
       RunKeysCount},
  };
}

std::vector<Command> People() {
  return {
      {{kPeople,
        "alias new",
        "[LABEL]",
        0,
        1,
        "make a public name, such as brisk-otter-4821",
        "Give it to whom you like: nobody needs your number. The label is a note for yourself.\n"
        "Policies: ask (you answer each request, the default), open (everybody at once), closed.",
        {{"--policy", "open|ask|closed", "who may reach it"},
         {"--ttl", "TIME",
          "expires after this: 60s to 365d, such as 30m, 12h, 7d (default: never)"},
         {"--uses", "N", "people who may come through it: 1 for a one-time alias (default: all)"},
         {"--listing", "NAME", "what you show it on, for `alias close`"}}},
       RunAliasNew},
      {{kPeople, "alias list", "", 0, 0, "your aliases", ""}, RunAliasList},
      {{kPeople, "alias revoke", "ALIAS", 1, 1, "nobody reaches this alias from now on",
        "Contacts that came through it stay. Nobody else ever gets the name."},
       RunAliasRevoke},
      {{kPeople, "alias rotate", "ALIAS", 1, 1, "a new name in the place of this one",
        "Label, policy and limits go over. Contacts stay and do not learn the new name."},
       RunAliasRotate},
      {{kPeople, "alias restore", "ALIAS", 1, 1, "take a revoked alias back, within 90 days", ""},
       RunAliasRestore},
      {{kPeople, "alias close", "LISTING", 1, 1, "revoke all aliases of a listing: it is sold",
        "Requests that wait on them are refused, without a word; contacts stay."},
       RunAliasClose},
      {{kPeople, "reach", "ALIAS", 1, 1, "ask the owner of an alias for consent",
        "The answer is the same whether the alias exists or not. When its owner accepts,\n"
        "`trestle inbox` tells you."},
       RunReach},
      {{kPeople, "cancel", "ALIAS", 1, 1, "take back a request that nobody has answered",
        "The answer is the same whether you asked or not."},
       RunCancel},
      {{kPeople, "contacts", "", 0, 0, "your contacts and their links",
        "SEALED says whether this home shares keys with the other side: `send` works then."},
       RunContacts},
      {{kPeople, "accept", "LINK|contacts|strangers", 1, 1, "let who asked write to you",
        "LINK is 32 hexadecimal digits, or enough of the first ones to be clear (4 at least).\n"
        "\"contacts\": everybody who waits. \"strangers\": they may ask again after a block."},
       RunAccept},
      {{kPeople, "refuse", "LINK|strangers", 1, 1,
        "say no to a request; the other side is not told",
        "\"strangers\": to all requests that wait."},
       RunRefuse},
      {{kPeople,
        "edge allow",
        "LINK",
        1,
        1,
        "let the SMS edge open what is said with somebody on plain SMS",
        "Their messages and yours are plain text from the edge to their phone, and carriers can "
        "read\n"
        "them. Both sides have to agree; until then the answer is E2EE_UNAVAILABLE.",
        {{"--for", "TIME", "for how long: 60s to 365d (default 30d)"}}},
       RunEdgeAllow},
      {{kPeople, "edge end", "LINK", 1, 1, "take that back: what waits is erased", ""}, RunEdgeEnd},
      {{kPeople, "revoke", "LINK|contacts", 1, 1,
        "take your consent back: nothing is delivered from now on",
        "At once, also what is on its way. \"contacts\": from everybody."},
       RunRevoke},
      {{kPeople, "block", "LINK|contacts|strangers", 1, 1,
        "refuse for good, later requests as well",
        "\"contacts\": everybody you know. \"strangers\": nobody new may ask, whatever your "
        "aliases say."},
       RunBlock},
      {{kPeople, "consents", "", 0, 0, "what you consented to and withdrew, and over which network",
        ""},
       RunConsents},
  };
}

std::vector<Command> Messages() {
  return {
      {{kMessages,
        "send",
        "LINK TEXT…",
        2,
        CommandSpec::kAnyNumber,
        "seal a text and send it",
        "Sealed here with MLS; the bridge carries what it cannot read. Prints the envelope's id, "
        "for\n"
        "`trestle trace`. TEXT \"-\" reads standard input. A text that starts with \"--\" follows "
        "\"--\".\n"
        "With --print-request nothing is sent; the request is printed instead, for\n"
        "    trestle send LINK TEXT --print-request |\n"
        "      grpcurl -plaintext -H \"authorization: Bearer $(cat ~/.trestle/token)\" \\\n"
        "        -d @ 127.0.0.1:7443 trestle.v1.Messages/Submit",
        {{"--ttl", "30s|5m|1h|24h|7d", "how long the bridge may keep it (default 24h)"},
         {"--print-request", "", "print the request as JSON, send nothing"}}},
       RunSend},
      {{kMessages,
        "inbox",
        "",
        0,
        0,
        "receive what waits, answer for your keys, show it",
        "Opens and joins sealed conversations by itself. What is acknowledged has been saved "
        "here.\n"
        "Ends when nothing waits any more; with --follow when you stop it.",
        {{"--follow", "", "stay and show what comes"}}},
       RunInbox},
      {{kMessages, "safety", "LINK", 1, 1, "the number by which two people check each other's keys",
        "Compare it over another way, such as face to face: both sides see the same 60 digits "
        "unless\n"
        "somebody stands between them."},
       RunSafety},
      {{kMessages, "trace", "ENVELOPE", 1, 1, "every step of an envelope, oldest first",
        "ENVELOPE is the id that `send` printed: 32 hexadecimal digits. You may ask about what "
        "you\n"
        "sent and received, the operator about anything. Steps are kept as long as the message "
        "may\n"
        "live, at least one hour."},
       RunTrace},
      {{kMessages, "erasure verify", "ENVELOPE", 1, 1, "check the proof that an envelope is erased",
        "The bridge shows a leaf of its log of erasures, its way to a signed tree head, and that "
        "this\n"
        "head continues the one seen last. Key and head are kept in the home: another key, or a "
        "head\n"
        "that forgets what an earlier one held, is an alarm and exit code 1. A proof is there as "
        "long as\n"
        "the message might have lived and an hour longer."},
       RunErasureVerify},
  };
}

std::vector<Command> Why() {
  return {
      {{kWhy,
        "route explain",
        "[LINK]",
        0,
        1,
        "where a message would go now, without sending one",
        "Shows every network with its verdict, the rule and what it measured. The other options\n"
        "change the question, never the bridge: \"what if WhatsApp were down and SMS allowed?\"\n"
        "    trestle route explain LINK --down whatsapp --sms yes",
        {{"--alias", "ALIAS", "instead of LINK: a contact's alias"},
         {"--down", "NETWORK", "as if its adapter were down; may be repeated", true},
         {"--draining", "NETWORK", "as if it were draining; may be repeated", true},
         {"--sms", "yes|no", "as if the recipient had allowed SMS, or had not"},
         {"--only", "NETWORK", "as if the recipient were on this network alone"},
         {"--region", "REGION", "as if the bridge's store stood there, such as eu"},
         {"--country", "COUNTRY", "and there, such as DE"},
         {"--size", "OCTETS", "of the ciphertext: 256, 512, 1024 … 65536 (default 256)"}}},
       RunRouteExplain},
      {{kWhy, "route list", "", 0, 0, "for each contact the network a small message would take",
        ""},
       RunRouteList},
      {{kWhy,
        "watch",
        "",
        0,
        0,
        "what happens in the bridge, as it happens",
        "One line for each event: time, step, envelope, contact, networks, size, outcome or rule,\n"
        "attempt. There is no content in it. You see what is about your contacts, the operator "
        "sees\n"
        "everything. Ends with Ctrl-C or SIGTERM.",
        {{"--json", "", "one JSON object in each line"},
         {"--full-ids", "", "ids in full, not their first 8 digits"}}},
       RunWatch},
  };
}

std::vector<Command> Operator() {
  return {
      {{kOperator, "admin adapters", "", 0, 0, "every network: health, what waits, limits", ""},
       RunAdminAdapters},
      {{kOperator, "admin drain", "NETWORK", 1, 1,
        "route nothing new there; what waits there still goes", ""},
       RunAdminDrain},
      {{kOperator, "admin resume", "NETWORK", 1, 1, "undo drain", ""}, RunAdminResume},
      {{kOperator,
        "admin dead-letters",
        "",
        0,
        0,
        "deliveries that were given up, oldest first",
        "",
        {{"--limit", "N", "how many: 1 to 256 (default 64)"},
         {"--after", "ID", "those after this id"},
         {"--network", "NETWORK", "those of this network"},
         {"--rule", "RULE", "those with this rule, such as given_up"}}},
       RunAdminDeadLetters},
      {{kOperator,
        "admin requeue",
        "[ID]",
        0,
        1,
        "try one of them again, or all that fit",
        "",
        {{"--all", "", "all of them (at most 1,000 in one go)"},
         {"--network", "NETWORK", "with --all: those of this network"},
         {"--rule", "RULE", "with --all: those with this rule"}}},
       RunAdminRequeue},
      {{kOperator,
        "admin purge",
        "[ID]",
        0,
        1,
        "erase one of them, or all that fit",
        "",
        {{"--all", "", "all of them (at most 1,000 in one go)"},
         {"--network", "NETWORK", "with --all: those of this network"},
         {"--rule", "RULE", "with --all: those with this rule"}}},
       RunAdminPurge},
      {{kOperator, "admin reload", "", 0, 0, "read the configuration again, as SIGHUP does", ""},
       RunAdminReload},
      {{kHelp, "help", "[COMMAND]", 0, 2, "this, or more about one command", ""}, RunHelp},
      {{kHelp, "version", "", 0, 0, "which version this is", ""}, RunVersion},
  };
}

}  // namespace

const std::vector<Command>& Commands() {
  static const std::vector<Command> kCommands = [] {
    std::vector<Command> all;
    for (std::vector<Command> part : {Account(), People(), Messages(), Why(), Operator()}) {
      for (Command& command : part) all.push_back(std::move(command));
    }
    return all;
  }();
  return kCommands;
}

std::vector<const CommandSpec*> CommandSpecs() {
  std::vector<const CommandSpec*> specs;
  for (const Command& command : Commands()) specs.push_back(&command.spec);
  return specs;
}

int RunCommand(Session& session, const Invocation& invocation) {
  for (const Command& command : Commands()) {
    if (&command.spec == invocation.command) return command.run(session, invocation);
  }
  return kMisused;
}

}  // namespace trestle::cli
