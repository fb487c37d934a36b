// Making elements. Children that are strings become text, never markup: all of them come from devices.

export const byId = (id) => document.getElementById(id);

export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

export function fact(list, name, text, className = '') {
  list.append(element('dt', '', name), element('dd', className, text));
}

export function clock(milliseconds) {
  const made = element('time', '', new Date(milliseconds).toLocaleTimeString([], {
    hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false,
  }));
  made.dateTime = new Date(milliseconds).toISOString();
  return made;
}
