import { render } from '/vendor/preact.js';
import { outcomeWords, summary } from './figures.js';
import { html } from './html.js';
import { ProcessTable } from './process-table.js';
import { ProviderTable } from './provider-table.js';
import { IdleCard, RoomCard } from './room-card.js';
import { ServerList } from './server-list.js';
import { merged, stages } from './snapshot.js';
import { SpendingView } from './spending-view.js';
import { StagePlot } from './stage-plot.js';
import { StageTable } from './stage-table.js';

/** Interval between reads of the plots' data, in ms: a period has five minutes. */
const historyMs = 60_000;
/** Without a snapshot for so long, in ms, what is shown counts as old; there is one each second. */
const oldMs = 10_000;
/** Channels of which each has its card from the start; of more, those that were chosen in the list. */
const fewRooms = 4;

const oldNotice = 'No new data for 10 s: this page is out of date.';

/** The operator's page: draws each snapshot that comes. */
export class OwnerPage {
  /** @type {Element} */
  #root;
  /** @type {(response: Response) => Promise<string>} */
  #messageOf;
  /** @type {import('./snapshot.js').Snapshot | undefined} */
  #snapshot;
  /** @type {import('./snapshot.js').Period[]} */
  #periods = [];
  /** @type {import('./snapshot.js').StageKey} */
  #stage = 'firstSentMs';
  #notice = '';
  /**
   * Servers whose cards were opened or closed.
   * @type {Map<string, boolean>}
   */
  #opened = new Map();
  /**
   * Dollars of 90 days, by server.
   * @type {ReadonlyMap<string, number>}
   */
  #spent = new Map();
  /** @type {ServerList | null} */
  #list = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #isOld;

  /**
   * @param {Element} root
   * @param {(response: Response) => Promise<string>} messageOf the sentence of a refused request
   */
  constructor(root, messageOf) {
    this.#root = root;
    this.#messageOf = messageOf;
    for (const href of ['/vendor/uplot.css', '/owner/owner.css']) {
      document.head.append(
        Object.assign(document.createElement('link'), { rel: 'stylesheet', href }),
      );
    }
    this.#draw();
    this.#watch();
    void this.#readHistory();
    setInterval(
      () => document.visibilityState === 'visible' && void this.#readHistory(),
      historyMs,
    );
  }

  #watch() {
    const events = new EventSource('/page/events');
    events.addEventListener('snapshot', ({ data }) => this.#show(JSON.parse(data)));
    events.addEventListener('patch', ({ data }) => {
      if (this.#snapshot) this.#show(merged(this.#snapshot, JSON.parse(data)));
    });
    events.addEventListener('full', ({ data }) => {
      events.close();
      this.#tell(data);
    });
    events.onerror = () => {
      if (events.readyState === EventSource.CLOSED) void this.#refused();
    };
  }

  /** @param {import('./snapshot.js').Snapshot} snapshot */
  #show(snapshot) {
    this.#snapshot = snapshot;
    if (this.#notice === oldNotice) this.#notice = '';
    clearTimeout(this.#isOld);
    this.#isOld = setTimeout(() => this.#tell(oldNotice), oldMs);
    this.#draw();
  }

  /** Somebody who may not look any more is shown nothing, also of what was. */
  async #refused() {
    clearTimeout(this.#isOld);
    const response = await fetch('/face').catch(() => undefined);
    if (!response || response.ok) {
      this.#tell('The bot does not answer: reload the page to try again.');
      return;
    }
    this.#snapshot = undefined;
    this.#tell(await this.#messageOf(response));
  }

  async #readHistory() {
    const response = await fetch('/page/history').catch(() => undefined);
    if (!response?.ok) return;
    this.#periods = (await response.json()).periods;
    this.#draw();
  }

  /**
   * @param {string} guildId
   * @param {string} action
   */
  async #act(guildId, action) {
    const response = await fetch(`/page/rooms/${guildId}/${action}`, { method: 'POST' }).catch(
      () => undefined,
    );
    if (!response) this.#tell('The bot does not answer.');
    else if (!response.ok) this.#tell(await this.#messageOf(response));
    else this.#tell(outcomeWords((await response.json()).outcome));
  }

  /** @param {string} notice */
  #tell(notice) {
    this.#notice = notice;
    this.#draw();
  }

  #draw() {
    render(
      html`<div class="owner"><h1>Parley</h1><p role="status" class="notice">${this.#notice}</p>${this.#body()}</div>`,
      this.#root,
    );
  }

  #body() {
    const snapshot = this.#snapshot;
    if (!snapshot) return this.#notice === '' && html`<p>Waiting for the bot.</p>`;
    const { alerts, atWallMs, processes, providers, servers, words = [] } = snapshot;
    const isOwner = processes !== undefined;
    const cards = this.#cards(snapshot);
    return html`
      <p class="owner-summary">${summary(snapshot)}.</p>
      ${alerts.length > 0 && alertList(alerts)}
      ${
        isOwner &&
        html`<section class="owner-card" aria-labelledby="processes">
          <h2 id="processes">Processes</h2>
          <${ProcessTable} processes=${processes} atWallMs=${atWallMs} />
        </section>
        <${ServerList} keep=${this.#keepList} servers=${servers} alerts=${alertCounts(alerts)} spent=${this.#spent}
          isOpen=${(/** @type {string} */ id) => this.#isOpen(snapshot, id)} toggle=${this.#toggle} />`
      }
      <div class="owner-rooms">
        ${cards}
        ${cards.length === 0 && !isOwner && html`<section class="owner-card"><h2>No channel</h2><p>The bot is in no voice channel. Call it with /join.</p></section>`}
      </div>
      ${words.length > 0 && captions(words)}
      <section class="owner-card" aria-labelledby="spending">
        <h2 id="spending">Spending</h2>
        <${SpendingView} onServers=${this.#keepSpent} />
      </section>
      <section class="owner-card" aria-labelledby="speed">
        <h2 id="speed">Speed</h2>
        <${StageTable} caption="Latest answers in all channels" figures=${snapshot.stages} />
        ${this.#periods.length > 0 && this.#plot()}
      </section>
      <section class="owner-card" aria-labelledby="providers">
        <h2 id="providers">Providers</h2>
        <${ProviderTable} providers=${providers} />
      </section>
    `;
  }

  /**
   * Cards of the servers that are open, in the order in which they were opened; rooms that were not chosen come first.
   * @param {import('./snapshot.js').Snapshot} snapshot
   */
  #cards(snapshot) {
    const { processes, rooms, servers } = snapshot;
    const ids = new Set([...Object.keys(rooms), ...this.#opened.keys()]);
    return [...ids].flatMap((id) => {
      if (!this.#isOpen(snapshot, id)) return [];
      const [room, server] = [rooms[id], servers[id]];
      const close = processes && (() => this.#toggle(id));
      if (room) {
        const act = (/** @type {string} */ action) => void this.#act(id, action);
        return [html`<${RoomCard} key=${id} room=${room} act=${act} close=${close} />`];
      }
      return server && close
        ? [html`<${IdleCard} key=${id} server=${server} close=${close} />`]
        : [];
    });
  }

  /**
   * @param {import('./snapshot.js').Snapshot} snapshot
   * @param {string} guildId
   */
  #isOpen({ processes, rooms }, guildId) {
    const isFew = !processes || Object.keys(rooms).length <= fewRooms;
    return this.#opened.get(guildId) ?? (isFew && rooms[guildId] !== undefined);
  }

  /** Opens the card of a server and goes there, or closes it and goes back to its row. */
  #toggle = (/** @type {string} */ guildId) => {
    if (!this.#snapshot) return;
    const isOpen = !this.#isOpen(this.#snapshot, guildId);
    this.#opened.set(guildId, isOpen);
    this.#draw();
    if (!isOpen) {
      this.#list?.focus(guildId);
      return;
    }
    /** @type {HTMLElement | null} */
    const heading = this.#root.querySelector(`[data-card="${CSS.escape(guildId)}"]`);
    heading?.focus({ preventScroll: true });
    heading?.scrollIntoView({ block: 'nearest' });
  };

  #keepList = (/** @type {ServerList | null} */ list) => {
    this.#list = list;
  };

  #keepSpent = (/** @type {import('./snapshot.js').SpentServer[]} */ servers) => {
    this.#spent = new Map(servers.map(({ guildId, usd }) => [guildId, usd]));
    this.#draw();
  };

  #plot() {
    /** @param {Event & { currentTarget: HTMLSelectElement }} event */
    const choose = ({ currentTarget }) => {
      this.#stage = /** @type {import('./snapshot.js').StageKey} */ (currentTarget.value);
      this.#draw();
    };
    return html`<label>Over 12 hours, to: <select value=${this.#stage} onChange=${choose}>
        ${stages.map(([key, name]) => html`<option value=${key}>${name}</option>`)}
      </select></label>
      <${StagePlot} periods=${this.#periods} stage=${this.#stage} />`;
  }
}

/**
 * Number of alerts by server.
 * @param {import('./snapshot.js').Alert[]} alerts
 * @returns {ReadonlyMap<string, number>}
 */
function alertCounts(alerts) {
  const byServer = Map.groupBy(alerts, ({ guildId = '' }) => guildId);
  return new Map([...byServer].map(([guildId, own]) => [guildId, own.length]));
}

/** @param {import('./snapshot.js').Alert[]} alerts */
function alertList(alerts) {
  return html`<section class="owner-card owner-bad" aria-labelledby="alerts">
    <h2 id="alerts">Alerts</h2>
    <ul>${alerts.map(({ action, cause, guildId, guildName, meaning, name, process, task }) => {
      const places = [guildName, process].filter(Boolean).join(', ');
      return html`<li key=${`${name} ${task} ${guildId} ${process}`}>
          <strong>${meaning}</strong>${places ? ` (${places})` : ''}: ${cause}<br />
          <span class="owner-quiet">${action}</span>
        </li>`;
    })}</ul>
  </section>`;
}

/** @param {import('./snapshot.js').Words[]} words */
function captions(words) {
  return html`<section class="owner-card" aria-labelledby="captions">
    <h2 id="captions">Captions</h2>
    <ul>${words.map(({ number, name, text }) => html`<li key=${number}><strong>${name}</strong>: ${text || '(not understood)'}</li>`)}</ul>
  </section>`;
}
