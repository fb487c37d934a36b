// Follows the emulator's stream, and gives each event to the part of the page that shows it.

import { showClients } from './clients.js';
import { byId } from './dom.js';
import { messageList } from './messages.js';
import { publishForm } from './publish.js';
import { requestList } from './requests.js';
import { tabs } from './tabs.js';
import { quoted } from './text.js';

const RETRY_AFTER = 2000;

let filter = new URLSearchParams(location.search).get('filter') ?? '#';
const messages = messageList(() => filter);
const requests = requestList();

let source;
let retry;
// What is retained is shown once, not again after a lost connection.
let greeted = false;

function say(text, live) {
  byId('connection').textContent = text;
  byId('connection').classList.toggle('live', live);
}

function hello(greeting) {
  say('Live', true);
  byId('endpoint').textContent = greeting.endpoint;
  byId('mqtt').textContent = greeting.mqtt;
  byId('example').textContent =
    `curl --cacert ${quoted(greeting.ca)} \\\n  -H 'x-amz-customauthorizer-name: unsignedAuthorizer' \\\n  -H 'token: allow' -H 'id: uniqueID' \\\n  --data '{"message":"hello"}' \\\n  '${greeting.endpoint}/topics/uniqueID/status?qos=1'`;
  const problem = greeting.refused_filter
    && `${greeting.refused_filter}: + stands alone between slashes, and # alone at the end.`;
  byId('filter-problem').textContent = problem ?? '';
  byId('filter').setAttribute('aria-invalid', String(problem !== null));
  // The greeting has them all again, those that a lost connection kept from here too.
  requests.clear();
  requests.add(...greeting.requests);
  if (!greeted) messages.add(...greeting.retained);
  greeted = true;
}

function follow() {
  clearTimeout(retry);
  source?.close();
  source = new EventSource(`console/events?${new URLSearchParams({ filter })}`);
  const on = (name, then) => source.addEventListener(name, (event) => then(JSON.parse(event.data)));
  on('hello', hello);
  on('message', (message) => messages.add(message));
  on('request', (request) => requests.add(request));
  on('missed', (count) => requests.miss(count));
  on('clients', showClients);
  source.onerror = () => {
    say('Connection lost, trying again', false);
    // Some errors end a stream for good.
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(follow, RETRY_AFTER);
  };
}

byId('subscribe').addEventListener('submit', (event) => {
  event.preventDefault();
  filter = byId('filter').value.trim();
  history.replaceState(null, '', `?${new URLSearchParams({ filter })}`);
  messages.clear();
  greeted = false;
  // Until the greeting, what is published is not seen here.
  say('Connecting', false);
  follow();
});

byId('filter').value = filter;
publishForm();
tabs();
follow();
