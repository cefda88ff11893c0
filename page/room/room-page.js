/** @import { Suggestion } from './command-line.js' */
/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { Reply, RoomLine } from './room-state.js' */
/** @import { WorkerNews } from './sound/sound-worker.js' */

import { render } from '/vendor/preact.js';
import { CommandFiles } from './command-files.js';
import {
  complete,
  firstMarked,
  mostSuggestions,
  pressKey,
  readCommand,
  suggestChoices,
} from './command-line.js';
import { composerView } from './composer-view.js';
import { conversationView } from './conversation-view.js';
import { formView } from './form-view.js';
import { html } from './html.js';
import { RoomSocket } from './room-socket.js';
import { emptyRoom, stepRoom } from './room-state.js';
import { sideView } from './side-view.js';
import { RoomSound, taken } from './sound/room-sound.js';
import { meterPosition } from './sound/sound-frames.js';
import { stageView } from './stage-view.js';

/** Level of a quiet room on the level meter: -45 dB. */
const quietLevel = 0.25;

/** Words that have not come so long after a voice: there were none. */
const wordsWaitMs = 5_000;

/** Lines that the arrow keys bring back. */
const mostSentLines = 50;

/** Made up by each tab. */
const tabId = `${Math.random()}`.slice(2);

/**
 * The sandbox's room: draws what it tells, and asks it for what is pressed.
 * @implements {RoomActions}
 */
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
  /** Private replies are shown only to the page that asked, as in Discord: not those to a command of the terminal. */
  #hasAsked = false;
  #files;
  /** Lines that were sent, oldest first. @type {readonly string[]} */
  #sentLines = [];
  /** Place in these lines that the box shows, from the end; 0: what is being typed. */
  #recalled = 0;
  /** Ends of the waiting for words, by name. @type {Map<string, ReturnType<typeof setTimeout>>} */
  #waits = new Map();

  /**
   * @param {HTMLElement} root
   * @param {(refused: Response) => Promise<string>} messageOf the sentence of a refused request
   * @param {() => Promise<string | undefined>} enter the sentence that says why this browser is not let in
   */
  constructor(root, messageOf, enter) {
    this.#root = root;
    this.#files = new CommandFiles(messageOf);
    this.#socket = new RoomSocket(socketUrl('/room'), {
      line: (line) => this.#hear(line),
      connection: (isConnected, notice) => this.#connected(isConnected, notice),
      enter,
    });
    this.#sound = new RoomSound(socketUrl('/room/sound'), {
      news: (news) => this.#soundNews(news),
      ended: (why) => this.#microphoneEnded(why),
    });
    addEventListener('keydown', (event) => this.#spaceKey(event, true));
    addEventListener('keyup', (event) => this.#spaceKey(event, false));
    addEventListener('blur', () => this.talk(false));
    // Browsers play only once something was pressed.
    for (const name of ['click', 'keydown'])
      addEventListener(name, () => void this.#sound.listen(), { once: true });
    this.#draw();
  }

  /** @type {RoomActions['join']} */
  join(channel, person) {
    void this.#ask('join', { channel, person });
  }

  /** @type {RoomActions['leave']} */
  leave(person) {
    void this.#ask('leave', { person });
  }

  /** @type {RoomActions['press']} */
  press(messageId, customId, values) {
    void this.#ask('press', { messageId, customId, values });
  }

  /** @type {RoomActions['submit']} */
  submit(form, fields) {
    void this.#ask('submit', { form, fields }).then(({ ok }) => {
      if (ok && this.#page.form?.id === form) this.closeForm();
    });
  }

  /** @type {RoomActions['closeForm']} */
  closeForm() {
    this.#change({ form: undefined });
  }

  /** @type {RoomActions['typeFor']} */
  typeFor(person, text) {
    void this.#ask('type', { person, text });
  }

  /** @type {RoomActions['agree']} */
  agree(person) {
    void this.#ask('command', { name: 'privacy allow', person });
  }

  /** @type {RoomActions['send']} */
  send(words) {
    const { line: typed, room } = this.#page; // not the line that is drawn: who types fast is ahead of that
    const line = words ?? typed;
    const { commands, channels, bot } = room.room;
    if (line.trim() === '') return;
    this.#sentLines = [...this.#sentLines, line].slice(-mostSentLines);
    this.#recalled = 0;
    if (words === undefined && this.#page.isConnected) this.#suggested('', []);
    document.querySelector('.messages')?.scrollTo(0, 0); // the end, where the answer comes
    if (!line.startsWith('/')) {
      const channel = bot.channel ?? channels.find(({ kind }) => kind === 'text')?.name;
      const text = bot.id === undefined ? line : `<@${bot.id}> ${line}`; // without a mention the bot cannot read it
      return void this.#sendLine(line, 'write', { text, channel });
    }
    const read = readCommand(line, commands);
    if (read.kind === 'incomplete') return this.#change({ notice: read.message, line: typed });
    const options = this.#files.named(read.options);
    this.#hear({ kind: 'command', text: line.trim() });
    void this.#sendLine(line, 'command', { name: read.name, options });
  }

  /**
   * Sends a line; one that did not reach the room stands in the box again, unless another was begun.
   * @param {string} line
   * @param {string} kind
   * @param {object} fields
   */
  async #sendLine(line, kind, fields) {
    const { isLost } = await this.#ask(kind, fields);
    if (isLost && this.#page.line === '') this.#suggested(line, []);
  }

  /** @type {RoomActions['typed']} */
  typed(line) {
    const { commands } = this.#page.room.room;
    const { suggestions, ask, file } = complete(line, commands);
    this.#suggested(line, suggestions, file);
    document.getElementById('line')?.focus();
    if (ask) void this.#suggest(line, ask);
  }

  /** @type {RoomActions['lineKey']} */
  lineKey(event) {
    const { suggestions, picked } = this.#page;
    if (event.shiftKey || event.isComposing) return;
    const done = pressKey(event.key, { picked, count: suggestions.length });
    if (!done) return this.#recall(event);
    event.preventDefault();
    if (done.kind === 'closed') this.#change({ suggestions: [] });
    else if (done.kind === 'marked') this.#change({ picked: done.picked });
    else this.typed(suggestions[done.picked]?.line ?? this.#page.line);
  }

  /**
   * Up and down go through the lines that were sent.
   * @param {KeyboardEvent} event
   */
  #recall(event) {
    const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    const place = this.#recalled + step;
    if (step === 0 || place < 0 || place > this.#sentLines.length) return;
    event.preventDefault();
    this.#recalled = place;
    this.#suggested(place === 0 ? '' : (this.#sentLines.at(-place) ?? ''), []);
  }

  /** @type {RoomActions['file']} */
  file(file) {
    const { line, room } = this.#page;
    void this.#files.upload(file).then((refusal) => {
      if (refusal !== undefined) return this.#change({ notice: refusal });
      const choice = { name: file.name, value: file.name };
      const [chosen] = suggestChoices(line, room.room.commands, [choice]);
      this.typed(chosen?.line ?? line);
    });
  }

  /** @type {RoomActions['microphone']} */
  microphone() {
    if (this.#sound.isOpen) {
      this.#microphoneEnded('');
      void this.#tellMicrophone(false);
    } else void this.#openMicrophone();
  }

  /** @type {RoomActions['openTalk']} */
  openTalk(isOpenTalk) {
    this.#change({ isOpenTalk });
    this.talk(isOpenTalk);
    // Once it is drawn: Space would change the choice back.
    requestAnimationFrame(() => document.getElementById('talk')?.focus());
  }

  /** @type {RoomActions['talk']} */
  talk(on) {
    const isTalking = this.#sound.isOpen && (on || this.#page.isOpenTalk);
    if (isTalking === this.#page.isTalking) return;
    this.#sound.speak(isTalking);
    this.#change({ isTalking });
  }

  async #openMicrophone() {
    const refusal = await this.#sound.openMicrophone();
    if (refusal !== undefined) return this.#change({ notice: refusal });
    await this.#tellMicrophone(true);
    if (!this.#sound.isOpen) return;
    this.#change({ isMicrophoneOpen: true });
    this.talk(false);
  }

  /** @param {boolean} on */
  async #tellMicrophone(on) {
    await this.#ask('microphone', { on });
  }

  /** @param {string} notice */
  #microphoneEnded(notice) {
    this.#sound.closeMicrophone();
    this.#change({ isMicrophoneOpen: false, isTalking: false, level: 0, notice });
  }

  /**
   * Space is the talk key, except where it writes or presses something else.
   * @param {KeyboardEvent} event
   * @param {boolean} isDown
   */
  #spaceKey(event, isDown) {
    if (event.code !== 'Space' || !this.#sound.isOpen) return;
    const { target } = event;
    const isElsewhere =
      target instanceof Element &&
      target.id !== 'talk' &&
      target.matches('input, select, textarea, button, a, summary');
    if (isElsewhere) return;
    event.preventDefault();
    this.talk(isDown);
  }

  /**
   * @param {string} line
   * @param {object} asked
   */
  async #suggest(line, asked) {
    const { choices = [] } = await this.#socket.ask('complete', asked);
    if (line !== this.#page.line) return;
    const { commands } = this.#page.room.room;
    this.#suggested(line, suggestChoices(line, commands, choices));
  }

  /**
   * @param {string} line
   * @param {readonly Suggestion[]} suggestions
   * @param {string} [fileOption]
   */
  #suggested(line, suggestions, fileOption) {
    const shown = suggestions.slice(0, mostSuggestions);
    const picked = firstMarked(line, shown, this.#page.room.room.commands);
    this.#change({ line, suggestions: shown, picked, fileOption });
  }

  /**
   * @param {string} kind
   * @param {object} fields
   * @returns {Promise<Reply>}
   */
  async #ask(kind, fields) {
    this.#hasAsked = true;
    const reply = await this.#socket.ask(kind, fields);
    const { ok, error = 'That did not work.', form = this.#page.form } = reply;
    this.#change({ notice: ok ? '' : error, form });
    return reply;
  }

  /** @param {RoomLine} line */
  #hear(line) {
    if (line.kind === 'message' && line.to !== undefined && !this.#hasAsked) return;
    if (line.kind === 'microphone' && line.state === 'taken' && this.#sound.isOpen)
      this.#microphoneEnded(taken);
    const { bot, you } = this.#page.room.room;
    if (line.kind === 'speaks' && line.who !== bot.name && line.who !== you)
      this.#awaitWords(line.who, line.on);
    this.#change({ room: stepRoom(this.#page.room, line) });
  }

  /**
   * Keeps the place of somebody's words from their voice on until the words come.
   * @param {string} who
   * @param {boolean} isVoice false: it has just ended, maybe after its words came
   */
  #awaitWords(who, isVoice) {
    if (isVoice && !this.#page.room.live[who]) this.#hear({ kind: 'live', who, text: '…' });
    clearTimeout(this.#waits.get(who));
    const end = () => {
      if (this.#page.room.live[who] === '…') this.#hear({ kind: 'live', who, text: '' });
    };
    this.#waits.set(who, setTimeout(end, wordsWaitMs));
  }

  /**
   * @param {boolean} isConnected
   * @param {string} notice
   */
  #connected(isConnected, notice) {
    this.#change({ isConnected, notice, ...(isConnected && { room: emptyRoom }) });
    if (isConnected && this.#sound.isOpen) void this.#tellMicrophone(true);
  }

  /** @param {WorkerNews} news */
  #soundNews(news) {
    if (news.kind === 'closed') {
      if (news.why) this.#change({ notice: news.why });
      return;
    }
    const level = meterPosition(news.rms);
    if (news.kind === 'level') {
      if (this.#sound.isOpen) this.#change({ level });
      if (this.#page.isTalking && level > quietLevel)
        this.#awaitWords(this.#page.room.room.you, true);
    } else if (level !== this.#page.heardLevel) this.#change({ heardLevel: level }); // silence is still
  }

  /** @param {Partial<PageState>} changed */
  #change(changed) {
    this.#page = { ...this.#page, ...changed };
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#isDrawn = true;
    const { notice, room } = this.#page;
    // The first sentence of the page stays until there is something to draw, so that nothing drawn has to move.
    if (this.#isFirst && room.room.you === '' && notice === '') return;
    if (this.#isFirst) this.#root.replaceChildren();
    this.#isFirst = false;
    const [page, actions] = [withVoices(this.#page), this];
    const tree = html`${stageView(page, actions)}
      <main>${conversationView(page, actions)}${composerView(page, actions)}</main>
      ${sideView(page, actions)}${formView(page, actions)}`;
    render(tree, this.#root);
    if (page.picked >= 0)
      document.getElementById(`suggestion-${page.picked}`)?.scrollIntoView({ block: 'nearest' });
  }
}

/**
 * The same where the person in front of the page speaks above the level of a quiet room, not whenever the microphone is on, and the bot
 * while its words come, not while a track plays.
 * @param {PageState} page
 * @returns {PageState}
 */
function withVoices(page) {
  const { live, room } = page.room;
  const { bot, people } = room;
  const heard = people.map((one) =>
    one.isYou && page.isTalking ? { ...one, speaks: page.level > quietLevel } : one,
  );
  const speaking = { ...bot, speaks: bot.speaks && Boolean(live[bot.name]) };
  const shown = { ...room, people: heard, bot: speaking };
  return { ...page, isSounding: bot.speaks, room: { ...page.room, room: shown } };
}

/**
 * The WebSocket at a path of this page's own address, as this tab, so that the room knows which sound is whose.
 * @param {string} path
 * @returns {URL}
 */
function socketUrl(path) {
  const url = new URL(path, location.href);
  url.searchParams.set('tab', tabId);
  return url;
}
