import type { AlertChange, FeatureAlert } from '#src/base/alerts.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { captionTexts } from '#src/features/captions/bot-texts-in-captions.ts';
import { captionsDays } from '#src/features/captions/caption-settings.ts';
import { renderMessage } from '#src/features/captions/live/line-rendering.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import type {
  CaptionMessage,
  KeptDays,
  OutdatedMessage,
} from '#src/features/captions/transcript-store-types.ts';
import { isOnShard, type ServerShare } from '#src/people/server-share.ts';
import type { DeletedMessages } from '#src/ports/caption-chats.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { allStores, type CaptionParts } from './disk-and-memory-stores.ts';

type TranscriptCleanupOptions = {
  readonly parts: CaptionParts;
  readonly sessions: VoiceSessions;
  /** Servers whose captions expire and whose messages are changed. */
  readonly shard: ServerShare;
};

/** Words of captions that were erased, and still stand in a channel that is closed to the bot. */
export const captionsUnerased: FeatureAlert = {
  name: 'captions-unerased',
  meaning: 'messages with erased captions could not be changed for a day',
  action: 'Ask the managers of that server to open the channel to the bot, or to delete them.',
  remedy: 'Ask the managers of that server to open the channel to the bot, or to delete them.',
};

/** A channel in which no message could be changed. */
type ClosedChannel = {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly isTold: boolean;
};

/** Longest time, in days, for which a server may keep its captions; it holds where settings cannot be read. */
const longestDays = 365;
/** Interval, in ms, of the search for expired captions. */
const expireMs = 60_000;
/** Messages changed at the same time. */
const mostAtOnce = 20;
/** Pause, in ms, between two tries in a closed channel, and time until the operator and that server are told. */
const [closedMs, toldAfterMs] = [30 * 60_000, 86_400_000];

/**
 * Erases captions whose time is over, and changes or deletes the messages that show what was erased, at the pace that
 * Discord allows; what was not done when the process ended is done by the next one.
 */
export class TranscriptCleanup {
  readonly #options: TranscriptCleanupOptions;
  /** Channels that are closed to the bot, by their ids; each waits by itself. */
  readonly #closed = new Map<string, ClosedChannel>();
  #sweeping: Promise<void> | undefined;
  #isSweepWanted = false;

  constructor(options: TranscriptCleanupOptions) {
    this.#options = options;
    options.parts.captionChats.onDeleted((deleted) => void this.#deleted(deleted));
  }

  /**
   * To be called before the first session begins: those that a killed process left open are ended, as soon as the store takes it.
   * Ends with `signal`, never rejects.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onEvent } = this.#options.parts;
    let areEnded = false;
    const round = async () => {
      try {
        if (!areEnded) await this.#endOpenSessions();
        areEnded = true;
        await this.expire();
      } finally {
        this.sweep(signal);
      }
    };
    const report = (change: AlertChange) => onEvent('', change);
    const name = 'expiry of transcripts';
    await runPeriodically({ name, clock, everyMs: expireMs, run: round, report }, signal);
  }

  async #endOpenSessions(): Promise<void> {
    const { parts, sessions, shard } = this.#options;
    const { id, count } = shard; // data, as it crosses to the store's thread
    const running = sessions
      .all()
      .flatMap(({ context }) => context.features.sessions.captions.recorder?.session.id ?? []);
    await parts.transcripts.onDisk.writer.endOpenSessions({ id, count }, running);
  }

  /** Each store by itself. Throws the first failure. */
  async expire(): Promise<void> {
    const { clock, transcripts } = this.#options.parts;
    const days = await this.#keptDays();
    const perform = ({ eraser }: TranscriptPorts) => eraser.expire(clock.wallMs(), days);
    const results = await Promise.allSettled(allStores(transcripts).map(perform));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Days for which each server of the shard keeps its captions. */
  async #keptDays(): Promise<KeptDays> {
    const { parts, sessions, shard } = this.#options;
    const { settings } = sessions;
    const stores = allStores(parts.transcripts);
    const guildIds = await Promise.all(stores.map(({ reader }) => reader.guilds()));
    const keptDays: Record<string, number> = {};
    for (const guildId of new Set(guildIds.flat())) {
      if (!isOnShard(guildId, shard)) continue;
      const isRead = await settings.load(guildId);
      keptDays[guildId] = isRead ? settings.in(guildId).of(captionsDays) : longestDays;
    }
    return keptDays;
  }

  /** Erases by `work` in both stores; number of lines that are gone. Errors: as `work`. */
  async erase(
    work: (store: TranscriptPorts) => Promise<number>,
    signal: AbortSignal,
  ): Promise<number> {
    const erased = await Promise.all(allStores(this.#options.parts.transcripts).map(work));
    this.sweep(signal);
    return erased.reduce((sum, count) => sum + count, 0);
  }

  /** Begins to change the messages that show what was erased. Never throws, waits for nothing. */
  sweep(signal: AbortSignal): void {
    this.#isSweepWanted = true;
    this.#sweeping ??= this.#sweep(signal).finally(() => {
      this.#sweeping = undefined;
    });
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    while (this.#isSweepWanted && !signal.aborted) {
      this.#isSweepWanted = false;
      for (const store of allStores(this.#options.parts.transcripts)) {
        await this.#attempt(() => this.#changeAll(store, signal), signal);
      }
    }
  }

  async #changeAll(store: TranscriptPorts, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { id, count } = this.#options.shard; // data, as it crosses to the store's thread
      const nowMs = this.#options.parts.clock.nowMs();
      const closed = [...this.#closed].filter(([, { untilMs }]) => nowMs < untilMs);
      const waiting = closed.map(([channelId]) => channelId);
      const outdated = await store.messages.outdated(mostAtOnce, { id, count }, waiting);
      const changed = await Promise.all(outdated.map((one) => this.#change(one, store, signal)));
      if (signal.aborted || outdated.length === 0) return;
      const messages = outdated.map(({ message }) => message);
      const open = new Set(messages.filter((_, n) => changed[n]).map(channelIdOf));
      const tried = new Map(messages.map((message) => [message.channelId, message]));
      for (const message of tried.values()) this.#tried(message, open.has(message.channelId));
    }
  }

  /** Some of the captions of this message's channel were to be changed; `isOpen`: at least one was. */
  #tried({ channelId, guildId }: CaptionMessage, isOpen: boolean): void {
    const { captionChats, clock, onEvent } = this.#options.parts;
    const nowMs = clock.nowMs();
    const { sinceMs = nowMs, isTold = false } = this.#closed.get(channelId) ?? {};
    const cause = `channel ${channelId} of server ${guildId}`;
    // An alert of the process: leaving a voice channel does not end it.
    const report = (state: 'raised' | 'cleared') =>
      onEvent('', { kind: 'alert', of: captionsUnerased, state, task: channelId, cause });
    if (isOpen) {
      this.#closed.delete(channelId);
      if (isTold) report('cleared');
      return;
    }
    const isLong = nowMs - sinceMs >= toldAfterMs;
    this.#closed.set(channelId, { sinceMs, untilMs: nowMs + closedMs, isTold: isLong });
    if (isTold || !isLong) return;
    report('raised');
    const channel = `<#${channelId}>`;
    captionChats.tellServer(guildId, { id: 'captions.unerased', with: { channel } });
  }

  /** False where it could not be changed yet. */
  async #change(
    outdated: OutdatedMessage,
    store: TranscriptPorts,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { message, lines } = outdated;
    const { parts } = this.#options;
    if (this.#isLive(message)) {
      await store.messages.settled(message.messageId, false);
      return true;
    }
    const texts = captionTexts(message.guildId, parts);
    const text = renderMessage(lines, texts);
    const outcome = await parts.captionChats.change(message, text, signal);
    if (outcome === 'closed') return false;
    const isGone = outcome === 'gone';
    const stores = isGone ? allStores(parts.transcripts) : [store];
    for (const { messages } of stores) await messages.settled(message.messageId, isGone);
    return true;
  }

  /** True where a session that goes on changes this message itself. */
  #isLive({ guildId, messageId }: CaptionMessage): boolean {
    const here = this.#options.sessions.sessions(guildId);
    return here.some(({ context }) => context.features.sessions.captions.owns(messageId));
  }

  /** Deleting a message of captions deletes its lines. */
  async #deleted(deleted: DeletedMessages): Promise<void> {
    if (deleted.kind === 'chat') return;
    const { parts, sessions } = this.#options;
    for (const { context } of sessions.all())
      context.features.sessions.captions.messagesDeleted(deleted.messageIds);
    const { transcripts } = parts;
    const forget = ({ eraser }: TranscriptPorts) => eraser.forgetMessages(deleted.messageIds);
    await Promise.all(allStores(transcripts).map((store) => this.#attempt(() => forget(store))));
  }

  async #attempt(work: () => Promise<unknown>, signal = never): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) this.#options.parts.onEvent('', failureEventOf(error, 'store'));
    }
  }
}

const never = new AbortController().signal;

function channelIdOf({ channelId }: CaptionMessage): string {
  return channelId;
}
