// What people do in one run: they join, make contacts, write, withdraw, move, all of it drawn from
// the seed; first in peace, then in chaos, then in peace again until all that was written has its
// fate. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace trestle::world {

class Story;

// One person with one or two seats.
class Person {
 public:
  Person(Story& story, int number) : story_(story), number_(number) {}
  void AddSeat(std::unique_ptr<Seat> seat);

  int number() const { return number_; }
  Seat& seat(std::size_t at) { return *seats_[at]->seat; }
  std::size_t seats() const { return seats_.size(); }

  bool has_joined = false;  // the last seat asked to
  std::string code;         // the last it was shown
  std::string alias;        // likewise

 private:
  struct Ear final : SeatEvents {
    Ear(Person& the_person, std::unique_ptr<Seat> the_seat)
        : person(the_person), seat(std::move(the_seat)) {
      seat->Attach(*this);
    }
    void HearsText(const std::string& text) override { person.TakeText(text); }
    void HearsOffer(const std::string& line, const ThreadOfferFrame& offer) override {
      person.TakeOffer(*seat, line, offer);
    }
    void HearsKeys(const std::string& line) override { person.TakeKeys(*seat, line); }
    void HearsEnvelope(const Arrival& arrival, const EnvelopeFrame& frame) override {
      Arrival named = arrival;
      named.line = seat->network().name() + " " + arrival.line;
      person.TakeEnvelope(named, frame);
    }
    void HearsReceipt(const std::string& line, const ReceiptFrame& receipt) override {
      person.TakeReceipt(line, receipt);
    }
    Person& person;
    std::unique_ptr<Seat> seat;
  };

  void TakeText(const std::string& text);
  void TakeOffer(Seat& seat, const std::string& line, const ThreadOfferFrame& offer);
  void TakeKeys(Seat& seat, const std::string& line);
  void TakeEnvelope(const Arrival& arrival, const EnvelopeFrame& frame);
  void TakeReceipt(const std::string& line, const ReceiptFrame& receipt);

  Story& story_;
  const int number_;
  std::vector<std::unique_ptr<Ear>> seats_;
};

struct Line {
  Seat* seat = nullptr;
  std::string name;
  bool is_open = false;  // a person writes only where the network showed that the bridge has it
};

// Two people; side 0 owns the alias, side 1 asked.
struct Contact {
  int number = 0;
  Person* people[2] = {nullptr, nullptr};
  std::string label;
  std::string alias;
  GroupId group;
  std::vector<Line> lines[2];
  bool is_asked = false;
  bool is_granted = false;
  bool has_keys = false;
  bool is_withdrawing[2] = {false, false};
};

class Story {
 public:
  explicit Story(World& world) : world_(world) {}

  // False when a step of the peaceful beginning did not come to its end: a violation is noted.
  bool Begin();
  void Chaos();
  void Drain();

  World& world() { return world_; }
  Contact* FindContact(const Person& person, const ThreadOfferFrame& offer);
  std::size_t contacts() const { return contacts_.size(); }
  Contact& contact(std::size_t at) { return *contacts_[at]; }
  void TakeEnvelope(Person& person, const Arrival& arrival, const EnvelopeFrame& frame);
  void TakeReceipt(const ReceiptFrame& receipt);

 private:
  bool Expect(const char* what, const std::function<bool()>& happened);
  bool JoinAll();
  bool AddSecondSeat(Person& person);
  bool Meet(Person& owner, Person& requester);
  void Act();
  void Write();
  void Repeat();
  void Withdraw();
  void Move();
  void ChatPlainly();
  void RevokeAlias();
  std::string NewAddress(const SimNetwork& net);
  Contact& AnyContact() { return *contacts_[world_.random().Below(contacts_.size())]; }
  std::size_t Waiting() const;
  std::optional<std::size_t> RowsLeft();

  World& world_;
  std::vector<std::unique_ptr<Person>> people_;
  std::vector<std::unique_ptr<Contact>> contacts_;
  std::map<EnvelopeId, std::pair<Line, Bytes>> written_;  // for repetitions
  int writes_left_ = 0;
  int addresses_ = 0;
};

}  // namespace trestle::world
