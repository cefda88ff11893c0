import type { AlertChange } from '#src/base/alerts.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { captionsDays } from '#src/features/captions/caption-settings.ts';
import { notUnderstoodIn, renderLines } from '#src/features/captions/live/caption-line.ts';
import type { SessionCaptions } from '#src/features/captions/session-captions.ts';
import type {
  CaptionParts,
  TranscriptPorts,
} from '#src/features/captions/store/transcript-ports.ts';
import type { CaptionMessage, OutdatedMessage } from '#src/features/captions/transcript-line.ts';
import { recordersOf } from '#src/features/captions/transcript-recorder.ts';
import type { SessionObjects } from '#src/features/contract/session-objects.ts';
import { isOnShard, type ServerShare } from '#src/people/server-share.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type {
  Erasing,
  ErasureReason,
  PersonHooks,
  StoredCounts,
} from '#src/ports/feature-session.ts';
import { eraseTimeoutMs, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';

/** Longest time, in days, for which a server may keep its captions; it holds where settings cannot be read. */
const longestDays = 365;
/** Interval, in ms, of the search for expired captions. */
const expireMs = 60_000;
/** Messages changed at the same time. */
const mostAtOnce = 20;
/** Pause, in ms, between two tries in a closed channel, and number of tries after which the operator and that server are told. */
const [closedMs, toldAfterTries] = [30 * 60_000, 3];
const never = new AbortController().signal;

/**
 * Erases captions whose time is over, or of a person, and changes or deletes the messages that show what was erased, at the pace
 * that Discord allows; what was not done when the process ended is done by the next one. It works on both stores.
 */
export class TranscriptCleanup implements PersonHooks {
  readonly #parts;
  readonly #sessions;
  readonly #running;
  /** Channels in which no message could be changed, by their ids, with the last try, in ms of the monotonic clock; each waits by itself. */
  readonly #closed = new Map<string, { readonly triedMs: number; readonly tries: number }>();
  readonly #shard: ServerShare;
  #guildIds: ReadonlySet<GuildId> = new Set();
  #sweeping: Promise<unknown> = Promise.resolve();

  /** `shard`: servers whose captions expire and whose messages are changed. */
  constructor(
    parts: CaptionParts,
    sessions: VoiceSessions,
    running: SessionObjects<SessionCaptions>,
    { id, count }: ServerShare,
  ) {
    this.#running = running;
    this.#parts = parts;
    this.#sessions = sessions;
    this.#shard = { id, count }; // data, as it crosses to the store's thread
    parts.captionChats.onDeleted((messageIds) => void this.#deleted(messageIds));
  }

  /**
   * To be called before the first session begins: those that a killed process left open are ended, as soon as the store takes it.
   * Ends with `signal`, never rejects.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onEvent, transcripts } = this.#parts;
    let areEnded = false;
    const round = async () => {
      try {
        const running = recordersOf(this.#running.list()).map(({ session }) => session.id);
        if (!areEnded) await transcripts.onDisk.writer.endOpenSessions(this.#shard, running);
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

  /** Whether something is kept of this server, as was known at the last search for expired captions. */
  has(guildId: GuildId): boolean {
    return this.#guildIds.has(guildId);
  }

  /** Each store by itself. Throws the first failure. */
  async expire(): Promise<void> {
    const { clock, transcripts } = this.#parts;
    const { settings } = this.#sessions;
    this.#guildIds = new Set(await transcripts.lists(({ reader }) => reader.guilds()));
    const keptDays: Record<string, number> = {};
    for (const guildId of this.#guildIds) {
      if (!isOnShard(guildId, this.#shard)) continue;
      const isRead = await settings.load(guildId);
      keptDays[guildId] = isRead ? settings.in(guildId).of(captionsDays) : longestDays;
    }
    await transcripts.all(({ eraser }) => eraser.expire(clock.wallMs(), keptDays));
  }

  /** Changes the messages that show what was erased, after the sweep before. Never throws, waits for nothing. */
  sweep(signal: AbortSignal): void {
    const { onEvent, transcripts } = this.#parts;
    this.#sweeping = this.#sweeping
      .then(() => transcripts.all((store) => this.#changeAll(store, signal)))
      .catch((error) => {
        if (!signal.aborted) onEvent('', failureEventOf(error, 'store'));
      });
  }

  async #changeAll(store: TranscriptPorts, signal: AbortSignal) {
    for (;;) {
      const nowMs = this.#parts.clock.nowMs();
      const closed = [...this.#closed].filter(([, { triedMs }]) => nowMs - triedMs < closedMs);
      const waiting = closed.map(([channelId]) => channelId);
      const outdated = await store.messages.outdated(mostAtOnce, this.#shard, waiting);
      const byChannel = Map.groupBy(outdated, ({ message }) => message.channelId);
      const changing = byChannel.values().map(async (some) => {
        const changed = await Promise.all(some.map((one) => this.#change(one, signal)));
        if (some[0] && !signal.aborted) this.#tried(some[0].message, changed.includes(true));
      });
      await Promise.all(changing);
      if (signal.aborted || outdated.length === 0) return;
    }
  }

  /** Some of the captions of this message's channel were to be changed; `isOpen`: at least one was. */
  #tried({ channelId, guildId }: CaptionMessage, isOpen: boolean) {
    const { captionChats, clock, onEvent } = this.#parts;
    const tries = (this.#closed.get(channelId)?.tries ?? 0) + 1;
    if (isOpen) this.#closed.delete(channelId);
    else this.#closed.set(channelId, { triedMs: clock.nowMs(), tries });
    if (isOpen || tries !== toldAfterTries) return;
    const message = `Erased captions still stand in channel ${channelId}: its managers have to open it to the bot, or to delete them.`;
    onEvent(guildId, { kind: 'failed', stage: 'store', code: 'discord.forbidden', message });
    captionChats.tellServer(guildId, {
      id: 'captions.unerased',
      with: { channel: `<#${channelId}>` },
    });
  }

  /** False where it could not be changed yet. */
  async #change(
    { message, lines, outdated }: OutdatedMessage,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { guildId, messageId } = message;
    const running = recordersOf(this.#running.list(guildId));
    const text = renderLines(lines, notUnderstoodIn(guildId, this.#parts));
    // A session that goes on changes its messages itself.
    const outcome = running.some(({ live }) => live.owns(messageId))
      ? 'changed'
      : await this.#parts.captionChats.change(message, text, signal);
    if (outcome === 'closed') return false;
    const shown = outcome === 'gone' ? undefined : outdated;
    await this.#parts.transcripts.all(({ messages }) => messages.settled(messageId, shown));
    return true;
  }

  /** Deleting a message of captions deletes its lines. Never throws. */
  async #deleted(messageIds: readonly MessageId[]) {
    const running = recordersOf(this.#running.list());
    await Promise.all(running.map((recorder) => recorder.messagesDeleted(messageIds)));
    await this.#erase('', ({ eraser }) => eraser.forgetMessages(messageIds));
  }

  async count(guildId: GuildId, personId: PersonId): Promise<StoredCounts | undefined> {
    const all = await this.#read(guildId, ({ records }) => records.count(guildId, personId));
    if (!all) return undefined;
    const [onDisk, inMemory] = all;
    return { lines: onDisk.lines + inMemory.lines, memories: onDisk.memories };
  }

  /** A no erases what was written in the sessions that go on. */
  forgetPerson(guildId: GuildId, personId: PersonId, reason: ErasureReason): Erasing {
    const erase = (sessionId?: string) =>
      this.#erase(guildId, ({ eraser }) => eraser.forget(guildId, personId, sessionId));
    return async () => {
      const running = recordersOf(this.#running.list(guildId)).map(({ session }) => session.id);
      const counts = await Array.fromAsync(reason === 'withdrawn' ? running : [undefined], erase);
      this.sweep(never);
      return counts.includes(undefined)
        ? undefined
        : counts.reduce((sum = 0, one = 0) => sum + one, 0);
    };
  }

  /** Their words, and answers to them. */
  async export(guildId: GuildId, personId: PersonId) {
    const all = await this.#read(guildId, ({ records }) => records.all(guildId, personId));
    return (
      all && {
        sessions: all.flatMap(({ sessions }) => sessions),
        lines: all.flatMap(({ lines }) => lines),
        memories: all.flatMap(({ memories }) => memories),
      }
    );
  }

  #read<T>(guildId: GuildId, one: (store: TranscriptPorts) => Promise<T>) {
    const work = () => this.#parts.transcripts.all(one);
    return withStoreTimeout(guildId, this.#parts, 'store.unreadable', work);
  }

  #erase(guildId: GuildId, one: (store: TranscriptPorts) => Promise<number>) {
    const work = () => this.#parts.transcripts.sum(one);
    return withStoreTimeout(guildId, this.#parts, 'store.unwritable', work, eraseTimeoutMs);
  }
}
