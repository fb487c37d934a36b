// Publishes as the account's owner.

import { byId } from './dom.js';

export function publishForm() {
  const result = byId('publish-result');
  const say = (text, isGood) => {
    result.textContent = text;
    result.classList.toggle('good', isGood);
    result.classList.toggle('bad', !isGood);
  };
  byId('publish').addEventListener('submit', async (event) => {
    event.preventDefault();
    const options = new URLSearchParams();
    if (byId('publish-qos').checked) options.set('qos', '1');
    if (byId('publish-retain').checked) options.set('retain', 'true');
    const topic = encodeURIComponent(byId('publish-topic').value);
    try {
      const body = byId('publish-payload').value;
      const response = await fetch(`console/topics/${topic}?${options}`, { method: 'POST', body });
      const { message } = await response.json();
      say(response.ok ? '✓ published' : `✕ ${response.status}: ${message}`, response.ok);
    } catch {
      say('✕ the emulator does not answer', false);
    }
  });
}
