/** @import { Suggestion } from './command-line.js' */
/** @import { PageState, RoomActions, SideState } from './room-actions.js' */
/** @import { FactEvent } from './facts.js' */
/** @import { RoomEvent } from './room-types.js' */
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
import { renderConnect, stepConnect } from './connect-view.js';
import { renderConversation } from './conversation-view.js';
import { isFactEvent, isMoving, noFacts, stepFacts } from './facts.js';
import { renderForm } from './form-view.js';
import { html } from './html.js';
import { keepLocale } from './language.js';
import { createQuietSender } from './quiet-commands.js';
import { RoomSocket } from './room-socket.js';
import { emptyRoom, isAnswerShown, stepRoom } from './room-state.js';
import { renderShutOut } from './shut-out-view.js';
import { SideActs } from './side-acts.js';
import { renderSide } from './side-view.js';
import { RoomSound } from './sound/room-sound.js';
import { noDevices, systemDevice } from './sound/sound-devices.js';
import { toMeterPosition } from './sound/sound-frames.js';
import { renderStage } from './stage-view.js';
import { formatLine, formatText, getLocale, useTexts } from './texts.js';
import { TrackActs } from './track-acts.js';

/** -45 dB on the level meter. */
const quietLevel = 0.25;

/** After so long a voice had no words. */
const wordsWaitMs = 5_000;

/** Times of tracks and timers are drawn anew so often. */
const tickMs = 500;

/** So many sent lines can be recalled. */
const maxSentLines = 50;

/** The id of this tab, by which the sandbox tells several apart. */
const tabId = `${Math.random()}`.slice(2);

/** The side before anything is known. @type {SideState} */
const emptySide = {
  devices: {
    ...noDevices,
    choice: { microphone: systemDevice, loudspeaker: systemDevice, volume: 1 },
  },
  keptFromMs: undefined,
  voices: [],
  mannerReply: '',
};

/**
 * What the page asks over HTTP.
 * @typedef {object} Door
 * @property {(refused: Response) => Promise<string>} readRefusal reads the sentence of a refused request
 * @property {() => Promise<string | undefined>} enterRoom asks again to be let in; returns the reason why this browser is not
 * @property {(locale: string) => Promise<Readonly<Record<string, string>>>} loadTexts loads the texts of a language by id
 */

/**
 * Draws the room of the sandbox, and sends it each press.
 * @implements {RoomActions}
 */
export class RoomPage {
  /** @type {PageState} */
  #page = {
    room: emptyRoom,
    isConnected: false,
    notice: '',
    soundGate: 'new',
    level: 0,
    heardLevel: 0,
    typedLine: '',
    suggestions: [],
    picked: -1,
    fileOption: undefined,
    form: undefined,
    connect: undefined,
    isMicrophoneOpen: false,
    isOpenTalk: true,
    isTalking: false,
    isSounding: false,
    side: emptySide,
    facts: noFacts,
    nowMs: 0,
    wantedVolumes: {},
    trackRefusal: undefined,
  };
  /** @type {HTMLElement} */
  #root;
  /** @type {RoomSocket} */
  #socket;
  /** @type {RoomSound} */
  #sound;
  /** @type {SideActs} */
  side;
  /** @type {TrackActs} */
  tracks;
  /** False while a change waits for the next frame of the browser. */
  #isDrawn = true;
  /** True until something was drawn in the place of the first sentence. */
  #isFirst = true;
  /** Once true, one sheet is drawn for ever. */
  #isShutOut = false;
  /** @type {Door} */
  #door;
  /** Ids of uploaded files by name. @type {Map<string, string>} */
  #fileIds = new Map();
  /** Oldest first. @type {readonly string[]} */
  #sentLines = [];
  /** Lines back from the one in the box, which is 0. */
  #recalledCount = 0;
  /** Waits for the words of voices, by name. @type {Map<string, ReturnType<typeof setTimeout>>} */
  #waits = new Map();

  /**
   * Connects to the sandbox, and draws the page.
   * @param {HTMLElement} root the element that holds the page
   * @param {Door} door
   */
  constructor(root, door) {
    this.#root = root;
    this.#door = door;
    this.#socket = new RoomSocket(() => toSocketUrl('/room'), {
      onEvent: (event) => this.#receiveEvent(event),
      onConnection: (isConnected, notice) => this.#onConnection(isConnected, notice),
      enter: door.enterRoom,
      onShutOut: () => this.#shutOut(),
    });
    this.#sound = new RoomSound(toSocketUrl('/room/sound'), {
      onNews: (news) => this.#onSoundNews(news),
      onEnded: (reason) => this.#endMicrophone(formatLine(reason)),
      onGate: (soundGate) => this.#changePage({ soundGate }),
      onDevices: (devices) => this.#changeSide({ devices }),
      onLostDevice: ({ label }) =>
        this.#changePage({ notice: formatText('page.sound.lost', { device: label }) }),
      onKeptFull: () => void this.side.toggleKeeping(),
    });
    const sendQuietly = createQuietSender(
      this.#socket,
      () => this.#page.room.room.bot.channel,
    );
    this.tracks = new TrackActs(
      sendQuietly,
      (wantedVolumes) => this.#changePage({ wantedVolumes }),
      (trackRefusal) => this.#changePage({ trackRefusal }),
    );
    setInterval(() => {
      if (isMoving(this.#page.facts)) this.#changePage({});
    }, tickMs);
    this.side = new SideActs({
      getPage: () => this.#page,
      change: (changes) => this.#changeSide(changes),
      tell: (notice) => this.#changePage({ notice }),
      sound: this.#sound,
      sendQuietly,
      socket: this.#socket,
    });
    addEventListener('keydown', (event) => this.#pressSpace(event, true));
    addEventListener('keyup', (event) => this.#pressSpace(event, false));
    addEventListener('blur', () => this.setTalking(false));
    for (const name of ['click', 'keydown'])
      addEventListener(name, () => this.#sound.takeGateEvent({ kind: 'press' }));
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#sound.takeGateEvent({ kind: 'returned' });
    });
    this.#sound.takeGateEvent({ kind: 'load' });
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

  /** @type {RoomActions['openConnect']} */
  openConnect() {
    this.#changePage({ connect: { stage: 'looking' } });
    void this.#askModels('find', {});
  }

  /** @type {RoomActions['closeConnect']} */
  closeConnect() {
    this.#changePage({ connect: undefined });
  }

  /** @type {RoomActions['connectModel']} */
  connectModel(vendor, choice) {
    this.#changePage({ connect: { ...this.#page.connect, stage: 'trying', vendor } });
    void this.#askModels('connect', { vendor, ...choice });
  }

  /** @type {RoomActions['chooseLocalModel']} */
  chooseLocalModel(name) {
    const vendor = name ?? '';
    this.#changePage({ connect: { ...this.#page.connect, stage: 'trying', vendor } });
    void this.#askModels('local', { name });
  }

  /** @type {RoomActions['restartBot']} */
  restartBot() {
    this.#changePage({ connect: undefined });
    void this.askRoom('models.restart', {});
  }

  /**
   * Asks about models, and shows the reply in the dialog, unless it was closed meanwhile.
   * @param {'find' | 'connect' | 'local'} act
   * @param {object} fields
   */
  async #askModels(act, fields) {
    const reply = await this.#socket.ask(`models.${act}`, fields);
    const { connect } = this.#page;
    if (connect) this.#changePage({ connect: stepConnect(connect, reply) });
  }

  /** @type {RoomActions['changeLanguage']} */
  async changeLanguage(locale) {
    const texts = await this.#door.loadTexts(locale);
    keepLocale(locale, [sessionStorage, localStorage]);
    useTexts(locale, texts);
    document.documentElement.lang = locale;
    await this.askRoom('language', { locale });
  }

  /** @type {RoomActions['agree']} */
  agree(person) {
    void this.askRoom('command', { name: 'privacy allow', person });
  }

  /** @type {RoomActions['send']} */
  send(givenText) {
    const { typedLine, room } = this.#page; // not the drawn line: a fast typist is ahead of it
    const sentLine = (givenText ?? typedLine).trim();
    const { channels, bot } = room.room;
    if (sentLine === '') return;
    this.#sentLines = [...this.#sentLines, sentLine].slice(-maxSentLines);
    this.#recalledCount = 0;
    if (givenText === undefined && this.#page.isConnected)
      this.#showSuggestions('', []);
    document.querySelector('.messages')?.scrollTo(0, 0); // the end, where the answer comes
    if (!sentLine.startsWith('/')) {
      const channel = bot.channel ?? channels.find(({ kind }) => kind === 'text')?.name;
      const text = bot.id === undefined ? sentLine : `<@${bot.id}> ${sentLine}`; // without a mention the bot cannot read it
      return void this.#sendLine(sentLine, 'write', { text, channel });
    }
    this.#sendCommand(sentLine, typedLine);
  }

  /**
   * Sends the command of a line, or says what it lacks.
   * @param {string} sentLine
   * @param {string} typedLine stands in the box again where the command lacks something
   */
  #sendCommand(sentLine, typedLine) {
    const { commands } = this.#page.room.room;
    const command = readCommand(sentLine, commands);
    if (command.kind === 'incomplete')
      return this.#changePage({ notice: formatLine(command.lack), typedLine });
    const options = Object.fromEntries(
      Object.entries(command.options).map(([name, value]) => [
        name,
        typeof value === 'object'
          ? { file: this.#fileIds.get(value.file) ?? '' }
          : value,
      ]),
    );
    const { name } = command;
    void this.#sendLine(sentLine, 'command', { name, options, line: sentLine });
  }

  /**
   * Sends a line. A lost one stands in the box again, unless another was begun.
   * @param {string} sentLine as it was typed
   * @param {string} kind kind of the request
   * @param {object} fields fields of the request
   * @returns {Promise<void>}
   */
  async #sendLine(sentLine, kind, fields) {
    const { isLost } = await this.askRoom(kind, fields);
    if (isLost && this.#page.typedLine === '') this.#showSuggestions(sentLine, []);
  }

  /** @type {RoomActions['changeLine']} */
  async changeLine(typedLine) {
    const { commands } = this.#page.room.room;
    const { suggestions, ask, file } = completeLine(typedLine.trimStart(), commands);
    this.#showSuggestions(typedLine, suggestions, file);
    document.getElementById('line')?.focus();
    if (!ask) return;
    const { choices = [] } = await this.#socket.ask('complete', ask);
    if (typedLine === this.#page.typedLine)
      this.#showSuggestions(typedLine, suggestChoices(typedLine, commands, choices));
  }

  /** @type {RoomActions['pressLineKey']} */
  pressLineKey(event) {
    const { suggestions, picked } = this.#page;
    if (event.shiftKey || event.isComposing) return;
    const keyAct = pressKey(event.key, { picked, count: suggestions.length });
    if (!keyAct) return this.#recallLine(event);
    event.preventDefault();
    if (keyAct.kind === 'closed') this.#changePage({ suggestions: [] });
    else if (keyAct.kind === 'marked') this.#changePage({ picked: keyAct.picked });
    else void this.changeLine(suggestions[keyAct.picked]?.line ?? this.#page.typedLine);
  }

  /**
   * Shows an earlier line by an arrow key.
   * @param {KeyboardEvent} event
   */
  #recallLine(event) {
    const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    const linesBack = this.#recalledCount + step;
    if (step === 0 || linesBack < 0 || linesBack > this.#sentLines.length) return;
    event.preventDefault();
    this.#recalledCount = linesBack;
    const typedLine = linesBack === 0 ? '' : (this.#sentLines.at(-linesBack) ?? '');
    this.#showSuggestions(typedLine, []);
  }

  /** @type {RoomActions['attachFile']} */
  attachFile(file) {
    const { typedLine, room } = this.#page;
    void uploadFile(file, this.#door.readRefusal).then((upload) => {
      if ('refusal' in upload) return this.#changePage({ notice: upload.refusal });
      this.#fileIds.set(file.name, upload.id);
      const choice = { name: file.name, value: file.name };
      const [suggestion] = suggestChoices(typedLine, room.room.commands, [choice]);
      void this.changeLine(suggestion?.line ?? typedLine);
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

  /**
   * Opens the microphone, and tells the sandbox.
   * @returns {Promise<void>}
   */
  async #openMicrophone() {
    // Stands until it is open: a question of the browser waits for an answer, and without a loudspeaker Firefox waits for ever.
    this.#changePage({ notice: formatText('page.microphone.opening') });
    const refusal = await this.#sound.openMicrophone();
    const notice = refusal ? formatLine(refusal) : '';
    this.#changePage({ notice });
    if (notice) return;
    await this.askRoom('microphone', { on: true });
    if (!this.#sound.isOpen) return;
    this.#changePage({ isMicrophoneOpen: true });
    this.setTalking(false);
  }

  /**
   * Closes the microphone.
   * @param {string} notice why it ended, or empty
   */
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
   * Shows a line in the box, with suggestions for it.
   * @param {string} typedLine
   * @param {readonly Suggestion[]} suggestions
   * @param {string} [fileOption] name of the option that takes a file
   */
  #showSuggestions(typedLine, suggestions, fileOption) {
    const shownSuggestions = suggestions.slice(0, maxSuggestions);
    const { commands } = this.#page.room.room;
    const picked = findFirstMarked(typedLine, shownSuggestions, commands);
    this.#changePage({ typedLine, suggestions: shownSuggestions, picked, fileOption });
  }

  /** @type {RoomActions['askRoom']} */
  async askRoom(kind, fields) {
    const reply = await this.#socket.ask(kind, fields);
    const { ok, error = formatText('page.failed'), form = this.#page.form } = reply;
    this.#changePage({ notice: ok ? '' : error, form });
    return reply;
  }

  /**
   * Takes over an event of the sandbox.
   * @param {RoomEvent} event
   */
  #receiveEvent(event) {
    if (isFactEvent(event)) return this.#takeFact(event);
    if (event.kind === 'microphone' && event.state === 'taken' && this.#sound.isOpen)
      this.#endMicrophone(formatText('page.microphone.taken'));
    const { bot, you } = this.#page.room.room;
    if (event.kind === 'speaks' && event.who !== bot.name && event.who !== you)
      this.#awaitWords(event.who, event.on);
    this.#changePage({ room: stepRoom(this.#page.room, event) });
  }

  /**
   * Draws a fact of the bot.
   * @param {FactEvent} event
   */
  #takeFact(event) {
    const facts = stepFacts(this.#page.facts, event, performance.now());
    this.#changePage({ facts });
  }

  /**
   * Keeps a place for somebody's words from the beginning of their voice.
   * @param {string} who name of the speaker
   * @param {boolean} isVoice false: it has just ended, maybe after its words came
   */
  #awaitWords(who, isVoice) {
    if (isVoice && !this.#page.room.live[who])
      this.#receiveEvent({ kind: 'live', who, text: '…' });
    clearTimeout(this.#waits.get(who));
    const dropPlace = () => {
      if (this.#page.room.live[who] === '…')
        this.#receiveEvent({ kind: 'live', who, text: '' });
    };
    this.#waits.set(who, setTimeout(dropPlace, wordsWaitMs));
  }

  /**
   * Shows whether the sandbox is there. After a break it sends the whole room again.
   * @param {boolean} isConnected
   * @param {string} notice one sentence, or none
   */
  #onConnection(isConnected, notice) {
    this.#changePage({
      isConnected,
      notice,
      ...(isConnected && { room: emptyRoom, facts: noFacts }),
    });
    if (isConnected && this.#sound.isOpen)
      void this.askRoom('microphone', { on: true });
  }

  /** Ends everything: a restarted sandbox does not let this browser in. */
  #shutOut() {
    this.#isShutOut = true;
    this.#endMicrophone('');
    this.#sound.close();
  }

  /**
   * Shows the level of a sound, or why there is none.
   * @param {WorkerNews} news
   */
  #onSoundNews(news) {
    const level = toMeterPosition(news.rms);
    if (news.kind === 'level') {
      if (this.#sound.isOpen) this.#changePage({ level });
      if (this.#page.isTalking && level > quietLevel)
        this.#awaitWords(this.#page.room.room.you, true);
    } else if (level !== this.#page.heardLevel) this.#changePage({ heardLevel: level }); // silence is still
  }

  /**
   * Changes the side.
   * @param {Partial<SideState>} changes
   */
  #changeSide(changes) {
    this.#changePage({ side: { ...this.#page.side, ...changes } });
  }

  /**
   * Changes the page, and draws it with the next frame of the browser.
   * @param {Partial<PageState>} changes
   */
  #changePage(changes) {
    this.#page = { ...this.#page, ...changes };
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => this.#drawPage());
  }

  /** Draws the page as it is now. */
  #drawPage() {
    this.#isDrawn = true;
    if (this.#isShutOut)
      return render(renderShutOut(formatText('page.shutout')), this.#root);
    const { notice, room } = this.#page;
    if (this.#isFirst) {
      // The first sentence stays until there is something to draw.
      if (!room.room.you && !notice) return;
      this.#root.replaceChildren();
      this.#isFirst = false;
    }
    const page = { ...markSpeakers(this.#page), nowMs: performance.now() };
    const tree = html`${renderStage(page, this)}
      <main>${renderConversation(page, this)}${renderComposer(page, this)}</main>
      ${renderSide(page, this)}${renderForm(page, this)}${renderConnect(page, this)}`;
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
 * @returns {PageState}
 */
function markSpeakers(page) {
  const { live, room } = page.room;
  const people = room.people.map((person) =>
    person.isYou && page.isTalking
      ? { ...person, speaks: page.level > quietLevel }
      : person,
  );
  const { speaks, name } = room.bot;
  const hasWords = Boolean(live[name]) || isAnswerShown(page.room);
  const bot = { ...room.bot, speaks: speaks && hasWords };
  return {
    ...page,
    isSounding: speaks,
    room: { ...page.room, room: { ...room, people, bot } },
  };
}

/**
 * Makes the address of a socket of this tab.
 * @param {string} path
 * @returns {URL}
 */
function toSocketUrl(path) {
  const url = new URL(path, location.href);
  url.searchParams.set('tab', tabId);
  url.searchParams.set('locale', getLocale());
  return url;
}
