import '#src/discord/library/sodium.ts';
import {
  getVoiceConnection,
  VoiceConnectionStatus,
  version as voiceVersion,
} from '@discordjs/voice';
import { VERSION as daveyVersion } from '@snazzah/davey';
import {
  type Client,
  DiscordAPIError,
  version as discordVersion,
  Events,
  Routes,
} from 'discord.js';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { ifInTime } from '#src/base/waiting.ts';
import type { CaptionChat } from '#src/conversation/ports/caption-chats.ts';
import type { DesiredMessage, DisplayOutcome } from '#src/conversation/ports/desired-message.ts';
import type { PanelFace, PanelPlace } from '#src/conversation/ports/panel.ts';
import type { ChannelRef, LinkState, VoiceLink } from '#src/conversation/ports/voice-link.ts';
import { openCaptionChats } from '#src/discord/captions/caption-chats.ts';
import { openChannelWriters } from '#src/discord/captions/channel-writers.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import {
  cutSocket,
  groupLacksSomebody,
  networkingOf,
  socketOf,
} from '#src/discord/library/voice-library.ts';
import { realTiming } from '#src/discord/link/timing.ts';
import { openVoiceLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import { closeClient, LoginDeadline, logIn, newClient } from '#src/discord/login.ts';
import { networkCodeOf } from '#src/discord/network-errors.ts';
import { watchOwnState } from '#src/discord/own-state.ts';
import { openBoard } from '#src/discord/panel/board.ts';
import { Outbox } from '#src/discord/panel/outbox.ts';
import { memoryOnlyPanelStore, openPanelBoard } from '#src/discord/panel/panels.ts';
import { openPlaces } from '#src/discord/places.ts';
import { type JoinVerdict, judgeJoin } from '#src/people/join-rules.ts';
import { text } from '#src/texts/texts.ts';
import type { AccountLogin } from './account-rest.ts';
import { onlyShard } from './channel-trial.ts';

/** Versions of the libraries that voice stands on. */
export const voiceVersions = {
  'discord.js': discordVersion,
  '@discordjs/voice': voiceVersion,
  davey: daveyVersion,
} as const;

export type LiveTrialOptions = {
  readonly shards: number;
  /** Deadline, in ms, for a voice link. */
  readonly connectMs: number;
  readonly clock: Clock;
  /** Name of this program, for the panel. */
  readonly engine: string;
  /** Told of everything that Discord and the watchdogs of the link report. */
  readonly report: (event: DiscordEvent) => void;
};

/** An open voice link, as its server describes it. */
export type OpenedLink = LinkState & {
  readonly tookMs: number;
  /** Region of the voice server; empty: its host name does not say. */
  readonly region: string;
  /** Number of other people in the channel. */
  readonly others: number;
  /** True when the end-to-end group lacks a person who is connected. */
  readonly lacksSomebody: boolean;
};

/** Outcome of a voice socket that was cut: `anew` with the code by which Discord refused to resume. */
export type VoiceResumption = {
  readonly kind: 'resumed' | 'anew';
  readonly tookMs: number;
  readonly closeCode?: number;
};

/** Outcome of a message that the bot posts, edits or deletes. */
export type WriteResult = { readonly kind: 'done' | 'late' } | WriteRefusal;
type WriteRefusal = { readonly kind: 'refused'; readonly code: string };

/** Longest times, in ms: a login, a session that comes back, and a message. */
const [loginMs, resumeMs, writeMs] = [20_000, 30_000, 10_000];
const checkMs = 50;
/** Interval, in ms, at which Discord is asked for the panel. */
const readMs = 500;
/** Time, in ms, for a cleanup to delete the messages. */
const lastAnswersMs = 1_000;
const captionKey = 'check';

/**
 * Logs in as the bot, for a trial of its voice links, panel and captions in one server. It answers no command and decrypts no
 * packet. Errors: as `logIn`. Aborting `signal` throws `signal.reason`.
 */
export async function openLiveTrial(
  login: AccountLogin,
  channel: ChannelRef,
  options: LiveTrialOptions,
  signal: AbortSignal,
): Promise<LiveTrial> {
  const { shards } = options;
  const shard = shards > 1 ? { shard: onlyShard(channel, shards) } : {};
  const deadline = new LoginDeadline(loginMs);
  const all = { ...login, ...shard, timeoutMs: loginMs, deadline };
  const client = newClient(all);
  // An error without a listener would end the process.
  const warn = (error: Error) =>
    options.report({ kind: 'warning', message: error.message, cause: error });
  client.on(Events.Error, warn).on(Events.ShardError, warn);
  return new LiveTrial(await logIn(client, all, signal), channel.guildId, options);
}

/** The parts of a logged-in bot that a trial works with; disposing it leaves every channel and closes the gateway. */
export class LiveTrial implements AsyncDisposable {
  readonly #client: Client<true>;
  readonly #guildId: string;
  readonly #options: LiveTrialOptions;
  readonly #opener: ReturnType<typeof openVoiceLinkOpener>;
  readonly #writers: ReturnType<typeof openChannelWriters>;
  readonly #outbox: Outbox;
  readonly #panels: ReturnType<typeof openPanelBoard>;
  readonly #board: ReturnType<typeof openBoard>;
  readonly #captions: ReturnType<typeof openCaptionChats>;
  readonly #places: ReturnType<typeof openPlaces>;
  readonly #unwatch: () => void;
  readonly #over = new AbortController();
  /** Messages that were posted and not deleted. */
  readonly #posted = new Map<string, PanelPlace>();
  #link: VoiceLink | undefined;
  #wasOpen = false;
  #loss: unknown;
  #closeCode: number | undefined;
  #writeError: unknown;

  constructor(client: Client<true>, guildId: string, options: LiveTrialOptions) {
    this.#client = client;
    this.#guildId = guildId;
    this.#options = options;
    const [buttons, timing] = [new Map(), realTiming];
    const report = (event: DiscordEvent) => this.#report(event);
    this.#opener = openVoiceLinkOpener(client, report, { connectMs: options.connectMs });
    this.#writers = openChannelWriters(client, buttons, timing);
    this.#outbox = new Outbox(timing, () => undefined, this.#writers);
    const store = memoryOnlyPanelStore();
    this.#panels = openPanelBoard(client, store, buttons, timing, this.#writers, report);
    const common = { panels: this.#panels, buttons, outbox: this.#outbox, report };
    this.#board = openBoard(client, common);
    this.#captions = openCaptionChats(client, { writers: this.#writers, timing });
    this.#places = openPlaces(client);
    this.#unwatch = watchOwnState(client, timing, report);
  }

  /** Number of messages that were posted and not deleted. */
  get messagesLeft(): number {
    return this.#posted.size;
  }

  /** Obstacle to a join by the rules of the bot; undefined where Discord shows no such channel. */
  verdict(channel: ChannelRef): JoinVerdict | undefined {
    const facts = this.#places.facts(channel, '');
    const { clock } = this.#options;
    return facts && judgeJoin({ ...facts, callerMayEnter: true }, clock.wallMs());
  }

  /** Number of other people in a channel. */
  others(channel: ChannelRef): number {
    return this.#places.people(channel).length;
  }

  /** Error by which the open link was lost; undefined while it holds. */
  get loss(): unknown {
    return this.#loss;
  }

  get isOpen(): boolean {
    return this.#link !== undefined && this.#loss === undefined;
  }

  /** True when a link has been open at least once. */
  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  /** Opens a link, in place of one that is open. Errors and abort: as `VoiceLinkOpener.open`. */
  async join(channel: ChannelRef, signal: AbortSignal): Promise<OpenedLink> {
    const { clock } = this.#options;
    const startMs = clock.nowMs();
    this.#link = undefined;
    this.#closeCode = undefined;
    const link = await this.#opener.open(channel, () => false, signal);
    const tookMs = clock.nowMs() - startMs;
    this.#link = link;
    this.#wasOpen = true;
    this.#loss = undefined;
    void this.#watch(link);
    const connection = this.#connection();
    return {
      ...link.state(),
      tookMs,
      region: this.#region(),
      others: link.people().length,
      lacksSomebody: connection !== undefined && groupLacksSomebody(connection),
    };
  }

  /** Code by which Discord last closed the voice socket since the join. */
  get closeCode(): number | undefined {
    return this.#closeCode;
  }

  /**
   * Cuts the socket of the main gateway; false: Discord gave a new session instead of the former one.
   *
   * Errors: BotError `discord.unreachable` where none came. Aborting `signal` throws `signal.reason`.
   */
  async resumeGateway(
    signal: AbortSignal,
  ): Promise<{ readonly isResumed: boolean; readonly tookMs: number }> {
    const { clock } = this.#options;
    const startMs = clock.nowMs();
    const back = Promise.withResolvers<boolean>();
    const [onResumed, onReady] = [() => back.resolve(true), () => back.resolve(false)];
    this.#client.once(Events.ShardResume, onResumed).once(Events.ShardReady, onReady);
    try {
      for (const shard of gatewayShards(this.#client)) shard.connection?.terminate();
      const isResumed = await ifInTime(back.promise, resumeMs, clock, signal);
      if (isResumed !== undefined) return { isResumed, tookMs: clock.nowMs() - startMs };
      const message = `The main gateway did not come back in ${resumeMs / 1000} s.`;
      throw new BotError('discord.unreachable', true, message);
    } finally {
      this.#client.off(Events.ShardResume, onResumed).off(Events.ShardReady, onReady);
    }
  }

  /** Cuts the socket of the open voice link. Errors: those by which the link is lost. Aborting throws `signal.reason`. */
  async resumeVoice(signal: AbortSignal): Promise<VoiceResumption> {
    const { clock } = this.#options;
    const connection = this.#connection();
    const networking = connection && networkingOf(connection);
    const socket = networking && socketOf(networking.state);
    if (!socket) throw new BotError('link.lost', true, 'The voice link has no socket.');
    const startMs = clock.nowMs();
    this.#closeCode = undefined;
    cutSocket(socket);
    for (;;) {
      await clock.sleep(checkMs, signal);
      if (this.#loss !== undefined) throw this.#loss;
      const now = networkingOf(connection);
      const isReady = connection.state.status === VoiceConnectionStatus.Ready;
      if (!isReady || !now || socketOf(now.state) === socket) continue;
      const kind = now === networking ? 'resumed' : 'anew';
      const closeCode = this.#closeCode;
      const tookMs = clock.nowMs() - startMs;
      return { kind, tookMs, ...(closeCode !== undefined && { closeCode }) };
    }
  }

  /** Waits for `ms`, or until the link is lost. Aborting throws `signal.reason`. */
  async stay(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + ms;
    while (this.#loss === undefined && clock.nowMs() < untilMs) {
      await clock.sleep(Math.min(checkMs, Math.max(0, untilMs - clock.nowMs())), signal);
    }
  }

  /** Leaves; Discord has confirmed it, or a second has passed. */
  async leave(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.[Symbol.asyncDispose]();
  }

  /** Posts the panel as the bot does. */
  async postPanel(channel: ChannelRef): Promise<WriteResult> {
    this.#writeError = undefined;
    this.#board.show(this.#guildId, this.#face());
    const isPosted = await this.#board.post(channel, { id: 'panel.check' });
    const place = this.#board.placeIn(this.#guildId);
    if (place) this.#posted.set('panel', place);
    return isPosted ? { kind: 'done' } : this.#refusal();
  }

  /** Changes the panel, and reads it until Discord shows the change. Aborting throws `signal.reason`. */
  async editPanel(signal: AbortSignal): Promise<WriteResult> {
    const { clock } = this.#options;
    const place = this.#posted.get('panel');
    if (!place) throw new Error('no panel was posted');
    this.#writeError = undefined;
    this.#board.show(this.#guildId, this.#face(': edited'));
    const route = Routes.channelMessage(place.channelId, place.messageId);
    for (const untilMs = clock.nowMs() + writeMs; clock.nowMs() < untilMs; ) {
      await clock.sleep(readMs, signal);
      if (!this.#board.placeIn(this.#guildId)) return this.#refusal();
      const shown = await this.#client.rest.get(route, { signal }).catch(() => undefined);
      signal.throwIfAborted();
      if (hasEdit(shown)) return { kind: 'done' };
    }
    return { kind: 'late' };
  }

  /**
   * Opens the chat of captions, and posts a caption there; changes it where `edits`. Errors: as `CaptionChats.open`. Aborting throws
   * `signal.reason`.
   */
  async writeCaption(
    channel: ChannelRef,
    edits: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly posted: WriteResult; readonly edited?: WriteResult }> {
    const chat = await this.#captions.open(channel, undefined, signal);
    const outcomes = this.#outcomesOf(chat);
    const content = text('panel.check.caption', {}, this.#places.localeIn(this.#guildId));
    const show = (words: string) =>
      outcomes({ key: captionKey, text: words, urgency: 'whole' }, signal);
    try {
      const posted = await show(content);
      if (posted.kind !== 'done' || !edits) return { posted };
      return { posted, edited: await show(`${content} (2)`) };
    } finally {
      chat.close();
    }
  }

  /** Deletes every message that the trial posted, as far as Discord lets it within a few seconds. */
  async deleteMessages(): Promise<WriteResult> {
    await this.#panels.forget(this.#guildId);
    let last: WriteResult = { kind: 'done' };
    for (const [key, place] of this.#posted) {
      const chat = this.#captions.reopen(this.#guildId, place.channelId);
      const outcomes = this.#outcomesOf(chat);
      const result = await outcomes({ key, text: '', urgency: 'whole', place }, this.#over.signal);
      chat.close();
      if (result.kind !== 'done') last = result;
    }
    return last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('the trial is over'));
    await this.leave();
    await this.#opener[Symbol.asyncDispose]();
    await this.#panels.close(lastAnswersMs);
    this.#outbox.close();
    this.#captions[Symbol.dispose]();
    this.#writers.close();
    this.#unwatch();
    await closeClient(this.#client);
  }

  #report(event: DiscordEvent): void {
    if (event.kind === 'voice-closed') this.#closeCode = event.closeCode;
    if (event.kind === 'warning' && event.cause !== undefined) this.#writeError = event.cause;
    this.#options.report(event);
  }

  #connection() {
    return getVoiceConnection(this.#guildId, this.#client.application.id);
  }

  #region(): string {
    const connection = this.#connection();
    const state = connection && networkingOf(connection)?.state;
    return state && 'connectionOptions' in state ? regionOf(state.connectionOptions.endpoint) : '';
  }

  async #watch(link: VoiceLink): Promise<void> {
    try {
      for await (const _ of link.hear(this.#over.signal)) {
        // No person may be heard, so no packet comes.
      }
    } catch (error) {
      if (this.#link === link) this.#loss = error;
    }
  }

  #face(suffix = ''): PanelFace {
    const engine = `${this.#options.engine}${suffix}`;
    return { state: { kind: 'paused' }, people: [], engine };
  }

  #refusal(): WriteRefusal {
    return { kind: 'refused', code: codeOf(this.#writeError) };
  }

  /** Shows a message and waits for its outcome; remembers where it stands. */
  #outcomesOf(chat: CaptionChat) {
    const { clock } = this.#options;
    return async (desired: DesiredMessage, signal: AbortSignal): Promise<WriteResult> => {
      const { promise, resolve } = Promise.withResolvers<DisplayOutcome>();
      chat.onOutcome(resolve);
      chat.show(desired);
      const outcome = await ifInTime(promise, writeMs, clock, signal);
      if (!outcome) return { kind: 'late' };
      const { key, kind } = outcome;
      if (kind === 'shown') this.#posted.set(key, outcome.place);
      if (kind === 'deleted' || kind === 'gone') this.#posted.delete(key);
      const isDone = desired.text === '' ? !this.#posted.has(key) : kind === 'shown';
      return isDone ? { kind: 'done' } : { kind: 'refused', code: outcomeCode(outcome) };
    };
  }
}

/** Private parts of discord.js 14.28 and @discordjs/ws 1.2 that lead to the sockets of the main gateway. */
type InnerGateway = {
  readonly _ws?: {
    readonly strategy: { readonly shards: ReadonlyMap<number, InnerShard> };
  };
};
type InnerShard = { readonly connection: { terminate(): void } | null };

function gatewayShards({ ws }: Client<true>): readonly InnerShard[] {
  const { _ws: manager } = ws as unknown as InnerGateway;
  return [...(manager?.strategy.shards.values() ?? [])];
}

function outcomeCode(outcome: DisplayOutcome): string {
  const [, code] = outcome.kind === 'refused' ? (/\((\d+)\)$/.exec(outcome.why) ?? []) : [];
  return code ?? outcome.kind;
}

/** HTTP status and error code of Discord, or the network's own code, of a request that failed; empty: not known. */
export function codeOf(error: unknown): string {
  if (error instanceof DiscordAPIError) return `HTTP ${error.status}, ${error.code}`;
  if (error instanceof BotError) {
    const cause = codeOf(error.cause);
    return cause ? `${error.code}, ${cause}` : error.code;
  }
  return networkCodeOf(error);
}

function hasEdit(message: unknown): boolean {
  const at =
    typeof message === 'object' && message !== null && 'edited_timestamp' in message
      ? message.edited_timestamp
      : undefined;
  return typeof at === 'string';
}

/** Region in the host name of a voice server of Discord, say `rotterdam` or `ams`; empty for another host. */
export function regionOf(endpoint: string): string {
  const [host = ''] = endpoint.split(':');
  const [, label = ''] = /^([\w-]+)\.discord\.(?:media|gg)$/.exec(host) ?? [];
  return /^(?:c-)?([a-z]+(?:-[a-z]+)*?)-?\d/.exec(label)?.[1] ?? '';
}
