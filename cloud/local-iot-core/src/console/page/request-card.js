// One request: a line if it was accepted, and all that is known of it once it is open.

import { clock, element, fact } from './dom.js';
import { visible } from './text.js';

const STAGES = ['request', 'authorizer', 'function', 'policy', 'delivery'];

function policySays(request) {
  // A test of an authorizer has no topic to ask about.
  if (request.policy === null) return request.accepted ? 'not asked' : 'not asked: it did not come that far';
  return request.policy === request.reason ? 'refuses, for the reason above' : request.policy;
}

// An ARN is long: it may break after each of its parts.
function arn(text) {
  const parts = text.split(/(?<=[:/])/);
  return element('code', 'arn', ...parts.flatMap((part) => [part, document.createElement('wbr')]));
}

// Begins with a capital, unless with a name such as principalId.
function reasonText(reason) {
  const sentence = visible(reason).replace(/^[a-z](?=[a-z]*[ ,:;])/, (c) => c.toUpperCase());
  const parts = sentence.split(/(arn:[^\s":]*:[^\s"]*[^\s":;,])/);
  return element('p', 'reason', ...parts.map((part, index) => (index % 2 ? arn(part) : part)));
}

// How far it came: the stages that it passed, and the one that refused it.
function stages(request) {
  const reached = STAGES.indexOf(request.stage);
  const asked = { authorizer: request.authorizer !== null, function: request.invocation !== null, policy: request.policy !== null };
  const list = element('ol', 'stages');
  list.setAttribute('aria-label', 'Stages');
  for (const [index, stage] of STAGES.entries()) {
    const isLast = index === reached;
    const wasAsked = asked[stage] ?? true;
    let [state, mark, said] = ['', '–', 'not reached'];
    if (isLast && !request.accepted) [state, mark, said] = ['failed', '✕', 'refused here'];
    else if (index <= reached) [state, mark, said] = wasAsked ? ['passed', '✓', 'passed'] : ['', '–', 'not asked'];
    const name = stage[0].toUpperCase() + stage.slice(1);
    const item = element('li', state, element('span', '', `${mark} ${name}`));
    item.title = said;
    item.setAttribute('aria-label', `${name}: ${said}`);
    list.append(item);
  }
  return list;
}

function repeat(command) {
  const copy = element('button', 'quiet', 'Copy');
  copy.type = 'button';
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(command);
    copy.textContent = 'Copied';
    setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
  });
  const secrets = command.match(/\$[A-Z_]+/g);
  const said = secrets
    ? element('p', '', `No secret is kept: set ${[...new Set(secrets)].join(' and ')} first.`)
    : '';
  return element('details', 'repeat', element('summary', '', 'Send it again'),
    element('div', 'command', element('pre', '', visible(command)), copy, said));
}

function inside(request) {
  const facts = element('dl', 'facts');
  if (request.client_id !== null) fact(facts, 'Client', visible(request.client_id));
  // A rule acts on a message that was accepted already.
  if (request.rule !== null) fact(facts, 'Rule', visible(request.rule));
  else fact(facts, 'Authorizer', visible(request.authorizer ?? 'none'));
  fact(facts, 'Invocation', visible(request.invocation ?? 'the function was not called'));
  for (const line of request.output) fact(facts, 'Output', visible(line), 'output');
  if (request.rule === null) fact(facts, 'Policy', visible(policySays(request)));
  for (const note of request.notes) fact(facts, 'Note', visible(note));
  if (request.id !== null) fact(facts, 'Request id', element('span', '', element('code', 'arn', request.id), ' (and trace id)'));
  const parts = [reasonText(request.reason), ...(request.rule === null ? [stages(request)] : []), facts];
  if (request.repeat !== null) parts.push(repeat(request.repeat));
  return parts;
}

export function requestCard(request) {
  const verdict = request.accepted ? 'accepted' : 'refused';
  const badge = `${request.accepted ? '✓' : '✕'} ${request.status ?? request.operation ?? 'no response'} ${verdict}`;
  const head = element('summary', 'head', element('span', 'badge', badge),
    element('span', 'topic', visible(request.topic ?? request.client_id ?? '')), clock(request.time));
  const card = element('details', '', head);
  card.open = !request.accepted;
  // Of a thousand lines few are ever opened.
  const fill = () => {
    if (card.open && card.childElementCount === 1) card.append(...inside(request));
  };
  card.addEventListener('toggle', fill);
  fill();
  return element('li', verdict, card);
}
