import { render } from '/vendor/preact.js';
import { outcomeWords, summary } from './figures.js';
import { html } from './html.js';
import { ProviderTable } from './provider-table.js';
import { RoomCard } from './room-card.js';
import { stages } from './snapshot.js';
import { StagePlot } from './stage-plot.js';
import { StageTable } from './stage-table.js';

/** How often the plots are read anew, in ms: a period has five minutes. */
const historyMs = 60_000;
/** Without a snapshot for so long, in ms, what is shown counts as old; there is one each second. */
const oldMs = 10_000;

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
    events.addEventListener('snapshot', ({ data }) => {
      this.#snapshot = JSON.parse(data);
      if (this.#notice === oldNotice) this.#notice = '';
      clearTimeout(this.#isOld);
      this.#isOld = setTimeout(() => this.#tell(oldNotice), oldMs);
      this.#draw();
    });
    events.addEventListener('full', ({ data }) => {
      events.close();
      this.#tell(data);
    });
    events.onerror = () => {
      if (events.readyState === EventSource.CLOSED) void this.#refused();
    };
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
    const { rooms, providers, alerts, words = [] } = snapshot;
    return html`
      <p class="owner-summary">${summary(snapshot)}.</p>
      ${alerts.length > 0 && alertList(alerts)}
      <div class="owner-rooms">
        ${rooms.map((room) => html`<${RoomCard} key=${room.guildId} room=${room} act=${(/** @type {string} */ action) => void this.#act(room.guildId, action)} />`)}
        ${rooms.length === 0 && html`<section class="owner-card"><h2>No channel</h2><p>The bot is in no voice channel. Call it with /join.</p></section>`}
      </div>
      ${words.length > 0 && captions(words)}
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

/** @param {import('./snapshot.js').Alert[]} alerts */
function alertList(alerts) {
  return html`<section class="owner-card owner-bad" aria-labelledby="alerts">
    <h2 id="alerts">Alerts</h2>
    <ul>${alerts.map(({ meaning, guildName, cause }) => html`<li><strong>${meaning}</strong>${guildName ? ` (${guildName})` : ''}: ${cause}</li>`)}</ul>
  </section>`;
}

/** @param {import('./snapshot.js').Words[]} words */
function captions(words) {
  return html`<section class="owner-card" aria-labelledby="captions">
    <h2 id="captions">Captions</h2>
    <ul>${words.map(({ number, name, text }) => html`<li key=${number}><strong>${name}</strong>: ${text || '(not understood)'}</li>`)}</ul>
  </section>`;
}
