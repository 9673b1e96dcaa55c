"""What sealing, opening and committing cost an endpoint, beside the raw operations (endpoint/bench)."""
import subprocess


def measure(context):
    seconds = "3" if context.full else "1"
    subprocess.run([context.program("trestle-endpoint-bench"), seconds], check=True)
