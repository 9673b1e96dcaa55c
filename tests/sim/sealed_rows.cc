#include "tests/sim/sealed_rows.h"

#include "bridge/store/database.h"

namespace trestle::world {
namespace {

constexpr std::size_t kProbeBytes = 24;

void Copy(MemoryDisk& disk, const std::string& from, const std::string& to) {
  const auto found = disk.files().find(from);
  if (found == disk.files().end()) return;
  const Bytes octets = found->second->octets;
  disk.OpenFile(to.c_str())->octets = octets;
}

}  // namespace

std::map<EnvelopeId, Bytes> SealedRows(MemoryDisk& disk, const std::string& store_path) {
  const std::string peek = std::string(kPeekFolder) + "store.db";
  Copy(disk, store_path, peek);
  Copy(disk, store_path + "-wal", peek + "-wal");
  std::map<EnvelopeId, Bytes> out;
  if (const auto database = Database::Open(peek)) {
    Query query = (*database)->Use("SELECT envelope_id, payload FROM envelope");
    while (query.Step().value_or(false)) {
      const EnvelopeId id = query.ReadId<EnvelopeId>();
      Bytes sealed = query.Blob();
      if (sealed.size() < kProbeBytes) continue;
      out[id].assign(sealed.end() - kProbeBytes, sealed.end());
    }
  }
  disk.Delete(peek);
  disk.Delete(peek + "-wal");
  return out;
}

}  // namespace trestle::world
