"""trestled as its supervisor sees it: arguments, bad settings, signals, files.

    python3 tests/e2e/python/daemon_test.py build/dev/bin/trestled
"""
import os
import signal
import socket
import stat
import subprocess
import urllib.request

import bridge
from bridge import BridgeTest, Client, Trestled, admin_pb, grpc, keys_pb


class Settings(BridgeTest):
    def setUp(self):
        self.daemon = Trestled(bridge.BINARY)
        self.addCleanup(self.daemon.remove)

    def run_with(self, text, *arguments):
        """Runs it to its end with this configuration; answers (code, standard error)."""
        path = f"{self.daemon.folder}/t.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        ended = subprocess.run([bridge.BINARY, "--config", path, *arguments],
                               capture_output=True, text=True, timeout=bridge.PATIENCE_S)
        return ended.returncode, ended.stderr

    def test_a_right_configuration_passes_the_check_and_starts_nothing(self):
        code, error = self.run_with("data_dir: d\n", "--check")
        self.assertEqual((code, error), (0, ""))
        self.assertFalse(os.path.exists(f"{self.daemon.folder}/d"))

    def test_a_bad_setting_stops_it_with_one_line_that_names_it(self):
        code, error = self.run_with("data_dir: d\nlimits: {attempts_max: 0}\n")
        self.assertEqual(code, 78)
        self.assertEqual(error, f"trestled: {self.daemon.folder}/t.yaml:2: limits.attempts_max: "
                                "must be a number from 1 to 1000\n")

    def test_an_address_beyond_loopback_stops_it_with_one_line(self):
        code, error = self.run_with("data_dir: d\nlisten: 0.0.0.0:7443\n")
        self.assertEqual(code, 78)
        self.assertIn("listen: must be a loopback address", error)
        self.assertEqual(error.count("\n"), 1)

    def test_a_port_that_is_taken_stops_it_with_one_line(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            code, error = self.run_with(
                f"data_dir: d\nlisten: 127.0.0.1:{port}\nmetrics: 127.0.0.1:0\n"
                "log: {path: log}\n")
        self.assertEqual(code, 78)
        self.assertEqual(error, "trestled: listen: the gRPC port cannot be had; is another daemon "
                                "on it?\n")

    def test_a_second_daemon_on_the_same_data_is_refused(self):
        self.daemon.start()
        code, error = self.run_with("data_dir: data\nlisten: 127.0.0.1:0\nmetrics: 127.0.0.1:0\n"
                                    "log: {path: log2}\n")
        self.assertEqual(code, 78)
        self.assertTrue(error.startswith("trestled: data_dir: "), error)

    def test_unknown_words_show_the_usage(self):
        ended = subprocess.run([bridge.BINARY, "--no-such-thing"], capture_output=True, text=True,
                               timeout=bridge.PATIENCE_S)
        self.assertEqual(ended.returncode, 64)
        self.assertIn("trestled --config FILE", ended.stderr)


class Life(BridgeTest):
    def test_the_ready_file_tells_every_port_and_the_process(self):
        ready = self.daemon.ready
        self.assertEqual(ready["pid"], self.daemon.process.pid)
        self.assertEqual(ready["webhook_ports"], {})
        with urllib.request.urlopen(f"http://127.0.0.1:{ready['metrics_port']}/healthz",
                                    timeout=bridge.PATIENCE_S) as answer:
            self.assertEqual(answer.status, 200)
        self.assertTrue(self.person().token)

    def test_a_signal_to_stop_is_obeyed_with_people_connected(self):
        person = self.person().connect()
        self.assertEqual(self.daemon.stop(), 0)
        with self.assertRaises(grpc.RpcError):
            while person.hear() is not None:
                pass
        self.assertFalse(os.path.exists(f"{self.daemon.folder}/ready.json"))

    def test_a_signal_to_reload_changes_the_log_s_level(self):
        with open(self.daemon.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.daemon.config, "w", encoding="utf-8") as file:
            file.write(text + "# a comment changes nothing\n")
        self.daemon.process.send_signal(signal.SIGHUP)
        # Reloads run one after another: this one's answer comes after the signal's.
        operator = self.operator()
        answer = operator.call("Admin.Reload", admin_pb.ReloadRequest())
        self.assertEqual((list(answer.applied), list(answer.need_restart)), ([], []))
        self.assertIsNone(self.daemon.process.poll())

    def test_tokens_and_accounts_outlive_a_restart(self):
        person = self.person()
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        again = Client(self.daemon.address, person.token)
        self.addCleanup(again.close)
        self.assertEqual(again.call("Keys.Count", keys_pb.CountRequest()).count, 0)

    def test_nobody_else_can_read_the_data(self):
        for folder, _, names in os.walk(f"{self.daemon.folder}/data"):
            for path in [folder] + [f"{folder}/{name}" for name in names]:
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o077, 0, path)

    def test_no_token_is_in_the_log_or_on_the_disk(self):
        person = self.person().connect()
        person.alias(label="bicycle")
        self.daemon.stop()
        for folder, _, names in os.walk(self.daemon.folder):
            for name in names:
                if name.endswith(".token"):
                    continue
                with open(f"{folder}/{name}", "rb") as file:
                    octets = file.read()
                self.assertNotIn(person.token.encode(), octets, name)
                self.assertNotIn(bridge.OPERATOR_TOKEN.encode(), octets, name)

    def test_health_is_told_to_those_who_ask_for_it(self):
        # grpc.health.v1.Health/Check with an empty request; SERVING is field 1, value 1.
        channel = grpc.insecure_channel(self.daemon.address)
        self.addCleanup(channel.close)
        check = channel.unary_unary("/grpc.health.v1.Health/Check",
                                    request_serializer=lambda octets: octets,
                                    response_deserializer=lambda octets: octets)
        self.assertEqual(check(b"", timeout=bridge.PATIENCE_S), b"\x08\x01")
        # One name for each adapter: field 1, the service.
        name = b"adapter.native"
        self.assertEqual(check(b"\x0a" + bytes([len(name)]) + name, timeout=bridge.PATIENCE_S),
                         b"\x08\x01")

    def test_it_listens_on_loopback_only(self):
        ports = {self.daemon.ready["grpc_port"], self.daemon.ready["metrics_port"]}
        # 127.0.0.1 as the kernel writes it, also inside IPv6.
        loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
        seen = set()
        for table in ("tcp", "tcp6"):
            with open(f"/proc/{self.daemon.process.pid}/net/{table}", encoding="utf-8") as file:
                for line in list(file)[1:]:
                    address, port = line.split()[1].split(":")
                    if line.split()[3] == "0A" and int(port, 16) in ports:
                        self.assertIn(address, loopback)
                        seen.add(int(port, 16))
        self.assertEqual(seen, ports)


if __name__ == "__main__":
    bridge.main([Settings, Life])
