// Runs a handler file for Node.js as Lambda does, over the Lambda runtime API ("Using the Lambda runtime API for custom runtimes").
import { request } from "node:http";
import { format } from "node:util";
import { pathToFileURL } from "node:url";

const env = process.env;
const file = process.argv[1];
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, path: "/2018-06-01/runtime/" + path, agent: false };
    const sent = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function report(error) {
  console.error(error instanceof Error ? error.stack : format("%o", error));
  return JSON.stringify({
    errorType: error?.name ?? typeof error,
    errorMessage: error?.message ?? String(error),
    stackTrace: String(error?.stack ?? "").split("\n").slice(1),
  });
}

async function load() {
  const name = env._HANDLER.split(".").pop();
  const module = await import(pathToFileURL(file));
  const handler = module[name] ?? module.default?.[name];
  if (typeof handler !== "function") {
    throw Object.assign(new Error(`${env._HANDLER} is not a function`), { name: "Runtime.HandlerNotFound" });
  }
  return handler;
}

// A promise is awaited; without one the callback counts, or the end of all work.
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, value) => (error == null ? resolve(value) : reject(error));
    Object.assign(context, { done: callback, succeed: resolve, fail: reject });
    process.removeAllListeners("beforeExit").once("beforeExit", () => resolve(null));
    const returned = handler(event, context, callback);
    if (typeof returned?.then === "function") returned.then(resolve, reject);
  });
}

let handler;
try {
  handler = await load();
} catch (error) {
  await call("POST", "init/error", report(error));
  process.exit(1);
}
for (;;) {
  const { status, headers, text } = await call("GET", "invocation/next");
  if (status !== 200) process.exit(0);
  const id = headers["lambda-runtime-aws-request-id"];
  env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  const context = {
    awsRequestId: id,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Number(headers["lambda-runtime-deadline-ms"]) - Date.now(),
  };
  try {
    const returned = await run(handler, JSON.parse(text), context);
    await call("POST", `invocation/${id}/response`, JSON.stringify(returned) ?? "null");
  } catch (error) {
    await call("POST", `invocation/${id}/error`, report(error));
  }
}
