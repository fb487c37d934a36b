// The MQTT clients that are connected.

import { byId, clock, element } from './dom.js';
import { plural, visible } from './text.js';

function clientItem(client) {
  const who = element('div', 'who', element('span', 'topic', visible(client.id)),
    element('span', 'soft', 'since ', clock(client.since)));
  const filters = client.filters.map((filter) => element('span', 'filter-of', visible(filter)));
  const said = filters.length ? filters : [element('span', 'soft', 'subscribes to nothing')];
  return element('li', '', who, ...said);
}

export function showClients(clients) {
  byId('client-list').replaceChildren(...clients.map(clientItem));
  byId('clients-empty').hidden = clients.length > 0;
  byId('clients-count').textContent = clients.length ? `${plural(clients.length, 'client')} connected` : 'none is connected';
}
