"""Runs a handler file for Python as Lambda does, over the Lambda runtime API ("Using the Lambda runtime API for custom runtimes")."""

import http.client
import importlib.util
import json
import os
import sys
import time
import traceback

path = sys.argv[1]
env = os.environ


def call(method, target, body=None):
    api = http.client.HTTPConnection(env["AWS_LAMBDA_RUNTIME_API"])
    api.request(method, "/2018-06-01/runtime/" + target, body)
    response = api.getresponse()
    return response.status, response.headers, response.read()


def report(error):
    traceback.print_exception(error)
    lines = traceback.format_tb(error.__traceback__)
    return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": lines})


def load():
    sys.path.insert(0, env["LAMBDA_TASK_ROOT"])
    module_name, name = env["_HANDLER"].rsplit(".", 1)
    spec = importlib.util.spec_from_file_location(module_name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    # Lambda's own default comes first; both are common.
    for candidate in [name, "handler"]:
        if callable(getattr(module, candidate, None)):
            return getattr(module, candidate)
    raise AttributeError(f"Handler '{name}' missing on module '{module_name}'")


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = env["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = env["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = env["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = env["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = self.client_context = None
        self.deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self.deadline_ms - int(time.time() * 1000))


try:
    handler = load()
except BaseException as error:
    call("POST", "init/error", report(error))
    sys.exit(1)
while True:
    status, headers, event = call("GET", "invocation/next")
    if status != 200:
        sys.exit(0)
    env["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
    invocation = "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        returned = json.dumps(handler(json.loads(event), Context(headers)))
        target = invocation + "/response"
    except Exception as error:
        returned, target = report(error), invocation + "/error"
    call("POST", target, returned)
