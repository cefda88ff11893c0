import { isDeepStrictEqual } from 'node:util';
import { toMessageLine } from '#sandbox/program/message-line.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import type { MessageChange } from '#sandbox/world/world-messages.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Locale } from '#src/texts/texts.ts';
import { toFileUrl } from './browser-files.ts';
import { listMenuNames, toMenus } from './browser-forms.ts';
import {
  type BotEvent,
  type BrowserEvent,
  type BrowserRequest,
  formatFrame,
} from './browser-protocol.ts';
import type { BrowserSocket } from './browser-socket.ts';
import type { QuietReplies } from './quiet-replies.ts';
import {
  type FactEvent,
  type FactLine,
  formatFactLine,
  RoomFacts,
} from './room-facts.ts';

/** Interval between checks of the state while a page is open. */
const stateCheckMs = 200;
/** A person of whom nothing is heard for so long speaks no more. */
const speakingTailMs = 300;
/** Messages and events that a page gets when it opens. */
const maxShown = 200;

type SpeechEvent = Exclude<
  BotEvent,
  FactEvent | { readonly kind: 'engines' | 'models' }
>;

/** An event whose sentence, if it has one, is not formatted yet. */
type KeptEvent = BrowserEvent & { readonly line?: FactLine | undefined };

type BrowserChannelOptions = {
  readonly sandbox: Sandbox;
  /** Name of the person that the reader of the page plays. */
  readonly you: string;
  readonly clock: Clock;
  readonly quietReplies: QuietReplies;
  /** Called when the first page opens, and after the last one has closed. */
  readonly onWatched: (isWatched: boolean) => void;
};

/** Sends the events of the sandbox to the open pages. Without a page it only keeps the last messages. */
export class BrowserChannel implements Disposable {
  readonly #options: BrowserChannelOptions;
  readonly #screens = new Set<BrowserSocket>();
  /** Messages by their ids, and events, in the order in which they came. */
  readonly #shown = new Map<string | object, KeptEvent>();
  /** Instants at which people were last heard, by name. */
  readonly #speaking = new Map<string, number>();
  readonly #facts: RoomFacts;
  /** Facts about the bot's process, by kind. */
  readonly #processFacts = new Map<string, BrowserEvent>();
  #state: BrowserEvent | undefined;
  #hasActed = false;
  #checkTimer: NodeJS.Timeout | undefined;
  #heardSubscription: Disposable | undefined;

  constructor(options: BrowserChannelOptions) {
    this.#options = options;
    this.#facts = new RoomFacts(options.sandbox.person(options.you).id);
    options.sandbox.onMessage((change) => this.#handleMessage(change));
  }

  /** Adds a page, which gets the present state and the last messages. */
  addScreen(screen: BrowserSocket): void {
    const { onWatched, sandbox, you } = this.#options;
    this.#heardSubscription ??= sandbox
      .person(you)
      .onHeard((frame) => this.#hearFrame(frame));
    this.#checkTimer ??= setInterval(() => this.checkState(), stateCheckMs).unref();
    this.checkState();
    this.#screens.add(screen);
    if (this.#screens.size === 1) onWatched(true);
    const facts = this.#listFacts(screen);
    const lasting = [...this.#processFacts.values(), ...this.#shown.values(), ...facts];
    const events = [this.#state, ...lasting]
      .filter((event) => event !== undefined)
      .map((event) => toPageEvent(event, screen.locale));
    // In one frame: a page that drew the room between two would move what it has drawn.
    screen.send(formatFrame(...events));
  }

  /** Speaks another language with the pages of a tab: they get the facts that have sentences anew. */
  changeLanguage(tab: string, locale: Locale): void {
    for (const screen of this.#screens) {
      if (screen.tab !== tab) continue;
      screen.locale = locale;
      screen.send(formatFrame(...this.#listFacts(screen)));
    }
  }

  #listFacts({ locale }: BrowserSocket) {
    return this.#facts.list(this.#options.clock.wallMs(), locale);
  }

  /** Forgets a page that closed. After the last one the state is not checked any more. */
  removeScreen(screen: BrowserSocket): void {
    if (!this.#screens.delete(screen) || this.#screens.size > 0) return;
    this.#stopChecking();
    this.#options.onWatched(false);
  }

  /** Sends the state to the page if it has changed. */
  checkState(): void {
    const { clock } = this.#options;
    for (const [name, atMs] of this.#speaking) {
      if (clock.nowMs() - atMs > speakingTailMs) this.setSpeaking(name, false);
    }
    const state = this.#readState();
    if (isDeepStrictEqual(state, this.#state)) return;
    this.#state = state;
    this.#emitEvent(state);
  }

  /**
   * Passes on an event of the bot's process, with the time at which the person of the
   * page first heard the answer.
   */
  reportEvent(event: BotEvent): void {
    switch (event.kind) {
      case 'engines':
      case 'models':
        this.#processFacts.set(event.kind, event);
        this.#emitEvent(event);
        return;
      case 'tracks':
      case 'timers':
      case 'tools':
      case 'panel':
        this.#emitFact(event);
        return;
      default:
        this.#showSpeech(event);
    }
  }

  #emitFact(event: FactEvent) {
    const toFact = this.#facts.keep(event, this.#options.clock.wallMs());
    for (const screen of this.#screens) screen.send(formatFrame(toFact(screen.locale)));
  }

  #showSpeech(event: SpeechEvent) {
    const heardInstant = event.kind === 'answered' ? this.#toFirstHeardMs(event) : {};
    const shownEvent = {
      ...event,
      ...heardInstant,
      wallMs: this.#options.clock.wallMs(),
    };
    if (event.kind !== 'live') this.#keepEvent(event, shownEvent);
    this.#emitEvent(shownEvent);
  }

  /**
   * Notes a request of a page, before it is performed. The line of a command stands in the conversation of each page,
   * also of one that is opened later.
   */
  noteRequest(request: BrowserRequest): void {
    this.#hasActed = true;
    if (request.kind !== 'command' || request.line === undefined) return;
    const wallMs = this.#options.clock.wallMs();
    const event = { kind: 'command', text: request.line, wallMs };
    this.#keepEvent(event, event);
    this.#emitEvent(event);
  }

  /** Notes whether somebody speaks, as far as the page hears it. */
  setSpeaking(name: string, on: boolean): void {
    const wasSpeaking = this.#speaking.has(name);
    if (on) this.#speaking.set(name, this.#options.clock.nowMs());
    else this.#speaking.delete(name);
    if (wasSpeaking !== on) this.#emitEvent({ kind: 'speaks', who: name, on });
  }

  /** Sends an event to the pages of one tab. */
  sendToTab(tab: string, event: BrowserEvent): void {
    const frame = formatFrame(event);
    for (const screen of this.#screens) if (screen.tab === tab) screen.send(frame);
  }

  /** Forgets every page, without closing its socket. */
  [Symbol.dispose](): void {
    this.#stopChecking();
    this.#screens.clear();
  }

  #stopChecking() {
    clearInterval(this.#checkTimer);
    this.#checkTimer = undefined;
    this.#heardSubscription?.[Symbol.dispose]();
    this.#heardSubscription = undefined;
    this.#speaking.clear();
  }

  #hearFrame({ fromUserId, audible }: HeardFrame) {
    if (audible) this.setSpeaking(this.#options.sandbox.nameOf(fromUserId), true);
  }

  #handleMessage(change: MessageChange) {
    const { sandbox, clock, quietReplies } = this.#options;
    const message = toMessageLine(change, (id) => sandbox.nameOf(id), clock.nowMs());
    // Private replies of before were made for the terminal, which asks the first question.
    if (!message || (message.to !== undefined && !this.#hasActed)) return;
    const { messageId: id, ...fields } = message;
    const files = change.message.files.map(({ id: fileId, name, type, sizeBytes }) => {
      return { name, type, sizeBytes, url: toFileUrl(fileId, name) };
    });
    const { interactionId } = change.message;
    const isPrivate = message.to !== undefined;
    const buttonCount = message.buttons.length;
    if (quietReplies.take({ id, interactionId, isPrivate, buttonCount, files })) return;
    const menus = toMenus(change.message.components, listMenuNames(sandbox));
    const event = { ...fields, id, files, menus, wallMs: clock.wallMs() };
    if (change.kind === 'deleted') this.#shown.delete(id);
    else this.#keepEvent(id, event);
    this.#emitEvent(event);
  }

  #keepEvent(key: string | object, event: KeptEvent) {
    this.#shown.set(key, event);
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > maxShown && oldest) this.#shown.delete(oldest);
  }

  #readState() {
    const { sandbox, you } = this.#options;
    const { people, channels, roles } = sandbox.guild().roster();
    const name = sandbox.nameOf(sandbox.botId);
    return {
      kind: 'state',
      people: people.map((person) => ({
        ...person,
        isYou: person.name === you,
        speaks: this.#speaking.has(person.name),
      })),
      channels,
      roles,
      bot: {
        ...sandbox.bot(),
        id: sandbox.botId,
        name,
        speaks: this.#speaking.has(name),
      },
      commands: sandbox.commands().map(({ body }) => body),
      you,
    };
  }

  #toFirstHeardMs({ instants }: Extract<BotEvent, { kind: 'answered' }>) {
    const { sandbox, you } = this.#options;
    const { firstSentAtMs } = instants;
    if (firstSentAtMs === undefined) return {};
    const frame = sandbox
      .person(you)
      .heard.frames.find(({ atMs, audible }) => audible && atMs >= firstSentAtMs);
    return frame ? { firstHeardAtMs: frame.atMs } : {};
  }

  #emitEvent(event: KeptEvent) {
    for (const screen of this.#screens)
      screen.send(formatFrame(toPageEvent(event, screen.locale)));
  }
}

/** Formats the sentence of an event, which each page gets in its language. */
function toPageEvent(
  { line, ...event }: KeptEvent,
  locale: BrowserSocket['locale'],
): BrowserEvent {
  return line ? { ...event, text: formatFactLine(line, locale) } : event;
}
