import htm from '/vendor/htm.js';
import { h, render } from '/vendor/preact.js';

const html = htm.bind(h);

/**
 * Data from `src/web/page/participant-page.ts` and `src/features/captions/caption-page-passes.ts`.
 * @typedef {{ locale: string, texts: Record<string, string>, languages: string[] }} PageTexts
 * @typedef {{ number: number, name: string, text: string, state: 'partial' | 'final', isCut?: true, isRemark?: true, language?: string, translation?: string }} Line
 * @typedef {{ channel: string, lines: Line[], canTranslate: boolean, translateTo?: string, notice?: string }} PageLines
 */

/** Without an event for so long, in ms, lines leave the page; the bot sends one each 5 s. */
const silentMs = 30_000;
/** Pause, in ms, before a stream is opened again that was answered with an error. */
const retryMs = 5_000;
/** Nearer to the end than this, in pixels, the page follows new lines. */
const nearPx = 120;
/** Languages that are written from right to left. */
const rightToLeft = /^(?:ar|fa|he|ur|yi)\b/;

/** The captions that one person may read, as long as their pass holds. */
class ParticipantPage {
  /** @type {Element} */
  #root;
  /** @type {string} */
  #passId;
  /** @type {PageTexts} */
  #texts;
  /** @type {PageLines | undefined} */
  #shown;
  /** @type {EventSource | undefined} */
  #events;
  #notice = '';
  /** Whether additions are read out: not those that were there before the page. */
  #isRead = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;

  /**
   * @param {Element} root
   * @param {string} passId
   * @param {PageTexts} texts
   */
  constructor(root, passId, texts) {
    this.#root = root;
    this.#passId = passId;
    this.#texts = texts;
    this.#tell('page.connecting');
    this.#noteEvent();
    this.#watch();
  }

  #watch() {
    const events = new EventSource('/captions/events');
    this.#events = events;
    events.addEventListener('pass', ({ data }) => {
      if (data !== this.#passId) this.#end('replaced'); // this browser has opened another link
    });
    events.addEventListener('alive', () => this.#noteEvent());
    events.addEventListener('lines', ({ data }) => {
      this.#noteEvent();
      this.#shown = JSON.parse(data);
      this.#notice = this.#shown?.notice ?? '';
      this.#draw();
      if (!this.#isRead) setTimeout(() => this.#readOut());
    });
    events.addEventListener('ended', ({ data }) => this.#end(data));
    events.onerror = () => {
      if (events.readyState === EventSource.CLOSED) void this.#refused();
    };
  }

  #readOut() {
    this.#isRead = true;
    this.#draw();
  }

  #noteEvent() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lose(), silentMs);
  }

  /** Nobody knows any more whether these lines may be shown. */
  #lose() {
    this.#shown = undefined;
    this.#isRead = false;
    this.#tell('page.lost');
  }

  async #refused() {
    const response = await fetch('/face').catch(() => undefined);
    if (response?.status === 401) {
      this.#end('');
      return;
    }
    this.#tell('page.lost');
    setTimeout(() => this.#watch(), retryMs);
  }

  /** @param {string} why */
  #end(why) {
    this.#events?.close();
    clearTimeout(this.#silence);
    this.#shown = undefined;
    this.#tell(why === '' ? 'page.ended' : `page.ended.${why}`);
  }

  /** @param {string | null} language */
  async #translate(language) {
    const response = await fetch('/captions/language', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ language }),
    }).catch(() => undefined);
    if (!response?.ok) this.#tell('page.lost');
  }

  /** @param {string} id */
  #tell(id) {
    this.#notice = this.#word(id);
    this.#draw();
  }

  /** @param {string} id */
  #word(id) {
    return this.#texts.texts[id] ?? '';
  }

  #draw() {
    const { innerHeight, scrollY } = window;
    const isNear = innerHeight + scrollY >= document.documentElement.scrollHeight - nearPx;
    render(this.#page(), this.#root);
    if (isNear) window.scrollTo(0, document.documentElement.scrollHeight);
  }

  #page() {
    const { channel, lines = [], canTranslate } = this.#shown ?? {};
    const title = this.#word('page.title');
    const isWaiting = this.#shown && lines.length === 0 && this.#notice === '';
    const notice = isWaiting ? this.#word('page.waiting') : this.#notice;
    return html`<div class="participant">
      <h1>${title}${channel !== undefined && html`: <bdi>${channel}</bdi>`}</h1>
      ${canTranslate && this.#choice()}
      <p role="status">${notice}</p>
      <div role="log" tabindex="0" aria-live=${this.#isRead ? 'polite' : 'off'} aria-relevant="additions" aria-label=${title}>
        ${lines.filter(({ state }) => state === 'final').map((line) => this.#line(line))}
      </div>
      <div aria-hidden="true" class="partial">
        ${lines.filter(({ state }) => state === 'partial').map((line) => this.#line(line))}
      </div>
    </div>`;
  }

  #choice() {
    /** @param {Event & { currentTarget: HTMLSelectElement }} event */
    const choose = ({ currentTarget }) => void this.#translate(currentTarget.value || null);
    return html`<label>${this.#word('page.translation')} <select value=${this.#shown?.translateTo ?? ''} onChange=${choose}>
      <option value="">${this.#word('page.translation.none')}</option>
      ${this.#texts.languages.map((tag) => html`<option value=${tag} lang=${tag}>${nameOf(tag)}</option>`)}
    </select></label>`;
  }

  /** @param {Line} line */
  #line({ number, name, text, state, isCut, isRemark, language, translation }) {
    if (isRemark) return html`<p key=${`remark ${number}`}><em>${text}</em></p>`;
    const { translateTo } = this.#shown ?? {};
    const unheard = state === 'final' && text === '';
    return html`<p key=${`${state} ${number}`}>
      <strong><bdi>${name || this.#word('transcript.somebody')}</bdi></strong>${' '}
      ${unheard ? html`<em>${this.#word('transcript.not_understood')}</em>` : html`<bdi lang=${language}>${text}</bdi>`}
      ${isCut && html` <em>${this.#word('transcript.stopped')}</em>`}
      ${translation && html`<bdi class="translation" lang=${translateTo}>${translation}</bdi>`}
    </p>`;
  }
}

/**
 * Opens the page of a participant who was let in.
 * @param {Element} root
 * @param {{ locale: string, passId: string }} entry
 */
export async function openParticipantPage(root, { locale, passId }) {
  return new ParticipantPage(root, passId, await readTexts(locale));
}

/**
 * Says why nobody is let in: the link works no more, or too many were tried and it works in a minute.
 * @param {Element} root
 * @param {string} locale
 * @param {string} code that of the refusal
 */
export async function showEnded(root, locale, code) {
  const { texts } = await readTexts(locale);
  const { 'page.title': title } = texts;
  const ended = texts[code === 'door.rate' ? 'page.ended.rate' : 'page.ended'];
  render(html`<div class="participant"><h1>${title}</h1><p role="status">${ended}</p></div>`, root);
}

/**
 * @param {string} locale BCP 47
 * @returns {Promise<PageTexts>}
 */
async function readTexts(locale) {
  const response = await fetch(`/captions/texts/${encodeURIComponent(locale)}`);
  /** @type {PageTexts} */
  const read = await response.json();
  document.documentElement.lang = read.locale;
  document.documentElement.dir = rightToLeft.test(read.locale) ? 'rtl' : 'ltr';
  document.title = read.texts['page.title'] ?? '';
  return read;
}

/**
 * A language in its own name.
 * @param {string} tag
 */
function nameOf(tag) {
  return new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
}
