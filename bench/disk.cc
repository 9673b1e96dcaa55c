// trestle-bench-disk FOLDER SECONDS fdatasync|log|sqlite [GROUP [BYTES]]: what the disk and SQLite
// can do here, in FOLDER. Prints one JSON object.
//
//   fdatasync  writes 4 KiB at the end of a file and waits until they are durable, again and again
//   log        an append-only log with group commit: GROUP records of BYTES, then one fdatasync
//   sqlite     one transaction of GROUP rows of BYTES, and one that deletes them (synchronous=FULL,
//              WAL, secure_delete): what a ledger cannot do without
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/histogram.h"

namespace trestle::bench {
namespace {

using Seconds = std::chrono::duration<double>;

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "trestle-bench-disk: %s fails\n", what);
  std::exit(1);
}

class Run {
 public:
  Run(double seconds, std::size_t group) : seconds_(seconds), group_(group) {}

  // Until the time is over: `commit` makes one group durable.
  template <class Commit>
  void Do(Commit commit) {
    const auto begun = std::chrono::steady_clock::now();
    auto last = begun;
    while (Seconds(last - begun).count() < seconds_) {
      commit();
      const auto now = std::chrono::steady_clock::now();
      nanos_.Add(static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(now - last).count()));
      last = now;
      ++commits_;
    }
    const double took = Seconds(last - begun).count();
    std::printf("{\"commits_per_second\": %.1f, \"per_second\": %.1f, \"commit\": %s}\n",
                static_cast<double>(commits_) / took, static_cast<double>(commits_ * group_) / took,
                nanos_.Json().c_str());
  }

 private:
  const double seconds_;
  const std::size_t group_;
  std::size_t commits_ = 0;
  Histogram nanos_;
};

void AppendAndSync(Run& run, const std::string& path, std::size_t octets) {
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  if (file < 0) Die("open");
  const std::vector<char> buffer(octets, 'x');
  run.Do([&] {
    if (write(file, buffer.data(), buffer.size()) != static_cast<ssize_t>(buffer.size())) {
      Die("write");
    }
    if (fdatasync(file) != 0) Die("fdatasync");
  });
  close(file);
}

class Connection {
 public:
  explicit Connection(const std::string& path) {
    if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) Die("sqlite3_open");
    for (const char* each :
         {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL",
          "PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON",
          "CREATE TABLE row (number INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, body BLOB)"}) {
      Execute(each);
    }
  }
  ~Connection() { sqlite3_close(database_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Execute(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) Die(sql);
  }
  sqlite3_stmt* Prepare(const char* sql) {
    sqlite3_stmt* out = nullptr;
    if (sqlite3_prepare_v2(database_, sql, -1, &out, nullptr) != SQLITE_OK) Die(sql);
    return out;
  }

 private:
  sqlite3* database_ = nullptr;
};

void Step(sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_DONE) Die("sqlite3_step");
  sqlite3_reset(statement);
}

// Both commits of a group count as one: a row is done when it is gone again.
void InsertAndDelete(Run& run, const std::string& path, std::size_t group, std::size_t octets) {
  Connection connection(path);
  sqlite3_stmt* insert =
      connection.Prepare("INSERT INTO row (number, name, body) VALUES (?, randomblob(16), ?)");
  sqlite3_stmt* remove = connection.Prepare("DELETE FROM row WHERE number = ?");
  const std::vector<char> body(octets, 'x');
  sqlite3_int64 first = 0;
  run.Do([&] {
    connection.Execute("BEGIN IMMEDIATE");
    for (std::size_t i = 0; i < group; ++i) {
      sqlite3_bind_int64(insert, 1, first + static_cast<sqlite3_int64>(i));
      sqlite3_bind_blob(insert, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
      Step(insert);
    }
    connection.Execute("COMMIT");
    connection.Execute("BEGIN IMMEDIATE");
    for (std::size_t i = 0; i < group; ++i) {
      sqlite3_bind_int64(remove, 1, first + static_cast<sqlite3_int64>(i));
      Step(remove);
    }
    connection.Execute("COMMIT");
    first += static_cast<sqlite3_int64>(group);
  });
  sqlite3_finalize(insert);
  sqlite3_finalize(remove);
}

int Main(const std::string& folder, double seconds, const std::string& kind, std::size_t group,
         std::size_t octets) {
  Run run(seconds, group);
  const std::string path = folder + "/bench-" + kind;
  if (kind == "fdatasync") {
    AppendAndSync(run, path, 4096);
  } else if (kind == "log") {
    AppendAndSync(run, path, group * octets);
  } else if (kind == "sqlite") {
    InsertAndDelete(run, path, group, octets);
  } else {
    Die("what is to be measured: it");
  }
  return 0;
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) {
  if (argc < 4 || argc > 6) {
    std::fprintf(stderr,
                 "usage: trestle-bench-disk FOLDER SECONDS fdatasync|log|sqlite [GROUP [BYTES]]\n");
    return 2;
  }
  return trestle::bench::Main(argv[1], std::strtod(argv[2], nullptr), argv[3],
                              argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1,
                              argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 1024);
}
