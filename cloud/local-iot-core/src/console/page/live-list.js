// A list with the newest first. What comes in a burst is put in together, and the count is said once.

import { byId } from './dom.js';

export class LiveList {
  // More than `limit` is forgotten, oldest first. `make` makes an element, `count` a sentence, and `fits` decides what is shown.
  constructor(name, { limit, make, count, fits = () => true }) {
    this.list = byId(`${name}-list`);
    this.empty = byId(`${name}s-empty`);
    this.none = byId(`${name}s-none`);
    this.counter = byId(`${name}s-count`);
    Object.assign(this, { limit, make, count, fits });
    this.isPaused = false;
    this.waiting = [];
    this.clear();
  }

  clear() {
    this.waiting = [];
    this.items = [];
    this.list.replaceChildren();
    this.show();
  }

  pause(isPaused) {
    this.isPaused = isPaused;
    this.flush();
  }

  add(...data) {
    this.waiting.push(...data);
    this.waiting.splice(0, this.waiting.length - this.limit);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, 50);
  }

  flush() {
    if (this.isPaused) {
      this.show();
      return;
    }
    const fresh = this.waiting.splice(0).map((data) => ({ data, node: this.make(data) }));
    this.items.push(...fresh);
    for (const { data, node } of fresh) node.hidden = !this.fits(data);
    this.list.prepend(...fresh.map((item) => item.node).reverse());
    for (const { node } of this.items.splice(0, this.items.length - this.limit)) node.remove();
    this.show();
  }

  // When what fits is another.
  sift() {
    for (const { data, node } of this.items) node.hidden = !this.fits(data);
    this.show();
  }

  show() {
    const isEmpty = this.items.length === 0;
    this.empty.hidden = !isEmpty;
    if (this.none) this.none.hidden = isEmpty || this.items.some(({ node }) => !node.hidden);
    const said = this.count(this.items.map((item) => item.data));
    this.counter.textContent = this.isPaused ? `${said}, ${this.waiting.length} waiting` : said;
  }
}
