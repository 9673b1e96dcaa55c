"""TLS instead of plain text: our own rate over both, in turns."""
import collections
import os
import subprocess

from harness import Daemon, in_turns, load

Files = collections.namedtuple("Files", "certificate key")


def make_certificate(folder):
    files = Files(f"{folder}/server.pem", f"{folder}/server.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-out", files.certificate,
                    "-keyout", files.key], check=True, capture_output=True)
    os.chmod(files.key, 0o600)
    return files


def measure(context):
    tls = make_certificate(context.scratch())
    sealed, plain = Daemon(context, tls=tls).start(), Daemon(context).start()
    try:
        rounds = in_turns(context.rounds, lambda: load(context, sealed), lambda: load(context, plain))
        rates = [(ours["per_second"], theirs["per_second"]) for ours, theirs in rounds]
        context.ratio("TLS instead of plain text, one envelope a message", rates, aim="≥ 0.75",
                      at_least=0.75)
    finally:
        sealed.remove()
        plain.remove()
