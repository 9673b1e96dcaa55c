// What the way of every envelope asks of the directory, kept in memory within a bound: accounts,
// contacts, links, and where a contact's messages stand. The files stay the truth. What a piece of
// work writes is here at once, and is forgotten when the work or its group is rolled back, so that
// a reader never sees what is not there. Filled by reading: a restart costs one read for each
// record that is used again. Owned by Store, on its writer executor.
#pragma once

#include <unordered_map>
#include <variant>
#include <vector>

#include "bridge/directory/records.h"
#include "bridge/store/ledger_records.h"

namespace trestle {

// The entries used last, between one and two times `entries_max` of them: when the young half is
// full it becomes the old one, and what is used again is carried over.
template <class Key, class Value>
class BoundedCache {
 public:
  explicit BoundedCache(std::size_t entries_max) : entries_max_(entries_max) {}

  // Null when it is not here. Valid until the next call.
  const Value* Find(const Key& key) {
    if (const auto found = young_.find(key); found != young_.end()) return &found->second;
    const auto found = old_.find(key);
    if (found == old_.end()) return nullptr;
    Value value = std::move(found->second);
    old_.erase(found);
    return &Insert(key, std::move(value));
  }
  void Put(const Key& key, Value value) {
    old_.erase(key);
    Insert(key, std::move(value));
  }
  void Forget(const Key& key) {
    young_.erase(key);
    old_.erase(key);
  }
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  const Value& Insert(const Key& key, Value value) {
    if (young_.size() >= entries_max_) {
      old_ = std::move(young_);
      young_.clear();
    }
    return young_.insert_or_assign(key, std::move(value)).first->second;
  }

  const std::size_t entries_max_;
  std::unordered_map<Key, Value, IdHash> young_;
  std::unordered_map<Key, Value, IdHash> old_;
};

class DirectoryCache {
 public:
  explicit DirectoryCache(std::size_t entries_max)
      : accounts_(entries_max),
        contacts_(entries_max),
        links_(entries_max),
        links_of_(entries_max),
        conversations_(entries_max) {}

  const AccountRecord* Find(const AccountId& id) { return Counted(accounts_.Find(id)); }
  const ContactRecord* Find(const ContactId& id) { return Counted(contacts_.Find(id)); }
  const LinkRecord* Find(const LinkId& id) { return Counted(links_.Find(id)); }
  const std::vector<LinkRecord>* LinksOf(const ContactId& id) {
    return Counted(links_of_.Find(id));
  }
  const ConversationRecord* ConversationOf(const ContactId& id) {
    return Counted(conversations_.Find(id));
  }

  // As it was read.
  void Keep(const AccountRecord& each) { accounts_.Put(each.id, each); }
  void Keep(const ContactRecord& each) { contacts_.Put(each.id, each); }
  void Keep(const LinkRecord& each) { links_.Put(each.id, each); }
  void Keep(const ConversationRecord& each) { conversations_.Put(each.contact, each); }
  void KeepLinksOf(const ContactId& id, std::vector<LinkRecord> links) {
    links_of_.Put(id, std::move(links));
  }

  // As it was just written, and may be rolled back.
  void Write(const AccountRecord& each) { Keep(each), changed_.emplace_back(each.id); }
  void Write(const ContactRecord& each) { Keep(each), changed_.emplace_back(each.id); }
  void Write(const ConversationRecord& each) { Keep(each), changed_.emplace_back(each.contact); }
  void Write(const LinkRecord& each) {
    Keep(each);
    links_of_.Forget(each.contact);
    changed_.emplace_back(each.id);
    changed_.emplace_back(each.contact);  // its links may be read before the work ends
  }

  std::size_t mark() const { return changed_.size(); }
  void RollBackTo(std::size_t mark) {
    for (; changed_.size() > mark; changed_.pop_back()) {
      std::visit([this](const auto& id) { Forget(id); }, changed_.back());
    }
  }
  // What was written is committed.
  void Settle() { changed_.clear(); }

  std::size_t size() const {
    return accounts_.size() + contacts_.size() + links_.size() + links_of_.size() +
           conversations_.size();
  }
  struct Use {
    std::size_t hits = 0;
    std::size_t misses = 0;
  };
  Use TakeUse() { return std::exchange(use_, {}); }

 private:
  template <class Value>
  const Value* Counted(const Value* value) {
    ++(value != nullptr ? use_.hits : use_.misses);
    return value;
  }
  void Forget(const AccountId& id) { accounts_.Forget(id); }
  void Forget(const LinkId& id) { links_.Forget(id); }
  void Forget(const ContactId& id) {
    contacts_.Forget(id);
    links_of_.Forget(id);
    conversations_.Forget(id);
  }

  BoundedCache<AccountId, AccountRecord> accounts_;
  BoundedCache<ContactId, ContactRecord> contacts_;
  BoundedCache<LinkId, LinkRecord> links_;
  BoundedCache<ContactId, std::vector<LinkRecord>> links_of_;
  BoundedCache<ContactId, ConversationRecord> conversations_;
  std::vector<std::variant<AccountId, ContactId, LinkId>> changed_;  // since the last commit
  Use use_;
};

}  // namespace trestle
