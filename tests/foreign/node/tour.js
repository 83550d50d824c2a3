// Takes the tour as any Node program would, with the .proto files and nothing else of this project:
//
//     node tour.js ADDRESS TOUR.json PROTO_FOLDER...
//
// Prints a line a step. The first outcome that is not the expected one ends it with exit code 1.
"use strict";

const { readFileSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const { inspect } = require("node:util");
const grpc = require("@grpc/grpc-js");
const protoLoader = require("@grpc/proto-loader");

const SETTLE_MS = 30_000;
const POLL_MS = 50;
const CALL_MS = 10_000;
// Names in camelCase, enums by name, int64 as text: what protobuf's JSON looks like. `json` unpacks Any.
const AS_JSON = { keepCase: false, enums: String, longs: String, json: true };
const FILES = ["tableadmin/v1/table_admin.proto", "google/rpc/status.proto", "google/rpc/error_details.proto"];

function errorOf(failure, status) {
  const [packed] = failure.metadata.get("grpc-status-details-bin");
  const details = packed === undefined ? [] : status.deserialize(packed).details;
  return { code: failure.code, message: failure.details, details };
}

function call(client, rpc, request, status) {
  return new Promise((resolve) => {
    client[rpc](request, { deadline: Date.now() + CALL_MS }, (failure, answer) => {
      resolve(failure ? { error: errorOf(failure, status) } : { answer });
    });
  });
}

// Whether `found` has every member and element of `expected`; it may have more.
function contains(found, expected) {
  if (Array.isArray(expected)) {
    return Array.isArray(found) && expected.every((one) => found.some((other) => contains(other, one)));
  }
  if (typeof expected === "object") {
    return typeof found === "object" && Object.keys(expected).every((key) => contains(found[key], expected[key]));
  }
  return found === expected;
}

async function outcomeOf(step, ask) {
  const deadline = Date.now() + SETTLE_MS;
  let outcome = await ask(step.rpc, step.request);
  while (step.repeated && !contains(outcome, step.outcome) && Date.now() < deadline) {
    await sleep(POLL_MS);
    outcome = await ask(step.rpc, step.request);
  }
  return outcome;
}

function lineOf(rpc, { error }) {
  return error ? `${rpc} refused: ${grpc.status[error.code]}` : `${rpc} answered`;
}

async function main(address, tour, ...includeDirs) {
  const definition = protoLoader.loadSync(FILES, { ...AS_JSON, includeDirs });
  const { TableAdmin } = grpc.loadPackageDefinition(definition).tableadmin.v1;
  const client = new TableAdmin(address, grpc.credentials.createInsecure());
  const ask = (rpc, request) => call(client, rpc, request, definition["google.rpc.Status"]);
  for (const step of JSON.parse(readFileSync(tour, "utf8"))) {
    const outcome = await outcomeOf(step, ask);
    if (!contains(outcome, step.outcome)) {
      throw new Error(`${step.rpc} gave ${inspect(outcome, { depth: null })}`);
    }
    console.log(lineOf(step.rpc, outcome));
  }
  client.close();
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
