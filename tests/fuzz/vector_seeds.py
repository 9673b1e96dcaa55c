#!/usr/bin/env python3
"""vector_seeds.py VECTORS FOLDER: seeds for the endpoint's fuzz targets out of public MLS vectors.

Writes FOLDER/<target>/<name>, one file per structure found. `./dev fuzz` calls it when
../shared/vectors is there; without it the targets start from tests/fuzz/corpus alone. The first
octet of a seed chooses the structure, as the target reads it.
"""
import hashlib
import json
import pathlib
import sys

SEED_BYTES_MAX = 8192  # a fuzzer learns more from many small seeds than from few large ones
CASES_MAX = 40  # of one file

# The structures of tests/fuzz/endpoint/fuzz_mls_structures.cc, in its order.
MESSAGE, TREE, SECRETS, COMMIT, PROPOSAL, CONTENT = range(6)
PATH, CONTEXT = 9, 12
# The kinds of tests/fuzz/endpoint/fuzz_mls_group.cc.
ANY_MESSAGE, PROPOSAL_BODY, COMMIT_BODY = 0, 2, 3

TAG = bytes(32)  # a commit's body is followed by its confirmation tag


class Seeds:
    def __init__(self, folder):
        self.folder = folder

    def add(self, target, choice, octets):
        if not octets or len(octets) >= SEED_BYTES_MAX:
            return
        seed = bytes([choice]) + octets
        place = self.folder / target
        place.mkdir(parents=True, exist_ok=True)
        (place / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)

    def structure(self, choice, text):
        octets = bytes.fromhex(text or "")
        self.add("fuzz_mls_structures", choice, octets)
        if choice == MESSAGE:
            self.add("fuzz_mls_group", ANY_MESSAGE, octets)
        elif choice == PROPOSAL:
            self.add("fuzz_mls_group", PROPOSAL_BODY, octets)
        elif choice == COMMIT:
            self.add("fuzz_mls_group", COMMIT_BODY, octets + TAG)


# Fields of a case, by file; the choice is the structure that the field holds.
FIELDS = {
    "messages": {
        "mls_welcome": MESSAGE, "mls_group_info": MESSAGE, "mls_key_package": MESSAGE,
        "public_message_application": MESSAGE, "public_message_proposal": MESSAGE,
        "public_message_commit": MESSAGE, "private_message": MESSAGE, "ratchet_tree": TREE,
        "group_secrets": SECRETS, "commit": COMMIT,
    },
    "message-protection": {
        "proposal": PROPOSAL, "commit": COMMIT, "proposal_priv": MESSAGE, "proposal_pub": MESSAGE,
        "commit_priv": MESSAGE, "commit_pub": MESSAGE, "application_priv": MESSAGE,
    },
    "transcript-hashes": {"authenticated_content": CONTENT},
    "tree-operations": {"proposal": PROPOSAL, "tree_before": TREE, "tree_after": TREE},
    "tree-validation": {"tree": TREE},
    "treekem": {"ratchet_tree": TREE},
    "welcome": {"welcome": MESSAGE, "key_package": MESSAGE},
    "passive-client-welcome": {"welcome": MESSAGE, "key_package": MESSAGE, "ratchet_tree": TREE},
}
# The bodies of proposals stand without their type (RFC 9420, Section 17.4).
PROPOSALS = {
    "add_proposal": 1, "update_proposal": 2, "remove_proposal": 3, "pre_shared_key_proposal": 4,
    "re_init_proposal": 5, "external_init_proposal": 6, "group_context_extensions_proposal": 7,
}


def spread(cases):
    """At most CASES_MAX of the cases, from the whole file."""
    step = max(1, len(cases) // CASES_MAX)
    return cases[::step][:CASES_MAX]


def main():
    vectors, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    seeds = Seeds(folder)
    for path in sorted(vectors.rglob("*.json")):
        fields = FIELDS.get(path.stem)
        if fields is None and path.stem != "key-schedule":
            continue
        for case in spread(json.loads(path.read_text())):
            for field, choice in (fields or {}).items():
                seeds.structure(choice, case.get(field))
            for field, kind in PROPOSALS.items():
                if path.stem == "messages":
                    seeds.structure(PROPOSAL, f"{kind:04x}" + case[field])
            for update in case.get("update_paths", [])[:2]:
                seeds.structure(PATH, update["update_path"])
            for epoch in case.get("epochs", []):
                if "group_context" in epoch:
                    seeds.structure(CONTEXT, epoch["group_context"])


if __name__ == "__main__":
    main()
