#!/usr/bin/env -S python3 -u
"""A custom runtime of the standard library alone, whose function does what its event's token says."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time


def call(method, path, body=None):
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    api.request(method, "/2018-06-01/runtime/" + path, body)
    answer = api.getresponse()
    return answer.headers, answer.read()


def send(text):
    """A connection of its own to the API, on which nothing is ever read."""
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(text.encode())
    kept.append(connection)


def grant(token_id):
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}],
    }
    return json.dumps({
        "isAuthenticated": True,
        "principalId": token_id,
        "policyDocuments": [document],
        "disconnectAfterInSeconds": 300,
        "refreshAfterInSeconds": 300,
    })


def handle(event, headers):
    token = event.get("token")
    if token == "throw":
        raise ValueError("no such token: " + token)
    if token == "nonsense":
        return "nonsense"
    if token == "hang":
        time.sleep(3600)
    if token == "crash":
        print("about to end", file=sys.stderr)
        os._exit(3)
    if token == "pid":
        print("process", os.getpid())
    if token == "together":
        # Until so many invocations are open at once.
        folder, count = os.environ["TOGETHER"].split(":")
        open(os.path.join(folder, str(os.getpid())), "w").close()
        while len(os.listdir(folder)) < int(count):
            time.sleep(0.01)
    if token == "child":
        print("process", subprocess.Popen(["sleep", "3600"]).pid)
    if token == "environment":
        for name, value in sorted(os.environ.items()):
            print(f"{name}={value}")
        for name in ["Aws-Request-Id", "Deadline-Ms", "Invoked-Function-Arn", "Trace-Id"]:
            print(name, headers["Lambda-Runtime-" + name])
    if token == "a-secret":
        print("the event is", json.dumps(event))
    if token == "huge":
        return "x" * 7_000_000
    if token == "huge-error":
        raise ValueError("x" * 5_000_000)
    if token == "flood":
        while True:
            sys.stdout.write("x" * 65536)
    if token == "garbage":
        send("\0\r\n\r\n" * 10_000)
    if token == "half":
        send("POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\r\ncontent-length:9\r\n\r\n{")
    if token == "other-id":
        call("POST", "invocation/00000000/response", grant("other"))
    if token == "twice":
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        call("POST", f"invocation/{request_id}/response", grant("once"))
    if token == "shout":
        print("x\n" * 100_000)
    return grant("device")


kept = []
start = os.environ.get("START")
if start == "exit":
    print("nothing works today")
    sys.exit(7)
if start == "error":
    call("POST", "init/error", '{"errorType": "Config", "errorMessage": "no key"}')
    time.sleep(3600)
if start == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if start == "deaf":
    time.sleep(3600)
if start == "half":
    send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost:")
    time.sleep(3600)
if start == "unread":
    send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost:localhost\r\n\r\n")
    time.sleep(3600)
while True:
    headers, event = call("GET", "invocation/next")
    request = "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(event)
    try:
        call("POST", request + "/response", handle(event, headers))
    except ValueError as error:
        report = {"errorType": type(error).__name__, "errorMessage": str(error)}
        call("POST", request + "/error", json.dumps(report))
    if event.get("token") == "last":
        break
