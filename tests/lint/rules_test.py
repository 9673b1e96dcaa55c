"""Proves that every lint rule can fail, and that the tree obeys the include map."""
import pathlib
import unittest

import lint


def findings(name, text):
    return [message for _, message in lint.check(pathlib.PurePosixPath(name), text)]


class Rules(unittest.TestCase):
    def test_an_upward_include_is_found(self):
        found = findings("bridge/base/a.cc", '#include "bridge/store/store.h"\n')
        self.assertEqual(found, ["bridge/base may not use bridge/store (docs/architecture.md, the map)"])

    def test_the_daemon_may_not_include_the_endpoint(self):
        self.assertTrue(findings("bridge/daemon/a.cc", '#include "endpoint/endpoint.h"\n'))

    def test_an_adapter_may_not_include_another(self):
        self.assertTrue(findings("adapters/sms/a.cc", '#include "adapters/whatsapp/codec.h"\n'))

    def test_a_relative_include_is_found(self):
        self.assertTrue(findings("bridge/base/a.cc", '#include "result.h"\n'))

    def test_a_downward_include_is_fine(self):
        self.assertEqual(findings("bridge/store/a.cc", '#include "bridge/base/result.h"\n'), [])

    def test_a_sleep_is_found(self):
        self.assertTrue(findings("tests/unit/a.cc", "std::this_thread::sleep_for(1s);\n"))

    def test_a_clock_read_outside_of_base_is_found(self):
        self.assertTrue(findings("bridge/store/a.cc", "auto t = std::chrono::system_clock::now();\n"))

    def test_a_print_in_the_core_is_found(self):
        self.assertTrue(findings("bridge/pipeline/a.cc", 'std::cerr << "x";\n'))

    def test_leaving_a_half_made_value_is_found(self):
        self.assertTrue(findings("endpoint/a.cc", "out.push_back({id, TRESTLE_TRY(Find(id))});\n"))
        self.assertEqual(findings("endpoint/a.cc", "Item out{TRESTLE_TRY(Read(in)), {}};\n"), [])

    def test_a_todo_needs_its_issue(self):
        self.assertTrue(findings("bridge/base/a.cc", "// TODO: later\n"))
        self.assertEqual(findings("bridge/base/a.cc", "// TODO(#3): a sentence.\n"), [])

    def test_a_long_file_is_found(self):
        self.assertTrue(findings("bridge/base/a.cc", "\n" * 700))

    def test_a_bare_header_is_found(self):
        self.assertEqual(len(findings("bridge/base/a.h", "int x;\n")), 2)

    def test_a_merge_that_was_not_resolved_is_found(self):
        merge = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> 1234567 (theirs)\n"
        self.assertEqual(len(findings("docs/a.md", merge)), 2)
        self.assertEqual(len(findings("bridge/base/a.cc", merge)), 2)
        self.assertEqual(findings("docs/a.md", "A heading\n=======\n"), [])

    def test_a_new_place_that_opens_a_secret_is_found(self):
        page = "\n".join((lint.REVEALS_MARKS[0], "| `a.cc` | Compare | 1 |", lint.REVEALS_MARKS[1]))
        once = {"a.cc": "x.Reveal(Purpose::kCompare)"}
        self.assertEqual(lint.reveals_findings(once, page), [])
        self.assertEqual(len(lint.reveals_findings({"a.cc": once["a.cc"] * 2}, page)), 2)
        self.assertEqual(len(lint.reveals_findings(once | {"b.cc": once["a.cc"]}, page)), 1)
        self.assertEqual(len(lint.reveals_findings({}, page)), 1)
        self.assertEqual(len(lint.reveals_findings(once, "")), 1)

    def test_the_list_of_reveals_is_true(self):
        texts = {path: (lint.ROOT / path).read_text(encoding="utf-8")
                 for path in lint.sources(lint.tracked())}
        page = (lint.ROOT / lint.REVEALS_PAGE).read_text(encoding="utf-8")
        self.assertEqual(lint.reveals_findings(texts, page), [])

    def test_the_tree_obeys_the_map(self):
        for path in lint.sources(lint.tracked()):
            lines = (lint.ROOT / path).read_text(encoding="utf-8").splitlines()
            self.assertEqual(list(lint.include_map(path, lines)), [], str(path))


if __name__ == "__main__":
    unittest.main()
