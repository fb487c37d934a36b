// Texts as people read them.

// A control character shows as its picture instead of doing something.
export const visible = (text) =>
  text.replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)));

export const plural = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;

// As a shell takes it.
export function quoted(name) {
  return /^[\w.\/-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

const asHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

// A payload in one of the forms `text`, `sent` and `hex`, and what there is to say of it.
export function payloadText(bytes, form, isWhole) {
  if (form === 'hex') return { text: asHex(bytes), note: '' };
  try {
    // As a stream, because the last character may have been cut.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    const formatted = form === 'text' && isWhole ? formattedJson(text) : null;
    return { text: visible(formatted ?? text), note: '' };
  } catch {
    return { text: asHex(bytes), note: 'not UTF-8, so in hex' };
  }
}

// JSON over several lines, or null for what is no JSON object or array. Its values stay as they were sent: a number with many
// digits would lose some if it were read and written.
export function formattedJson(text) {
  try {
    const value = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
  } catch {
    return null;
  }
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g);
  let depth = 0;
  let made = '';
  const newline = () => `\n${'  '.repeat(depth)}`;
  for (const [index, token] of tokens.entries()) {
    const isEmpty = /^[}\]]$/.test(token) && /^[{[]$/.test(tokens[index - 1] ?? '');
    if (/^[}\]]$/.test(token)) {
      depth -= 1;
      made += isEmpty ? token : newline() + token;
    } else {
      if (/^[{[]$/.test(tokens[index - 1] ?? '') || tokens[index - 1] === ',') made += newline();
      made += token === ':' ? ': ' : token;
      if (/^[{[]$/.test(token)) depth += 1;
    }
  }
  return made;
}
