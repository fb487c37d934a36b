// What became of each request: searched, paused and cleared.

import { byId } from './dom.js';
import { LiveList } from './live-list.js';
import { requestCard } from './request-card.js';
import { plural } from './text.js';

const LIMIT = 1000;

// Everything of a request that can be read on its card.
const haystacks = new WeakMap();
function haystack(request) {
  let text = haystacks.get(request);
  if (text === undefined) {
    const { repeat, time, ...shown } = request;
    text = Object.values(shown).flat().filter((value) => value !== null).join('\n').toLowerCase();
    haystacks.set(request, text);
  }
  return text;
}

export function requestList() {
  let missed = 0;
  const words = () => byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const requests = new LiveList('request', {
    limit: LIMIT,
    make: requestCard,
    count: (all) => {
      const refused = all.filter((request) => !request.accepted);
      const said = `${plural(all.length, 'request')}, ${refused.length} refused`;
      return missed ? `${said}, ${missed} missed in the rush` : said;
    },
    fits: (request) =>
      !(request.accepted && byId('refused-only').checked) && words().every((word) => haystack(request).includes(word)),
  });
  byId('refused-only').addEventListener('change', () => requests.sift());
  byId('search').addEventListener('input', () => requests.sift());
  byId('search-form').addEventListener('submit', (event) => event.preventDefault());
  byId('clear-requests').addEventListener('click', () => requests.clear());
  byId('pause').addEventListener('click', (event) => {
    const isPaused = !requests.isPaused;
    event.target.setAttribute('aria-pressed', String(isPaused));
    event.target.textContent = isPaused ? 'Go on' : 'Pause';
    requests.pause(isPaused);
  });
  return {
    add: (...some) => requests.add(...some),
    clear: () => requests.clear(),
    miss: (count) => { missed += count; },
  };
}
