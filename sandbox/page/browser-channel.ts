import { isDeepStrictEqual } from 'node:util';
import { toMessageLine } from '#sandbox/program/message-line.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import type { MessageChange } from '#sandbox/world/world-messages.ts';
import type { Clock } from '#src/base/clock.ts';
import { toFileUrl } from './browser-files.ts';
import { listMenuNames, toMenus } from './browser-forms.ts';
import { type BotEvent, type BrowserEvent, formatFrame } from './browser-protocol.ts';
import type { BrowserSocket } from './browser-socket.ts';

/** Interval between checks of the state while a page is open. */
const stateCheckMs = 200;
/** Nothing heard of somebody for so long: they speak no more. */
const speakingTailMs = 300;
/** Messages and events that a page gets when it opens. */
const maxShown = 200;

type BrowserChannelOptions = {
  readonly sandbox: Sandbox;
  /** Name of the person that the reader of the page plays. */
  readonly you: string;
  readonly clock: Clock;
};

/** Sends the events of the sandbox to the open pages. Without a page it only keeps the last messages. */
export class BrowserChannel implements Disposable {
  readonly #options;
  readonly #screens = new Set<BrowserSocket>();
  /** Messages by their ids, and events, in the order in which they came. */
  readonly #shown = new Map<string | object, BrowserEvent>();
  readonly #speaking = new Map<string, number>();
  #engines: BrowserEvent | undefined;
  #state: BrowserEvent | undefined;
  #checking: NodeJS.Timeout | undefined;
  #hearing: Disposable | undefined;

  constructor(options: BrowserChannelOptions) {
    this.#options = options;
    options.sandbox.onMessage((change) => this.#handleMessage(change));
  }

  addScreen(screen: BrowserSocket) {
    const { sandbox, you } = this.#options;
    this.#hearing ??= sandbox.person(you).onHeard((frame) => this.#hearFrame(frame));
    this.#checking ??= setInterval(() => this.checkState(), stateCheckMs).unref();
    this.checkState();
    this.#screens.add(screen);
    const events = [this.#state, this.#engines, ...this.#shown.values()];
    // In one frame: a page that drew the room between two would move what it has drawn.
    screen.send(formatFrame(...events.filter((event) => event !== undefined)));
  }

  removeScreen(screen: BrowserSocket) {
    this.#screens.delete(screen);
    if (this.#screens.size === 0) this.#stopChecking();
  }

  /** Sends the state to the page if it has changed. */
  checkState() {
    const { clock } = this.#options;
    for (const [who, atMs] of this.#speaking) {
      if (clock.nowMs() - atMs > speakingTailMs) this.setSpeaking(who, false);
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
  reportEvent(event: BotEvent) {
    if (event.kind === 'engines') {
      this.#engines = event;
      this.#emitEvent(event);
      return;
    }
    const heard = event.kind === 'answered' ? this.#toFirstHeardMs(event) : {};
    const shownEvent = { ...event, ...heard, wallMs: this.#options.clock.wallMs() };
    if (event.kind !== 'live') this.#keepEvent(event, shownEvent);
    this.#emitEvent(shownEvent);
  }

  /** Notes whether somebody speaks, as far as the page hears it. */
  setSpeaking(who: string, on: boolean) {
    const was = this.#speaking.has(who);
    if (on) this.#speaking.set(who, this.#options.clock.nowMs());
    else this.#speaking.delete(who);
    if (was !== on) this.#emitEvent({ kind: 'speaks', who, on });
  }

  sendToTab(tab: string, event: BrowserEvent) {
    const frame = formatFrame(event);
    for (const screen of this.#screens) if (screen.tab === tab) screen.send(frame);
  }

  [Symbol.dispose]() {
    this.#stopChecking();
    this.#screens.clear();
  }

  #stopChecking() {
    clearInterval(this.#checking);
    this.#checking = undefined;
    this.#hearing?.[Symbol.dispose]();
    this.#hearing = undefined;
    this.#speaking.clear();
  }

  #hearFrame({ fromUserId, audible }: HeardFrame) {
    if (audible) this.setSpeaking(this.#options.sandbox.nameOf(fromUserId), true);
  }

  #handleMessage(change: MessageChange) {
    const { sandbox, clock } = this.#options;
    const line = toMessageLine(change, (id) => sandbox.nameOf(id), clock.nowMs());
    if (!line) return;
    const { messageId: id, ...rest } = line;
    const files = change.message.files.map(({ id: fileId, name, type, sizeBytes }) => {
      return { name, type, sizeBytes, url: toFileUrl(fileId, name) };
    });
    const menus = toMenus(change.message.components, listMenuNames(sandbox));
    const event = { ...rest, id, files, menus, wallMs: clock.wallMs() };
    if (change.kind === 'deleted') this.#shown.delete(id);
    else if (event.to === undefined) this.#keepEvent(id, event); // private ones are gone with the page, as in Discord
    this.#emitEvent(event);
  }

  #keepEvent(key: string | object, event: BrowserEvent) {
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
      people: people.map((each) => ({
        ...each,
        isYou: each.name === you,
        speaks: this.#speaking.has(each.name),
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
    const heard = sandbox
      .person(you)
      .heard.frames.find(({ atMs, audible }) => audible && atMs >= firstSentAtMs);
    return heard ? { firstHeardAtMs: heard.atMs } : {};
  }

  #emitEvent(event: BrowserEvent) {
    if (this.#screens.size === 0) return;
    const frame = formatFrame(event);
    for (const screen of this.#screens) screen.send(frame);
  }
}
