// On a narrow screen one section is shown at a time (ARIA Authoring Practices, tabs).

import { byId } from './dom.js';

export function tabs() {
  const all = [...document.querySelectorAll('[role="tab"]')];
  const narrow = matchMedia('(max-width: 59.99rem)');
  const section = (tab) => byId(tab.getAttribute('aria-controls'));
  const choose = (chosen) => {
    for (const tab of all) {
      const isChosen = tab === chosen;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      section(tab).classList.toggle('chosen', isChosen);
    }
  };
  // There is room for it then; on a wide screen it opens by itself.
  const arrange = () => { if (narrow.matches) byId('clients-box').open = true; };
  narrow.addEventListener('change', arrange);
  arrange();
  for (const [index, tab] of all.entries()) {
    tab.addEventListener('click', () => choose(tab));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      const next = all[(index + step + all.length) % all.length];
      choose(next);
      next.focus();
    });
  }
  // The skip links lead to sections that may be hidden.
  for (const link of document.querySelectorAll('.skip')) {
    link.addEventListener('click', () => choose(all.find((tab) => `#${tab.getAttribute('aria-controls')}` === link.hash)));
  }
}
