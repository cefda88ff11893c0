import type { AlertChange } from '#src/base/alerts.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import type { CaptionChat, DeletedMessages } from '#src/conversation/ports/caption-chats.ts';
import type { DisplayOutcome } from '#src/conversation/ports/desired-message.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import { captionTexts } from '#src/features/captions/bot-texts-in-captions.ts';
import { captionsDays } from '#src/features/captions/caption-settings.ts';
import { renderMessage } from '#src/features/captions/live/line-rendering.ts';
import { SessionCaptions } from '#src/features/captions/session-captions.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import type {
  CaptionMessage,
  ErasedLines,
  KeptDays,
  OutdatedMessage,
} from '#src/features/captions/transcript-store-types.ts';
import { isOnShard, type ServerShare } from '#src/people/server-share.ts';
import { ClosedChannels } from './closed-channels.ts';
import { allStores, type CaptionParts } from './disk-and-memory-stores.ts';

type TranscriptCleanupOptions = {
  readonly parts: CaptionParts;
  readonly sessions: VoiceSessions;
  /** Servers whose captions expire and whose messages are changed. */
  readonly shard: ServerShare;
};

/** A chat with messages that are being changed: with a listener to the outcome of each, by message id. */
type ChangingChat = {
  readonly chat: CaptionChat;
  readonly changing: Map<string, (outcome: DisplayOutcome) => void>;
};

/** Longest time, in days, for which a server may keep its captions; it holds where settings cannot be read. */
const longestDays = 365;
/** Interval, in ms, of the search for expired captions. */
const expireMs = 60_000;
/** Messages changed at the same time. */
const mostAtOnce = 20;
/** Longest time, in ms, until a message is changed; then it is tried again. */
const changeMs = 60_000;

/**
 * Erases captions whose time is over, and changes or deletes the messages that show what was erased, at the pace that
 * Discord allows; what was not done when the process ended is done by the next one.
 */
export class TranscriptCleanup {
  readonly #options: TranscriptCleanupOptions;
  /** Chats with messages that are being changed, by the id of their channel. */
  readonly #chats = new Map<string, ChangingChat>();
  readonly #closed: ClosedChannels;
  #sweeping: Promise<void> | undefined;
  #isSweepWanted = false;

  constructor(options: TranscriptCleanupOptions) {
    this.#options = options;
    this.#closed = new ClosedChannels(options.parts);
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
      .flatMap(({ context }) => context.features.of(SessionCaptions).recorder?.session.id ?? []);
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
    work: (store: TranscriptPorts) => Promise<ErasedLines>,
    signal: AbortSignal,
  ): Promise<number> {
    const erased = await Promise.all(allStores(this.#options.parts.transcripts).map(work));
    this.sweep(signal);
    return erased.reduce((sum, { count }) => sum + count, 0);
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
        await this.#attempt(() => this.#changeAll(store, signal));
      }
    }
  }

  async #changeAll(store: TranscriptPorts, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { id, count } = this.#options.shard; // data, as it crosses to the store's thread
      const waiting = this.#closed.waiting();
      const outdated = await store.messages.outdated(mostAtOnce, { id, count }, waiting);
      const changed = await Promise.all(outdated.map((one) => this.#change(one, store, signal)));
      if (signal.aborted || outdated.length === 0) return;
      const messages = outdated.map(({ message }) => message);
      const open = new Set(messages.filter((_, n) => changed[n]).map(channelIdOf));
      const tried = new Map(messages.map((message) => [message.channelId, message]));
      for (const message of tried.values())
        this.#closed.tried(message, open.has(message.channelId));
    }
  }

  /** False where it could not be changed yet. */
  async #change(
    outdated: OutdatedMessage,
    store: TranscriptPorts,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { message, lines } = outdated;
    if (this.#isLive(message)) {
      await store.messages.settled(message.messageId, false);
      return true;
    }
    const texts = captionTexts(message.guildId, this.#options.parts);
    const text = renderMessage(message.messageId, lines, texts);
    const first = await this.#show(message, text, signal);
    // What Discord does not change any more, it still deletes.
    const outcome = first === 'too-old' ? await this.#show(message, '', signal) : first;
    if (outcome !== 'shown' && outcome !== 'deleted' && outcome !== 'gone') return false;
    const isGone = outcome !== 'shown';
    const stores = isGone ? allStores(this.#options.parts.transcripts) : [store];
    for (const { messages } of stores) await messages.settled(message.messageId, isGone);
    return true;
  }

  /** True where a session that goes on changes this message itself. */
  #isLive({ guildId, messageId }: CaptionMessage): boolean {
    const here = this.#options.sessions.sessions(guildId);
    return here.some(({ context }) => context.features.of(SessionCaptions).owns(messageId));
  }

  async #show(
    { guildId, channelId, messageId }: CaptionMessage,
    text: string,
    signal: AbortSignal,
  ): Promise<DisplayOutcome['kind'] | 'late'> {
    const { clock } = this.#options.parts;
    const { chat, changing } = this.#chat(guildId, channelId);
    const cleaned = Promise.withResolvers<DisplayOutcome['kind'] | 'late'>();
    changing.set(messageId, ({ kind }) => cleaned.resolve(kind));
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    void clock.sleep(changeMs, either).then(
      () => cleaned.resolve('late'),
      () => cleaned.resolve('late'),
    );
    chat.show({ key: messageId, text, urgency: 'partial', place: { channelId, messageId } });
    const outcome = await cleaned.promise;
    over.abort(new Error('the message was changed'));
    return outcome;
  }

  /** Open until each of its messages has come to an end, those that were late, too. */
  #chat(guildId: string, channelId: string): ChangingChat {
    const known = this.#chats.get(channelId);
    if (known) return known;
    const chat = this.#options.parts.captionChats.reopen(guildId, channelId);
    const changing: ChangingChat['changing'] = new Map();
    chat.onOutcome((outcome) => {
      changing.get(outcome.key)?.(outcome);
      changing.delete(outcome.key);
      if (changing.size > 0 || this.#chats.get(channelId)?.chat !== chat) return;
      this.#chats.delete(channelId);
      chat.close();
    });
    const opened = { chat, changing };
    this.#chats.set(channelId, opened);
    return opened;
  }

  /** Deleting a message of captions deletes its lines. */
  async #deleted(deleted: DeletedMessages): Promise<void> {
    if (deleted.kind === 'chat') return;
    const { parts, sessions } = this.#options;
    for (const { context } of sessions.all())
      context.features.of(SessionCaptions).messagesDeleted(deleted.messageIds);
    const { transcripts } = parts;
    const forget = ({ eraser }: TranscriptPorts) => eraser.forgetMessages(deleted.messageIds);
    await Promise.all(allStores(transcripts).map((store) => this.#attempt(() => forget(store))));
  }

  async #attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.parts.onEvent('', failureEventOf(error, 'store'));
    }
  }
}

function channelIdOf({ channelId }: CaptionMessage): string {
  return channelId;
}
