// Edge delivery inside the core: which contacts cross the SMS edge, what both sides' consent to
// that allows now, and what its end does to what waits. The core itself stays blind: it knows that
// an adapter opens messages, never what it finds. All run inside a turn.
#pragma once

#include "bridge/directory/consents.h"
#include "bridge/pipeline/fates.h"
#include "bridge/pipeline/turn.h"

namespace trestle {

// True when a side of the contact is on a network whose adapter opens messages.
Result<bool> CrossesEdge(Turn& turn, const ContactRecord& contact);

struct EdgeWish {
  ConsentAction action = ConsentAction::kAllowEdge;  // or kEndEdge
  Millis span = kEdgeConsentSpan;                    // with kAllowEdge
};
// One side agrees or takes it back; what waits ends in the latter case, in the same transaction.
// kNoConsent when there is nothing to agree to: no edge in this contact, or no grant yet.
Result<ConsentResult> UseEdgeConsent(Turn& turn, const ContactRecord& contact, Side side,
                                     const EdgeWish& wish, const ConsentSource& source);

// Asks whoever of a new contact is not at the edge whether it may be crossed.
Result<void> AskAboutEdge(Turn& turn, const ContactRecord& contact, const AliasRecord& alias);

// Whether a row may be handed over as far as the edge goes, and until when at the latest.
struct EdgePassage {
  bool goes = true;
  std::optional<WallTime> until;
};
Result<EdgePassage> EdgePassageOf(Turn& turn, const RowCase& subject);

// The sweep's part: consents whose time has passed end, with what waits under them.
Result<void> EndLapsedEdges(Turn& turn);

}  // namespace trestle
