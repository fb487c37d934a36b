// What was published under the filter.

import { byId, clock, element, fact } from './dom.js';
import { LiveList } from './live-list.js';
import { payloadText, plural, visible } from './text.js';

const LIMIT = 200;

const chosenForm = () => document.querySelector('input[name="form"]:checked').value;

function showPayload(item, message) {
  const bytes = Uint8Array.from(atob(message.payload), (c) => c.charCodeAt(0));
  const isWhole = message.size === bytes.length;
  const { text, note } = payloadText(bytes, chosenForm(), isWhole);
  const payload = item.querySelector('.payload');
  payload.textContent = text;
  payload.hidden = bytes.length === 0;
  const size = isWhole ? plural(message.size, 'byte') : `the first ${plural(bytes.length, 'byte')} of ${message.size}`;
  const parts = [size, note, `QoS ${message.qos}`, message.retained && 'retained'];
  item.querySelector('.meta').textContent = parts.filter(Boolean).join(' · ');
}

// The properties of MQTT 5.
function properties(message) {
  const facts = element('dl', 'facts');
  const put = (name, value) => {
    if (value !== null) fact(facts, name, visible(String(value)));
  };
  put('Content type', message.content_type);
  put('Response topic', message.response_topic);
  put('Correlation', message.correlation_data);
  put('Expires after', message.expiry_seconds && `${message.expiry_seconds} s`);
  put('Announced as', message.is_utf8 === null ? null : message.is_utf8 ? 'UTF-8 text' : 'bytes');
  for (const [key, value] of message.user_properties) put(`User property ${visible(key)}`, value);
  return facts.childElementCount ? [facts] : [];
}

function messageItem(message) {
  const payload = element('pre', 'payload');
  payload.tabIndex = message.size > 400 ? 0 : -1;
  const head = element('div', 'head', element('span', 'topic', visible(message.topic)), clock(message.time));
  const item = element('li', 'message', head, payload, element('p', 'meta'), ...properties(message));
  showPayload(item, message);
  return item;
}

// `filter` gives the topic filter.
export function messageList(filter) {
  const messages = new LiveList('message', {
    limit: LIMIT,
    make: messageItem,
    count: (all) => `${plural(all.length, 'message')} under ${filter()}`,
  });
  byId('clear').addEventListener('click', () => messages.clear());
  for (const radio of document.querySelectorAll('input[name="form"]')) {
    radio.addEventListener('change', () => {
      for (const { data, node } of messages.items) showPayload(node, data);
    });
  }
  return messages;
}
