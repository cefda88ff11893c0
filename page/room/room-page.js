/** @import { Suggestion } from './command-line.js' */
/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { RoomLine } from './room-state.js' */
/** @import { WorkerNews } from './sound/sound-worker.js' */

import { render } from '/vendor/preact.js';
import { uploadFile } from './command-files.js';
import {
  completeLine,
  findFirstMarked,
  maxSuggestions,
  pressKey,
  readCommand,
  suggestChoices,
} from './command-line.js';
import { renderComposer } from './composer-view.js';
import { renderConversation } from './conversation-view.js';
import { renderForm } from './form-view.js';
import { html } from './html.js';
import { RoomSocket } from './room-socket.js';
import { emptyRoom, stepRoom } from './room-state.js';
import { renderSide } from './side-view.js';
import { RoomSound, takenSentence } from './sound/room-sound.js';
import { toMeterPosition } from './sound/sound-frames.js';
import { renderStage } from './stage-view.js';

/** -45 dB on the level meter. */
const quietLevel = 0.25;

/** After so long a voice had no words. */
const wordsWaitMs = 5_000;

const maxSentLines = 50;

const tabId = `${Math.random()}`.slice(2);

/**
 * Draws the room of the sandbox, and sends it each press.
 * @implements {RoomActions}
 */
const openingSentence =
  'Opening the microphone. Allow it if your browser asks; it also needs a loudspeaker or headphones.';

export class RoomPage {
  /** @type {PageState} */
  #page = {
    room: emptyRoom,
    isConnected: false,
    notice: '',
    level: 0,
    heardLevel: 0,
    line: '',
    suggestions: [],
    picked: -1,
    fileOption: undefined,
    form: undefined,
    isMicrophoneOpen: false,
    isOpenTalk: true,
    isTalking: false,
    isSounding: false,
  };
  #root;
  #socket;
  #sound;
  #isDrawn = true;
  #isFirst = true;
  /** Private replies to commands of the terminal are not shown here. */
  #hasAsked = false;
  #readRefusal;
  /** Ids of uploaded files by name. @type {Map<string, string>} */
  #fileIds = new Map();
  /** @type {readonly string[]} */
  #sentLines = [];
  /** Lines back from the one in the box, which is 0. */
  #recalled = 0;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #waits = new Map();

  /**
   * @param {HTMLElement} root
   * @param {(refused: Response) => Promise<string>} readRefusal
   * @param {() => Promise<string | undefined>} enter why this browser is not let in
   */
  constructor(root, readRefusal, enter) {
    this.#root = root;
    this.#readRefusal = readRefusal;
    this.#socket = new RoomSocket(toSocketUrl('/room'), {
      line: (line) => this.#receiveLine(line),
      connection: (isConnected, notice) => this.#onConnection(isConnected, notice),
      enter,
    });
    this.#sound = new RoomSound(toSocketUrl('/room/sound'), {
      news: (news) => this.#onSoundNews(news),
      ended: (why) => this.#endMicrophone(why),
    });
    addEventListener('keydown', (event) => this.#pressSpace(event, true));
    addEventListener('keyup', (event) => this.#pressSpace(event, false));
    addEventListener('blur', () => this.setTalking(false));
    // Browsers play only once something was pressed.
    for (const name of ['click', 'keydown'])
      addEventListener(name, () => void this.#sound.startListening(), { once: true });
    this.#drawPage();
  }

  /** @type {RoomActions['join']} */
  join(channel, person) {
    void this.askRoom('join', { channel, person });
  }

  /** @type {RoomActions['submitForm']} */
  async submitForm(form, fields) {
    const { ok } = await this.askRoom('submit', { form, fields });
    if (ok && this.#page.form?.id === form) this.closeForm();
  }

  /** @type {RoomActions['closeForm']} */
  closeForm() {
    this.#changePage({ form: undefined });
  }

  /** @type {RoomActions['agree']} */
  agree(person) {
    void this.askRoom('command', { name: 'privacy allow', person });
  }

  /** @type {RoomActions['send']} */
  send(words) {
    const { line: typed, room } = this.#page; // not the drawn line: a fast typist is ahead of it
    const line = words ?? typed;
    const { commands, channels, bot } = room.room;
    if (line.trim() === '') return;
    this.#sentLines = [...this.#sentLines, line].slice(-maxSentLines);
    this.#recalled = 0;
    if (words === undefined && this.#page.isConnected) this.#showSuggestions('', []);
    document.querySelector('.messages')?.scrollTo(0, 0); // the end, where the answer comes
    if (!line.startsWith('/')) {
      const channel = bot.channel ?? channels.find(({ kind }) => kind === 'text')?.name;
      const text = bot.id === undefined ? line : `<@${bot.id}> ${line}`; // without a mention the bot cannot read it
      return void this.#sendLine(line, 'write', { text, channel });
    }
    const read = readCommand(line, commands);
    if (read.kind === 'incomplete')
      return this.#changePage({ notice: read.message, line: typed });
    const options = Object.fromEntries(
      Object.entries(read.options).map(([name, value]) => [
        name,
        typeof value === 'object'
          ? { file: this.#fileIds.get(value.file) ?? '' }
          : value,
      ]),
    );
    this.#receiveLine({ kind: 'command', text: line.trim() });
    void this.#sendLine(line, 'command', { name: read.name, options });
  }

  /**
   * Sends a line. A lost one stands in the box again, unless another was begun.
   * @param {string} line
   * @param {string} kind
   * @param {object} fields
   */
  async #sendLine(line, kind, fields) {
    const { isLost } = await this.askRoom(kind, fields);
    if (isLost && this.#page.line === '') this.#showSuggestions(line, []);
  }

  /** @type {RoomActions['changeLine']} */
  async changeLine(line) {
    const { commands } = this.#page.room.room;
    const { suggestions, ask, file } = completeLine(line, commands);
    this.#showSuggestions(line, suggestions, file);
    document.getElementById('line')?.focus();
    if (!ask) return;
    const { choices = [] } = await this.#socket.ask('complete', ask);
    if (line === this.#page.line)
      this.#showSuggestions(line, suggestChoices(line, commands, choices));
  }

  /** @type {RoomActions['pressLineKey']} */
  pressLineKey(event) {
    const { suggestions, picked } = this.#page;
    if (event.shiftKey || event.isComposing) return;
    const done = pressKey(event.key, { picked, count: suggestions.length });
    if (!done) return this.#recallLine(event);
    event.preventDefault();
    if (done.kind === 'closed') this.#changePage({ suggestions: [] });
    else if (done.kind === 'marked') this.#changePage({ picked: done.picked });
    else void this.changeLine(suggestions[done.picked]?.line ?? this.#page.line);
  }

  /**
   * Shows an earlier line by an arrow key.
   * @param {KeyboardEvent} event
   */
  #recallLine(event) {
    const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    const place = this.#recalled + step;
    if (step === 0 || place < 0 || place > this.#sentLines.length) return;
    event.preventDefault();
    this.#recalled = place;
    this.#showSuggestions(place === 0 ? '' : (this.#sentLines.at(-place) ?? ''), []);
  }

  /** @type {RoomActions['attachFile']} */
  attachFile(file) {
    const { line, room } = this.#page;
    void uploadFile(file, this.#readRefusal).then((sent) => {
      if ('refusal' in sent) return this.#changePage({ notice: sent.refusal });
      this.#fileIds.set(file.name, sent.id);
      const choice = { name: file.name, value: file.name };
      const [chosen] = suggestChoices(line, room.room.commands, [choice]);
      void this.changeLine(chosen?.line ?? line);
    });
  }

  /** @type {RoomActions['toggleMicrophone']} */
  toggleMicrophone() {
    if (this.#sound.isOpen) {
      this.#endMicrophone('');
      void this.askRoom('microphone', { on: false });
    } else void this.#openMicrophone();
  }

  /** @type {RoomActions['setOpenTalk']} */
  setOpenTalk(isOpenTalk) {
    this.#changePage({ isOpenTalk });
    this.setTalking(isOpenTalk);
    // Once it is drawn: Space would change the choice back.
    requestAnimationFrame(() => document.getElementById('talk')?.focus());
  }

  /** @type {RoomActions['setTalking']} */
  setTalking(on) {
    const isTalking = this.#sound.isOpen && (on || this.#page.isOpenTalk);
    if (isTalking === this.#page.isTalking) return;
    this.#sound.setSpeaking(isTalking);
    this.#changePage({ isTalking });
  }

  async #openMicrophone() {
    // Stands until it is open: a question of the browser waits for an answer, and without a loudspeaker Firefox waits for ever.
    this.#changePage({ notice: openingSentence });
    const notice = await this.#sound.openMicrophone();
    this.#changePage({ notice });
    if (notice) return;
    await this.askRoom('microphone', { on: true });
    if (!this.#sound.isOpen) return;
    this.#changePage({ isMicrophoneOpen: true });
    this.setTalking(false);
  }

  /** @param {string} notice */
  #endMicrophone(notice) {
    this.#sound.closeMicrophone();
    this.#changePage({ isMicrophoneOpen: false, isTalking: false, level: 0, notice });
  }

  /**
   * Talks while Space is down.
   * @param {KeyboardEvent} event
   * @param {boolean} isDown
   */
  #pressSpace(event, isDown) {
    if (event.code !== 'Space' || !this.#sound.isOpen) return;
    const { target } = event;
    const isElsewhere =
      target instanceof Element &&
      target.id !== 'talk' &&
      target.matches('input, select, textarea, button, a, summary');
    if (isElsewhere) return;
    event.preventDefault();
    this.setTalking(isDown);
  }

  /**
   * @param {string} line
   * @param {readonly Suggestion[]} suggestions
   * @param {string} [fileOption]
   */
  #showSuggestions(line, suggestions, fileOption) {
    const shown = suggestions.slice(0, maxSuggestions);
    const picked = findFirstMarked(line, shown, this.#page.room.room.commands);
    this.#changePage({ line, suggestions: shown, picked, fileOption });
  }

  /** @type {RoomActions['askRoom']} */
  async askRoom(kind, fields) {
    this.#hasAsked = true;
    const reply = await this.#socket.ask(kind, fields);
    const { ok, error = 'That did not work.', form = this.#page.form } = reply;
    this.#changePage({ notice: ok ? '' : error, form });
    return reply;
  }

  /** @param {RoomLine} line */
  #receiveLine(line) {
    if (line.kind === 'message' && line.to !== undefined && !this.#hasAsked) return;
    if (line.kind === 'microphone' && line.state === 'taken' && this.#sound.isOpen)
      this.#endMicrophone(takenSentence);
    const { bot, you } = this.#page.room.room;
    if (line.kind === 'speaks' && line.who !== bot.name && line.who !== you)
      this.#awaitWords(line.who, line.on);
    this.#changePage({ room: stepRoom(this.#page.room, line) });
  }

  /**
   * Keeps a place for somebody's words from the beginning of their voice.
   * @param {string} who
   * @param {boolean} isVoice false: it has just ended, maybe after its words came
   */
  #awaitWords(who, isVoice) {
    if (isVoice && !this.#page.room.live[who])
      this.#receiveLine({ kind: 'live', who, text: '…' });
    clearTimeout(this.#waits.get(who));
    const end = () => {
      if (this.#page.room.live[who] === '…')
        this.#receiveLine({ kind: 'live', who, text: '' });
    };
    this.#waits.set(who, setTimeout(end, wordsWaitMs));
  }

  /**
   * @param {boolean} isConnected
   * @param {string} notice
   */
  #onConnection(isConnected, notice) {
    this.#changePage({ isConnected, notice, ...(isConnected && { room: emptyRoom }) });
    if (isConnected && this.#sound.isOpen)
      void this.askRoom('microphone', { on: true });
  }

  /** @param {WorkerNews} news */
  #onSoundNews(news) {
    if (news.kind === 'closed') {
      if (news.why) this.#changePage({ notice: news.why });
      return;
    }
    const level = toMeterPosition(news.rms);
    if (news.kind === 'level') {
      if (this.#sound.isOpen) this.#changePage({ level });
      if (this.#page.isTalking && level > quietLevel)
        this.#awaitWords(this.#page.room.room.you, true);
    } else if (level !== this.#page.heardLevel) this.#changePage({ heardLevel: level }); // silence is still
  }

  /** @param {Partial<PageState>} changed */
  #changePage(changed) {
    this.#page = { ...this.#page, ...changed };
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => this.#drawPage());
  }

  #drawPage() {
    this.#isDrawn = true;
    const { notice, room } = this.#page;
    if (this.#isFirst) {
      // The first sentence stays until there is something to draw.
      if (!room.room.you && !notice) return;
      this.#root.replaceChildren();
      this.#isFirst = false;
    }
    const page = markSpeakers(this.#page);
    const tree = html`${renderStage(page, this)}
      <main>${renderConversation(page, this)}${renderComposer(page, this)}</main>
      ${renderSide(page, this)}${renderForm(page, this)}`;
    render(tree, this.#root);
    if (page.picked >= 0)
      document
        .getElementById(`suggestion-${page.picked}`)
        ?.scrollIntoView({ block: 'nearest' });
  }
}

/**
 * Marks speakers: the person of the page above a quiet level, the bot while its words
 * come.
 * @param {PageState} page
 */
function markSpeakers(page) {
  const { live, room } = page.room;
  const people = room.people.map((one) =>
    one.isYou && page.isTalking ? { ...one, speaks: page.level > quietLevel } : one,
  );
  const { speaks, name } = room.bot;
  const bot = { ...room.bot, speaks: speaks && Boolean(live[name]) };
  return {
    ...page,
    isSounding: speaks,
    room: { ...page.room, room: { ...room, people, bot } },
  };
}

/**
 * @param {string} path
 */
function toSocketUrl(path) {
  const url = new URL(path, location.href);
  url.searchParams.set('tab', tabId);
  return url;
}
