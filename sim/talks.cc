#include "sim/talks.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace trestle::sim {

std::string Talks::NextText(const std::string& direction) const {
  const auto talk = talks_.find(direction);
  const std::size_t said = talk == talks_.end() ? 0 : talk->second.said.size();
  return direction + " " + std::to_string(said + 1);
}

void Talks::Said(const std::string& direction, const EnvelopeId& id) {
  Talk& talk = talks_[direction];
  talk.said.push_back(id);
  talk_of_[id] = &talk;
}

void Talks::Saw(const std::string& to, const PhoneEvent& event) {
  if (event.kind == PhoneEventKind::kReceipt) {
    ++receipts_;
    const bool has_failed = event.level >= ReceiptLevel::kFailed;
    if (event.level >= ReceiptLevel::kHandedOver && !has_failed &&
        heard_of_.insert(event.envelope_id).second) {
      const auto talk = talk_of_.find(event.envelope_id);
      if (talk != talk_of_.end()) ++talk->second->heard;
    }
    if (has_failed) {
      ++failures_;
      std::fprintf(stderr, "a receipt to %s says %s, %s\n", to.c_str(),
                   std::string(ReceiptLevelName(event.level)).c_str(),
                   std::string(RuleName(event.rule)).c_str());
    }
  }
  // The network takes no keys, so a delivery in doubt may come twice; the endpoint drops it.
  if (event.kind == PhoneEventKind::kTrouble) ++repeats_dropped_;
  if (event.kind != PhoneEventKind::kMessage) return;
  const std::size_t blank = event.text.find(' ');
  Talk& talk = talks_[event.text.substr(0, blank)];
  talk.shown.insert(std::strtoul(event.text.substr(blank + 1).c_str(), nullptr, 10));
  talk.seqs.push_back(event.seq);
}

std::size_t Talks::OnTheWay(const std::string& direction) const {
  const auto talk = talks_.find(direction);
  if (talk == talks_.end()) return 0;
  return talk->second.said.size() - std::min(talk->second.shown.size(), talk->second.heard);
}

std::size_t Talks::missing() const {
  std::size_t count = 0;
  for (const auto& [direction, talk] : talks_) count += talk.said.size() - talk.shown.size();
  return count;
}

std::size_t Talks::unheard() const {
  std::size_t count = 0;
  for (const auto& [direction, talk] : talks_) {
    for (const std::size_t number : talk.shown) {
      count += heard_of_.contains(talk.said.at(number - 1)) ? 0 : 1;
    }
  }
  return count;
}

bool Talks::Report(int kills, const Lies& lies) const {
  std::size_t said = 0;
  std::size_t twice = 0;
  std::size_t swapped = 0;
  for (const auto& [direction, talk] : talks_) {
    said += talk.said.size();
    twice += talk.seqs.size() - talk.shown.size();
    for (std::size_t i = 1; i < talk.seqs.size(); ++i) {
      swapped += talk.seqs[i] < talk.seqs[i - 1] ? 1 : 0;
    }
    std::printf("  %-16s said %5zu  shown %5zu\n", direction.c_str(), talk.said.size(),
                talk.seqs.size());
  }
  std::printf(
      "%d kills: %zu texts said, %zu lost, %zu shown twice, %zu out of order; %d receipts, %d of "
      "them of failure, %zu texts shown without one; %zu frames dropped and %zu delayed by "
      "networks; "
      "the endpoints dropped %d repeats\n",
      kills, said, missing(), twice, swapped, receipts_, failures_, unheard(), lies.dropped,
      lies.delayed, repeats_dropped_);
  return twice == 0 && failures_ == 0 && swapped <= lies.delayed &&
         missing() + unheard() <= lies.dropped;
}

}  // namespace trestle::sim
