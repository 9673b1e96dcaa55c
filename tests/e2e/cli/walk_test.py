"""`trestle` against a real trestled on a port of the system's choice, as two people would use it.

    walk_test.py TRESTLED TRESTLE

Every wait is for a line or for the end of a process; ctest's time limit is the only clock.
"""
import base64
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

TRESTLED, TRESTLE = sys.argv[1:3]
OPERATOR_TOKEN = "operator-token-of-this-test"
SECRET_WORDS = "the bicycle is blue"


class Bridge:
    """One daemon with a folder of its own. Its log tells the port."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="trestle-cli-e2e-")
        self.token_file = f"{self.folder}/operator.token"
        with open(self.token_file, "w", encoding="ascii") as file:
            file.write(OPERATOR_TOKEN + "\n")
        os.chmod(self.token_file, 0o600)
        with open(f"{self.folder}/trestle.yaml", "w", encoding="ascii") as file:
            file.write("listen: 127.0.0.1:0\nmetrics: 127.0.0.1:0\ndata_dir: data\n"
                       "operator: {token_file: operator.token}\n")
        self.process = subprocess.Popen([TRESTLED, "--config", f"{self.folder}/trestle.yaml"],
                                        stderr=subprocess.PIPE, text=True)
        log = ""
        for line in self.process.stderr:
            log += line
            if '"event":"started"' in line:
                self.address = f"127.0.0.1:{json.loads(line)['grpc_port']}"
                break
        else:
            raise AssertionError("trestled ended: " + log)
        self.drain = threading.Thread(target=self.process.stderr.read, daemon=True)
        self.drain.start()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait()
        self.drain.join()
        self.process.stderr.close()
        shutil.rmtree(self.folder)
        return code


class Answer:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr


class Running:
    """A command that stays: its lines as they come."""

    def __init__(self, words):
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)

    def line_with(self, word):
        for line in self.process.stdout:
            if word in line:
                return line
        raise AssertionError(f"ended without {word}: {self.process.stderr.read()}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        out, err = self.process.communicate()
        return self.process.returncode, out, err


class Person:
    def __init__(self, bridge, name):
        self.bridge = bridge
        self.home = f"{bridge.folder}/homes/{name}"

    def words(self, *words):
        return [TRESTLE, "--server", self.bridge.address, "--home", self.home, *words]

    def tries(self, *words, given=None):
        return Answer(subprocess.run(self.words(*words), capture_output=True, text=True,
                                     input=given, check=False))

    def says(self, *words, given=None):
        answer = self.tries(*words, given=given)
        if answer.code != 0:
            raise AssertionError(f"{words}: exit {answer.code}: {answer.err}")
        return answer.out

    def stays(self, *words):
        return Running(self.words(*words))

    def link(self):
        return re.search(r"^([0-9a-f]{32})  native", self.says("contacts"), re.MULTILINE).group(1)


class Walk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bridge = Bridge()
        cls.people = 0

    @classmethod
    def tearDownClass(cls):
        assert cls.bridge.stop() == 0

    def person(self):
        Walk.people += 1
        someone = Person(self.bridge, f"p{Walk.people}")
        someone.says("enrol")
        return someone

    def pair(self):
        """Ana owns an alias, Ben has reached it; both share keys."""
        ana, ben = self.person(), self.person()
        alias = ana.says("alias", "new", "bicycle").strip()
        ben.says("reach", alias)
        ana.says("inbox")
        ana.says("accept", ana.link())
        ben.says("inbox")
        ana.says("inbox")
        return ana, ben

    def operator(self, *words):
        return [TRESTLE, "--server", self.bridge.address, "--operator-token-file",
                self.bridge.token_file, *words]

    def test_two_strangers_meet_and_write(self):
        ana, ben = self.person(), self.person()
        alias = ana.says("alias", "new", "bicycle", "--ttl", "7d").strip()
        self.assertRegex(alias, r"^[a-z]+-[a-z]+-\d+$")
        ben.says("reach", alias.upper())
        request = ana.says("inbox")
        link = re.search(r"trestle accept ([0-9a-f]{32})", request).group(1)
        self.assertIn('request   ' + link[:8] + ' "bicycle"', request)
        ana.says("accept", link[:6])
        opened = ben.says("inbox")
        self.assertIn("accepted", opened)
        self.assertIn("ready", opened)
        envelope = ben.says("send", ben.link(), *SECRET_WORDS.split()).split()[1]
        self.assertIn(f'"bicycle" {SECRET_WORDS}\n', ana.says("inbox"))
        ana.says("send", link, "-", given="two\nlines\n")
        answer = ben.says("inbox")
        self.assertIn(f"envelope {envelope}: delivered", answer)
        self.assertIn("two\n              lines\n", answer)
        self.assertEqual(ana.says("safety", link), ben.says("safety", ben.link()))
        trace = ben.says("trace", envelope)
        self.assertRegex(trace.splitlines()[1], r"ingest +accept +ok")
        self.assertIn("delivered", trace)

    def test_the_erasure_of_what_was_received_is_proven_and_remembered(self):
        ana, ben = self.pair()
        envelope = re.search(r"\b[0-9a-f]{32}\b", ben.says("send", ben.link(), "gone soon"))[0]
        self.assertIn("not erased yet", ben.tries("erasure", "verify", envelope).err)
        ana.says("inbox")
        self.assertRegex(ben.says("erasure", "verify", envelope), r"erased +delivered")
        again = ben.says("erasure", "verify", envelope)
        self.assertIn("the one pinned before", again)
        self.assertIn("continues the head seen last", again)
        self.assertIn("pinned now", ana.says("erasure", "verify", envelope))
        with open(f"{ben.home}/erasure_log.key", "wb") as file:
            file.write(os.urandom(32))
        alarm = ben.tries("erasure", "verify", envelope)
        self.assertEqual(alarm.code, 1)
        self.assertIn("another key", alarm.err)

    def test_nothing_waits_a_second_time(self):
        ana, ben = self.pair()
        ben.says("send", ben.link(), "once")
        self.assertIn("once", ana.says("inbox"))
        again = ana.tries("inbox")
        self.assertNotIn("once", again.out)
        self.assertEqual(again.code, 0)

    def test_secrets_are_their_owners_alone(self):
        ana = self.person()
        self.assertEqual(stat.S_IMODE(os.stat(ana.home).st_mode), 0o700)
        for folder, _, files in os.walk(ana.home):
            for name in files:
                mode = stat.S_IMODE(os.stat(f"{folder}/{name}").st_mode)
                self.assertEqual(mode, 0o600, f"{folder}/{name}")

    def test_a_home_sends_while_its_inbox_follows(self):
        ana, ben = self.pair()
        follow = ana.stays("inbox", "--follow")
        ben.says("send", ben.link(), "hello")
        follow.line_with("hello")
        ana.says("send", ana.link(), "hello", "yourself")
        self.assertIn("hello yourself", ben.says("inbox"))
        follow.line_with("delivered")
        self.assertEqual(follow.stop()[0], 0)

    def test_a_newer_inbox_takes_over_from_an_older_one(self):
        ana, ben = self.pair()
        older = ana.stays("inbox", "--follow")
        ben.says("send", ben.link(), "first")
        older.line_with("first")
        newer = ana.stays("inbox", "--follow")
        code, _, err = older.ended()
        self.assertEqual(code, 1)
        self.assertIn("another client of this account has connected (conflict)", err)
        self.assertEqual(newer.stop()[0], 0)

    def test_the_operator_watches_ids_and_sizes_and_no_words(self):
        ana, ben = self.pair()
        watch = Running(self.operator("watch"))
        # The watch has begun when it shows something: write until it does.
        seen = threading.Event()
        line = []

        def first_line():
            line.append(watch.line_with("accept"))
            seen.set()

        reader = threading.Thread(target=first_line)
        reader.start()
        while not seen.is_set():
            ben.says("send", ben.link(), SECRET_WORDS)
        reader.join()
        ana.says("inbox")
        code, out, _ = watch.stop()
        self.assertEqual(code, 0)
        self.assertRegex(line[0], r"^\d\d:\d\d:\d\d\.\d{3}  accept +env [0-9a-f]{8}  contact "
                                  r"[0-9a-f]{8}  native → · +\d+ octets +ok")
        self.assertNotIn("bicycle", line[0] + out)

    def test_explain_answers_what_ifs_and_sends_nothing(self):
        _, ben = self.pair()
        now = ben.says("route", "explain", ben.link())
        self.assertRegex(now, r"NETWORK +VERDICT +RULE +MEASURED/LIMIT +WHY\nnative +chosen")
        down = ben.says("route", "explain", ben.link(), "--down", "native")
        self.assertRegex(down, r"native +waits +adapter_down")
        asked = subprocess.run(self.operator("route", "explain", ben.link()), capture_output=True,
                               text=True, check=True)
        self.assertEqual(asked.stdout, now)
        self.assertRegex(ben.says("route", "list"), ben.link() + r" .* native +sealed")

    def test_the_operator_drains_and_resumes(self):
        _, ben = self.pair()
        run = lambda *words: subprocess.run(self.operator(*words), capture_output=True, text=True,
                                            check=True).stdout
        self.assertRegex(run("admin", "adapters"), r"native +healthy +healthy +healthy +.* no ")
        run("admin", "drain", "native")
        self.assertIn("adapter_draining", ben.says("route", "explain", ben.link()))
        run("admin", "resume", "native")
        self.assertIn("chosen", ben.says("route", "explain", ben.link()))
        self.assertIn("no dead letters", run("admin", "dead-letters"))
        self.assertIn("nothing has changed", run("admin", "reload"))

    def test_a_printed_request_is_what_grpcurl_sends(self):
        ana, ben = self.pair()
        printed = ben.says("send", ben.link(), "by hand", "--print-request")
        request = json.loads(printed)
        self.assertEqual(base64.b64decode(request["linkId"]).hex(), ben.link())
        # RFC 9420, Section 6: version mls10, wire format mls_private_message.
        self.assertEqual(base64.b64decode(request["payload"])[:4], b"\0\1\0\2")
        tool = shutil.which("grpcurl", path=os.environ["PATH"] + ":build/tools")
        if tool is None:
            print("WARN: grpcurl is not installed; the printed request was not sent")
            return
        with open(f"{ben.home}/token", encoding="ascii") as file:
            token = file.read().strip()
        subprocess.run([tool, "-plaintext", "-H", f"authorization: Bearer {token}", "-d", "@",
                        self.bridge.address, "trestle.v1.Messages/Submit"], input=printed, text=True,
                       check=True, capture_output=True)
        self.assertIn("by hand", ana.says("inbox"))

    def test_preferences_change_only_what_was_named(self):
        ana = self.person()
        ana.says("preferences", "set", "--order", "whatsapp,native", "--sms", "yes")
        ana.says("preferences", "set", "--refuse", "instagram")
        self.assertEqual(ana.says("preferences", "get"),
                         "order    whatsapp, native\nrefused  instagram\nsms      yes\n"
                         "kept in  anywhere\nnever in none\n")
        ana.says("preferences", "set", "--keep-in", "eu,DE", "--never-in", "FR")
        self.assertTrue(ana.says("preferences", "get").endswith(
            "sms      yes\nkept in  eu, DE\nnever in FR\n"))

    def test_a_join_code_brings_two_homes_to_one_account(self):
        ana = self.person()
        code = ana.says("code").strip()
        tablet = Person(self.bridge, "tablet")
        tablet.says("enrol", "--join-code", code)
        account = re.compile(r"account   ([0-9a-f]{32})")
        self.assertEqual(account.search(ana.says("status")).group(1),
                         account.search(tablet.says("status")).group(1))

    def test_aliases_rotate_close_and_come_back(self):
        ana, ben = self.person(), self.person()
        once = ana.says("alias", "new", "--uses", "1", "--listing", "bicycle").strip()
        rotated = ana.says("alias", "rotate", once).strip()
        self.assertNotEqual(once, rotated)
        self.assertIn("is yours again", ana.says("alias", "restore", once))
        ben.says("reach", rotated)
        listed = ana.says("alias", "list")
        self.assertIn("used up", listed)
        self.assertIn("1 of 1", listed)
        self.assertIn("2 aliases revoked", ana.says("alias", "close", "bicycle"))
        self.assertNotIn("requested", ana.says("contacts"))

    def test_a_request_is_cancelled_and_the_answer_tells_nothing(self):
        ana, ben = self.person(), self.person()
        alias = ana.says("alias", "new").strip()
        ben.says("reach", alias)
        answers = {ben.says("cancel", name).replace(name, "NAME")
                   for name in (alias, alias, "brisk-otter-0000")}
        self.assertEqual(len(answers), 1)
        self.assertIn("refused", ana.says("contacts"))

    def test_the_key_log_is_verified_and_remembered(self):
        ana, ben = self.pair()
        log = ana.says("keys", "log")
        self.assertIn("claimed", log)
        self.assertRegex(log, r"verified up to entry \d+")
        with open(f"{ana.home}/key-log-head", "r+b") as head:
            head.seek(20)
            octet = head.read(1)
            head.seek(20)
            head.write(bytes([octet[0] ^ 1]))
        answer = ana.tries("keys", "log")
        self.assertEqual(answer.code, 1)
        self.assertIn("not the one that was seen before", answer.err)

    def test_everybody_is_revoked_at_once_and_the_ledger_says_so(self):
        ana, ben = self.pair()
        self.assertIn("1 contacts changed", ana.says("revoke", "contacts"))
        ledger = ana.says("consents")
        self.assertIn("granted", ledger)
        self.assertIn("revoked", ledger)

    def test_a_revoked_contact_is_refused_with_its_rule(self):
        ana, ben = self.pair()
        ana.says("revoke", ana.link())
        answer = ben.tries("send", ben.link(), "still there?")
        self.assertEqual(answer.code, 1)
        self.assertIn("refused (no_consent)", answer.err)

    def test_wrong_words_get_a_sentence_and_an_exit_code(self):
        ana, ben = self.pair()
        stranger = Person(self.bridge, "stranger")
        for someone, words, code, sentence in [
                (ana, ["enrol"], 1, "you have enrolled"),
                (ana, ["inobx"], 2, 'Did you mean "inbox"?'),
                (ana, ["reach"], 2, "reach needs ALIAS"),
                (ana, ["reach", "a!"], 1, "(invalid_argument)"),
                (ana, ["send", ana.link(), ""], 2, "no text"),
                (ana, ["send", ana.link(), "x", "--ttl", "2h"], 2, "--ttl is 30s, 5m"),
                (ana, ["send", "ffff" * 8, "x"], 1, "shares no keys"),
                (ana, ["accept", "nothex"], 1, "is no link"),
                (ana, ["trace", "0" * 32], 1, "nothing is known"),
                (ana, ["trace", "0"], 2, "32 hexadecimal digits"),
                (ana, ["alias", "revoke", "no-such-1"], 1, "(not_found)"),
                (ana, ["route", "explain"], 2, "LINK or --alias"),
                (ana, ["route", "explain", ana.link(), "--size", "300"], 2, "--size"),
                (ana, ["admin", "adapters"], 1, "--operator-token-file"),
                (stranger, ["contacts"], 1, "nobody has enrolled"),
                (stranger, ["status"], 1, ""),
                (stranger, ["enrol", "--join-code", "00000000"], 1, "(not_found)"),
        ]:
            with self.subTest(words=words):
                answer = someone.tries(*words)
                self.assertEqual(answer.code, code)
                self.assertIn(sentence, answer.err)
        large = ben.tries("send", ben.link(), "-", given="x" * 70_000)
        self.assertEqual(large.code, 1)
        self.assertIn("too_large", large.err)

    def test_an_absent_bridge_is_told_apart_from_a_wrong_token(self):
        ana = self.person()
        absent = subprocess.run([TRESTLE, "--server", "127.0.0.1:1", "--home", ana.home, "keys",
                                 "count"], capture_output=True, text=True, check=False)
        self.assertIn("no bridge answers at 127.0.0.1:1", absent.stderr)
        with open(f"{ana.home}/token", "w", encoding="ascii") as file:
            file.write("some-other-token\n")
        wrong = ana.tries("keys", "count")
        self.assertEqual((absent.returncode, wrong.code), (1, 1))
        self.assertIn("(unauthenticated)", wrong.err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
