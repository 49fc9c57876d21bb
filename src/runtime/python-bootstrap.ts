/**
 * The Python side of the Runtime API for zip functions, and for images whose own client cannot be used:
 * loads the handler and passes events to it. Behaves as AWS's runtime interface client for Python does towards
 * the function: error types and messages, stack traces that begin at the function's own code, context object,
 * log format, JSON with Decimal. It speaks HTTP over one plain socket, so that it imports next to nothing that
 * the function might have forgotten to import itself, and starts quickly.
 *
 * With the argument `artefact` it hands over to the artefact's own awslambdaric when that can be imported.
 */
export const pythonBootstrap: string = String.raw`import decimal
import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback

OWN_FILE = os.path.abspath(__file__)
RUNTIME = "/2018-06-01/runtime"


class Fault(Exception):
    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace


class Api:
    """Requests to the Runtime API over one connection that is kept open."""

    def __init__(self, address):
        self.host = address
        name, _, port = address.rpartition(":")
        self.address = (name, int(port))
        self.stream = None

    def request(self, method, path, body=b"", headers=()):
        lines = ["%s %s%s HTTP/1.1" % (method, RUNTIME, path), "Host: " + self.host]
        lines += ["%s: %s" % pair for pair in headers]
        lines.append("Content-Length: %d" % len(body))
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        if self.stream is None:
            self.socket = socket.create_connection(self.address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.stream = self.socket.makefile("rb")
        self.socket.sendall(head + body)
        return self.read()

    def read(self):
        status = self.stream.readline().split()
        if len(status) < 2:
            sys.exit(1)
        headers = {}
        while True:
            line = self.stream.readline().strip()
            if not line:
                break
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self.stream.read(int(headers.get("content-length", 0)))
        return int(status[1]), headers, body


class Encoder(json.JSONEncoder):
    """Decimal as a number and bytes as text, as simplejson writes them for AWS's client."""

    def __init__(self):
        runtime = os.environ.get("AWS_EXECUTION_ENV", "")
        minor = runtime.rpartition("python3.")[2]
        super().__init__(ensure_ascii=not (minor.isdigit() and int(minor) >= 12), allow_nan=True)
        self.numbers = {}

    def default(self, value):
        if isinstance(value, decimal.Decimal):
            if value.is_nan():
                return float("nan")
            mark = "\x00decimal-%d\x00" % len(self.numbers)
            self.numbers[json.dumps(mark)] = str(value)
            return mark
        if isinstance(value, bytes):
            return value.decode("utf-8")
        return super().default(value)

    def encode(self, value):
        text = super().encode(value)
        for mark, number in self.numbers.items():
            text = text.replace(mark, number)
        self.numbers = {}
        return text


class Record:
    """Attributes from a dictionary; those it lacks are None."""

    def __init__(self, names, values):
        for name in names:
            setattr(self, name, (values or {}).get(name))


CLIENT_NAMES = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class LambdaContext:
    def __init__(self, headers):
        client = parse_header(headers, "lambda-runtime-client-context", "Client Context")
        identity = parse_header(headers, "lambda-runtime-cognito-identity", "Cognito Identity") or {}
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.client_context = None
        if client is not None:
            self.client_context = Record(("custom", "env", "client"), client)
            if self.client_context.client is not None:
                self.client_context.client = Record(CLIENT_NAMES, self.client_context.client)
        self.identity = Record(("cognito_identity_id", "cognito_identity_pool_id"), {})
        self.identity.cognito_identity_id = identity.get("cognitoIdentityId")
        self.identity.cognito_identity_pool_id = identity.get("cognitoIdentityPoolId")
        self._deadline = int(headers.get("lambda-runtime-deadline-ms", 0))

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        shown = ["%s=%s" % item for item in vars(self).items() if not item[0].startswith("_")]
        return "LambdaContext([%s])" % ",".join(shown)


def parse_header(headers, name, title):
    text = headers.get(name)
    if not text:
        return None
    try:
        return json.loads(text)
    except Exception as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (title, error))


class LogHandler(logging.Handler):
    request_id = ""

    def __init__(self):
        super().__init__()
        self.is_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record):
        record.aws_request_id = LogHandler.request_id
        text = self.json_line(record) if self.is_json else self.format(record)
        sys.stdout.write(text + "\n")

    def json_line(self, record):
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": record.aws_request_id,
        }
        if record.exc_info and record.exc_info[0]:
            kind, value, trace = record.exc_info
            line.update(errorType=kind.__name__, errorMessage=str(value), stackTrace=traceback.format_tb(trace))
        return json.dumps(line, default=str)


def set_up_logging():
    root = logging.getLogger()
    root.addHandler(LogHandler())
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}.get(level, level)
    if level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        root.setLevel(level)


def set_up_path():
    """The search path of a deployed function: what the host's Python has installed is not on it."""
    opt = os.environ.get("SHEAR_OPT_FOLDER", "/opt")
    version = "python%d.%d" % sys.version_info[:2]
    extra = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    site = ("site-packages", "dist-packages")
    standard = [
        folder for folder in sys.path[1:]
        if folder not in extra and os.path.basename(folder) not in site
    ]
    task = os.environ["LAMBDA_TASK_ROOT"]
    own = [task, "%s/python/lib/%s/site-packages" % (opt, version), opt + "/python"]
    sys.path[:] = own + extra + standard
    os.environ.pop("SHEAR_OPT_FOLDER", None)


def load_handler(name):
    module, dot, function = name.rpartition(".")
    if not dot:
        message = "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name
        raise Fault("Runtime.MalformedHandlerName", message)
    if module.split(".")[0] in sys.builtin_module_names:
        message = "Cannot use built-in module %s as a handler module" % module
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module, error))
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        message = "Syntax error in module '%s': %s" % (module, error)
        raise Fault("Runtime.UserCodeSyntaxError", message, trace)
    try:
        return getattr(loaded, function)
    except AttributeError:
        message = "Handler '%s' missing on module '%s'" % (function, module)
        raise Fault("Runtime.HandlerNotFound", message)


def describe(error, request_id=None):
    """The error document of a fault of the runtime's or an exception of the function's."""
    if isinstance(error, Fault):
        kind, message, trace = error.kind, error.message, error.trace or []
    else:
        frames = list(traceback.extract_tb(error.__traceback__))
        while frames and os.path.abspath(frames[0].filename) == OWN_FILE:
            frames.pop(0)
        kind, message = type(error).__name__, str(error)
        trace = traceback.format_list([(f.filename, f.lineno, f.name, f.line) for f in frames])
    return {"errorMessage": message, "errorType": kind, "requestId": request_id or "", "stackTrace": trace}


def log_error(document):
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON":
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        sys.stdout.write(json.dumps({"timestamp": stamp, "level": "ERROR", **document}) + "\n")
        return
    text = "[ERROR] " + document["errorType"]
    if document["errorMessage"]:
        text += ": " + document["errorMessage"]
    lines = [text, "Traceback (most recent call last):"]
    for element in document["stackTrace"]:
        for line in element.splitlines():
            body = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(body)) + body)
    # A carriage return keeps the lines together as one event of the log.
    sys.stdout.write("\r".join(lines) + "\n")


def post_error(api, path, document):
    headers = [("Lambda-Runtime-Function-Error-Type", document["errorType"]), ("Content-Type", "application/json")]
    body = json.dumps(document, default=str, ensure_ascii=True).encode()
    api.request("POST", path, body, headers)


def answer(handler, encoder, headers, body):
    context = LambdaContext(headers)
    try:
        event = json.loads(body)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)
    result = handler(event, context)
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return encoder.encode(result).encode("utf-8"), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def serve(api, handler):
    encoder = Encoder()
    while True:
        status, headers, body = api.request("GET", "/invocation/next")
        if status != 200:
            sys.exit(1)
        request_id = headers["lambda-runtime-aws-request-id"]
        LogHandler.request_id = request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
        path = "/invocation/" + request_id
        try:
            result, kind = answer(handler, encoder, headers, body)
        except Exception as error:
            document = describe(error, request_id)
            log_error(document)
            post_error(api, path + "/error", document)
            continue
        status = api.request("POST", path + "/response", result, [("Content-Type", kind)])[0]
        if status != 202:
            raise RuntimeError("the response was refused with status %d" % status)


def main():
    set_up_path()
    name = os.environ["_HANDLER"]
    if sys.argv[1:] == ["artefact"]:
        try:
            from awslambdaric.__main__ import main as run_client
        except ImportError:
            pass
        else:
            return run_client(["awslambdaric", name])
    set_up_logging()
    api = Api(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(name)
    except Exception as error:
        document = describe(error)
        log_error(document)
        post_error(api, "/init/error", document)
        sys.exit(1)
    serve(api, handler)


if __name__ == "__main__":
    # The function's modules see an ordinary main module, not this one's names.
    main()
`;
