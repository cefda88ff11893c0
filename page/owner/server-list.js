import { Component } from '/vendor/preact.js';
import { money, peopleWords } from './figures.js';
import { html } from './html.js';
import { columns, filters, nowWords, orderedIds } from './server-rows.js';

/** Height of a row, in rem, where all cells stand in one line and where they do not. */
const [wideRem, narrowRem] = [2.75, 4.5];
const narrow = '(max-width: 760px)';
/** Rows that are drawn above and below the visible ones. */
const spareRows = 6;
/** Least time, in ms, until rows change places by themselves; while one has the focus they stay. */
const settledMs = 5_000;

/**
 * Every server in a row, found by words and sorted by columns; only visible rows are elements, however many there are.
 * @typedef {{ servers: Record<string, import('./snapshot.js').Server>, alerts: ReadonlyMap<string, number>, spent: ReadonlyMap<string, number>, isOpen: (guildId: string) => boolean, toggle: (guildId: string) => void, keep: (list: ServerList | null) => void }} Props
 */
export class ServerList extends Component {
  /** @type {import('./server-rows.js').Choice} */
  #choice = { query: '', filter: 'all', sort: 'now', isReversed: false };
  /** @type {string[]} */
  #ids = [];
  #orderedAtMs = Number.NEGATIVE_INFINITY;
  #isStale = true;
  #known = '';
  #active = '';
  #said = '';
  #first = 0;
  #rows = 30;
  #media = matchMedia(narrow);
  /** @type {HTMLElement | null} */
  #body = null;
  /** @type {ResizeObserver | undefined} */
  #observer;

  /** @override */
  componentDidMount() {
    /** @type {Props} */ (this.props).keep(this);
    this.#observer = new ResizeObserver(() => this.#measure());
    if (this.#body) this.#observer.observe(this.#body);
    this.#media.addEventListener('change', this.#measure);
  }

  /** @override */
  componentWillUnmount() {
    /** @type {Props} */ (this.props).keep(null);
    this.#observer?.disconnect();
    this.#media.removeEventListener('change', this.#measure);
  }

  /**
   * Gives the focus to the row of a server, where it is shown.
   * @param {string} guildId
   */
  focus(guildId) {
    const index = this.#ids.indexOf(guildId);
    if (index >= 0) this.#moveTo(index);
  }

  /** @override */
  render() {
    const { servers } = /** @type {Props} */ (this.props);
    this.#order();
    const ids = this.#ids;
    const total = Object.keys(servers).length;
    const { query, filter, sort, isReversed } = this.#choice;
    const row = this.#media.matches ? narrowRem : wideRem;
    /** @param {Event & { currentTarget: HTMLInputElement }} event */
    const search = ({ currentTarget }) => this.#choose({ query: currentTarget.value });
    /** @param {Event & { currentTarget: HTMLSelectElement }} event */
    const pick = ({ currentTarget }) =>
      this.#choose({
        filter: /** @type {import('./server-rows.js').Filter} */ (currentTarget.value),
      });
    /** @param {Event & { currentTarget: HTMLSelectElement }} event */
    const sortBy = ({ currentTarget }) =>
      this.#sort(/** @type {import('./server-rows.js').SortKey} */ (currentTarget.value));
    return html`<section class="owner-card" aria-labelledby="servers">
      <div class="owner-list-top">
        <h2 id="servers">Servers</h2>
        <span class="owner-quiet">${ids.length === total ? total.toLocaleString('en') : `${ids.length.toLocaleString('en')} of ${total.toLocaleString('en')}`}</span>
        <label class="owner-search"><span class="owner-hidden">Search by name, id or state</span>
          <input type="search" placeholder="Name, id or state" value=${query} onInput=${search} />
        </label>
        <label><span class="owner-hidden">Show</span>
          <select value=${filter} onChange=${pick}>${filters.map(([key, name]) => html`<option value=${key}>${name}</option>`)}</select>
        </label>
        <label class="owner-sort"><span class="owner-hidden">Sort by</span>
          <select value=${sort} onChange=${sortBy}>${columns.map(([key, name]) => html`<option value=${key}>by ${name.toLowerCase()}</option>`)}</select>
        </label>
        <button type="button" class="owner-sort" aria-pressed=${isReversed} onClick=${() => this.#sort(sort)}>Reverse</button>
        <p role="status" class="owner-hidden">${this.#said}</p>
      </div>
      <div role="table" aria-label="Servers" aria-rowcount=${ids.length + 1} class="owner-list">
        <div role="rowgroup"><div role="row" aria-rowindex="1" class="owner-row owner-list-head">
          ${columns.map(([key, name]) => this.#header(key, name))}
        </div></div>
        <div role="rowgroup" class="owner-list-body" ref=${this.#keepBody} onScroll=${this.#scrolled} onClick=${this.#clicked} onKeyDown=${this.#pressed} onFocusIn=${this.#focused}>
          <div class="owner-list-space" role="presentation" style=${{ height: `${ids.length * row}rem` }}>
            ${this.#shown().map((index) => this.#row(index, row))}
          </div>
          ${ids.length === 0 && html`<p class="owner-quiet">No server is like that.</p>`}
        </div>
      </div>
    </section>`;
  }

  /**
   * @param {import('./server-rows.js').SortKey} key
   * @param {string} name
   */
  #header(key, name) {
    const { sort, isReversed } = this.#choice;
    const isUp = isReversed !== (key === 'name' || key === 'id' || key === 'now');
    const order = sort === key ? (isUp ? 'ascending' : 'descending') : 'none';
    return html`<div role="columnheader" aria-sort=${order} class=${`owner-cell-${key}`}>
      <button type="button" onClick=${() => this.#sort(key)}>${name}<span aria-hidden="true">${sort === key ? (isUp ? ' ↑' : ' ↓') : ''}</span></button>
    </div>`;
  }

  /**
   * @param {number} index
   * @param {number} rem
   */
  #row(index, rem) {
    const { servers, alerts, spent, isOpen } = /** @type {Props} */ (this.props);
    const id = this.#ids[index] ?? '';
    const props = {
      server: servers[id],
      index,
      rem,
      isOpen: isOpen(id),
      isActive: id === this.#active,
    };
    return html`<${ServerRow} key=${id} ...${props} alerts=${alerts.get(id) ?? 0} spent=${spent.get(id)} />`;
  }

  /** Indices of the drawn rows: those in sight, and the one that a key would move from. */
  #shown() {
    const from = Math.max(0, this.#first - spareRows);
    const to = Math.min(this.#ids.length, this.#first + this.#rows + spareRows);
    const all = Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
    const active = this.#ids.indexOf(this.#active);
    if (active >= 0 && active < from) return [active, ...all];
    return active >= to ? [...all, active] : all;
  }

  /** Orders the rows where a choice was made, where servers came or went, or after some seconds without the focus. */
  #order() {
    const { servers, alerts, spent } = /** @type {Props} */ (this.props);
    const known = Object.keys(servers).join();
    const nowMs = performance.now();
    const isDue =
      nowMs - this.#orderedAtMs >= settledMs && !this.#body?.contains(document.activeElement);
    if (!this.#isStale && known === this.#known && !isDue) return;
    this.#ids = orderedIds(Object.values(servers), this.#choice, { alerts, spent });
    this.#known = known;
    this.#orderedAtMs = nowMs;
    this.#isStale = false;
    if (!this.#ids.includes(this.#active)) this.#active = this.#ids[0] ?? '';
  }

  /** @param {Partial<import('./server-rows.js').Choice>} change */
  #choose(change) {
    this.#choice = { ...this.#choice, ...change };
    this.#isStale = true;
    this.#order();
    const { isReversed, sort } = this.#choice;
    const column = columns.find(([key]) => key === sort)?.[1];
    const count = this.#ids.length;
    this.#said = `${count} ${count === 1 ? 'server' : 'servers'}, by ${column}${isReversed ? ', reversed' : ''}`;
    this.#active = this.#ids[0] ?? '';
    this.#first = 0;
    if (this.#body) this.#body.scrollTop = 0;
    this.forceUpdate();
  }

  /** @param {import('./server-rows.js').SortKey} sort */
  #sort(sort) {
    const isReversed = sort === this.#choice.sort && !this.#choice.isReversed;
    this.#choose({ sort, isReversed });
  }

  /** Height of a row in pixels. */
  get #rowPx() {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    return rem * (this.#media.matches ? narrowRem : wideRem);
  }

  #keepBody = (/** @type {HTMLElement | null} */ element) => {
    this.#body = element;
  };

  #measure = () => {
    this.#rows = Math.ceil((this.#body?.clientHeight ?? 0) / this.#rowPx) + 1;
    this.forceUpdate();
  };

  #scrolled = () => {
    const first = Math.floor((this.#body?.scrollTop ?? 0) / this.#rowPx);
    if (Math.abs(first - this.#first) < spareRows / 2) return;
    this.#first = first;
    this.forceUpdate();
  };

  /** @param {MouseEvent} event */
  #clicked = (event) => {
    const id = idOf(event.target);
    if (id !== undefined) /** @type {Props} */ (this.props).toggle(id);
  };

  /** @param {FocusEvent} event */
  #focused = (event) => {
    const id = idOf(event.target);
    if (id === undefined || id === this.#active) return;
    this.#active = id;
    this.forceUpdate();
  };

  /** @param {KeyboardEvent} event */
  #pressed = (event) => {
    const at = this.#ids.indexOf(this.#active);
    const last = this.#ids.length - 1;
    const page = Math.max(1, this.#rows - 2);
    const to = new Map([
      ['ArrowDown', at + 1],
      ['ArrowUp', at - 1],
      ['PageDown', at + page],
      ['PageUp', at - page],
      ['Home', 0],
      ['End', last],
    ]).get(event.key);
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.#moveTo(Math.min(last, Math.max(0, to)));
  };

  /**
   * Scrolls a row into sight, and gives it the focus.
   * @param {number} index
   */
  #moveTo(index) {
    const body = this.#body;
    if (!body) return;
    this.#active = this.#ids[index] ?? '';
    const [top, height] = [index * this.#rowPx, this.#rowPx];
    if (top < body.scrollTop) body.scrollTop = top;
    const overPx = top + height - body.scrollTop - body.clientHeight;
    if (overPx > 0) body.scrollTop += overPx;
    this.#first = Math.floor(body.scrollTop / this.#rowPx);
    this.forceUpdate(() => {
      /** @type {HTMLElement | null} */
      const button = body.querySelector('button[tabindex="0"]');
      button?.focus({ preventScroll: true });
    });
  }
}

/** @param {EventTarget | null} target */
function idOf(target) {
  if (!(target instanceof Element)) return undefined;
  /** @type {HTMLElement | null} */
  const row = target.closest('[data-server]');
  return row?.dataset.server;
}

/**
 * One server; drawn anew only where something of it has changed.
 * @typedef {{ server: import('./snapshot.js').Server, index: number, rem: number, isOpen: boolean, isActive: boolean, alerts: number, spent: number | undefined }} RowProps
 */
class ServerRow extends Component {
  /**
   * @override
   * @param {Record<string, unknown>} next
   */
  shouldComponentUpdate(next) {
    const now = /** @type {Record<string, unknown>} */ (this.props);
    return Object.keys(next).some((name) => next[name] !== now[name]);
  }

  /** @override */
  render() {
    const { server, index, rem, isOpen, isActive, alerts, spent } = /** @type {RowProps} */ (
      this.props
    );
    const { guildId, guildName, process, state } = server;
    const quiet = state === undefined ? ' owner-quiet' : '';
    return html`<div role="row" aria-rowindex=${index + 2} data-server=${guildId} class=${`owner-row${isOpen ? ' owner-row-open' : ''}`} style=${{ top: `${index * rem}rem`, height: `${rem}rem` }}>
      <div role="rowheader" class="owner-cell-name">
        <button type="button" tabindex=${isActive ? 0 : -1} aria-expanded=${isOpen} title=${guildName}>${guildName}</button>
      </div>
      <div role="cell" class="owner-cell-id">${guildId}</div>
      <div role="cell" class=${`owner-cell-now${quiet}`} title=${process}>${nowWords(server)}${process ? html` <small>at ${process}</small>` : ''}</div>
      <div role="cell" class="owner-cell-people">${peopleWords(server)}</div>
      <div role="cell" class="owner-cell-today">${money(server.usd, server.minutes)}</div>
      <div role="cell" class="owner-cell-days">${spent === undefined ? '–' : money(spent, 0)}</div>
      <div role="cell" class=${`owner-cell-alerts${alerts > 0 ? ' owner-warn' : ''}`}>${alerts > 0 ? alerts : '–'}</div>
    </div>`;
  }
}
