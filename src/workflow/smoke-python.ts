import type { SmokeCase } from './smoke-test.ts';

/** The table's lines, as `insertCase` finds them again. */
export function pythonCase({ name, event, isOwn }: SmokeCase): string {
  return `    (${JSON.stringify(name)}, ${event === undefined ? 'None' : JSON.stringify(event)}, ${isOwn ? 'REAL' : 'EXAMPLE'}),`;
}

/** A pytest file that sends one event through each built function. */
export function pythonSmokeTest(cases: readonly SmokeCase[], folder: string, environment = 'env.local.json'): string {
  return `"""Every function, built, answers an event:

    python3 -m pytest ${folder}

Functions are built and run by shear, without Docker. Where shear is not installed \`sam local invoke\` runs what \`sam build\` made,
in Docker. Where neither can, tests are skipped and say why; so they are where a function asks AWS and AWS cannot be asked from here.

The content of an EXAMPLE event is made up: only its form is AWS's. A function that refuses it is skipped. Put in what your function
takes and write REAL beside it: from then on its errors fail the test. None stands for {}.
"""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE, REAL = "example", "real"

CASES = [
${cases.map(pythonCase).join('\n')}
]

ENVIRONMENT = ${JSON.stringify(environment)}
# What SDKs say when AWS cannot be asked from here, or has not got what the event names.
AWS_SAYS_NO = re.compile(
    r"ClientError|NoCredentials|CredentialsProvider|EndpointConnection|ConnectTimeout|NoRegion|NoSuch|NotFoundException|AccessDenied"
    r"|InvalidAccessKeyId|InvalidClientToken|UnrecognizedClient|ExpiredToken|security token|credentials|ENOTFOUND|ECONNREFUSED|EAI_AGAIN"
)
CANNOT_START = re.compile(r"^Runtime\\.|^Extension\\.|^Sandbox\\.(?!Timedout)|ImportError|ModuleNotFoundError|SyntaxError")
CANNOT_BUILD_HERE = re.compile(r"Docker|docker|not installed|cannot be started|cannot be reached|could not be reached|unreachable|\\[(?:network|registry|tool)/")


@pytest.mark.parametrize(("function", "event", "content"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_answers(function, event, content):
    error, message = invoke(function, event)
    if error is None:
        return
    said = f"{function} answered {event or '{}'} with {error}: {message}"
    if AWS_SAYS_NO.search(f"{error} {message}"):
        pytest.skip(f"{said} (give credentials of a development account, or AWS_ENDPOINT_URL of a local double)")
    if content == EXAMPLE and not CANNOT_START.search(error):
        pytest.skip(f"{said} (the event is an example: put in what the function takes, then mark it REAL)")
    pytest.fail(said)


def invoke(function, event):
    """The type and message of the function's error; (None, None) when it answered."""
    arguments = [function, "-e", event or "-"]
    if (PROJECT / ENVIRONMENT).exists():
        arguments += ["--env-vars", ENVIRONMENT]
    if shutil.which("shear"):
        done = run(["shear", "invoke", *arguments, "--json", "--quiet"])
        answer = json.loads(done.stdout) if done.stdout.strip() else {}
        if "kind" in answer:
            return (None, None) if answer["kind"] == "response" else error_of(answer["payload"], answer["kind"])
        reason = reason_of(answer.get("error")) or done.stderr.strip()
        if not CANNOT_BUILD_HERE.search(reason):
            pytest.fail(f"shear invoke {function}: {reason}")
        if not has_docker():
            pytest.skip(f"shear: {reason}")
    if not shutil.which("sam"):
        pytest.skip("neither shear nor sam is installed")
    if not has_docker():
        pytest.skip("sam local invoke needs Docker, which does not answer")
    done = run(["sam", "local", "invoke", *arguments])
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if not lines:
        pytest.fail(f"sam local invoke {function}: {done.stderr.strip()}")
    return error_of(lines[-1], None)


def reason_of(error):
    """Why shear did not call the function, as it prints it."""
    return error and " ".join([error["what"], *([f"({error['why']})"] if error.get("why") else []), f"[{error['code']}]"])


def error_of(payload, otherwise):
    try:
        answer = json.loads(payload)
    except ValueError:
        return otherwise, payload
    if isinstance(answer, dict) and "errorMessage" in answer:
        return answer.get("errorType") or "Error", answer["errorMessage"]
    return otherwise, payload if otherwise else None


def run(command):
    return subprocess.run(command, cwd=PROJECT, input="{}", capture_output=True, text=True)


def has_docker():
    return shutil.which("docker") is not None and run(["docker", "info"]).returncode == 0
`;
}
