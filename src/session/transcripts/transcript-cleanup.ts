import type { AlertChange } from '#src/base/alerts.ts';
import { runPeriodically } from '#src/base/periodic-task.ts';
import type { DisplayOutcome } from '#src/captions/desired-message.ts';
import type {
  CaptionMessage,
  ErasedLines,
  KeptDays,
  OutdatedMessage,
  ServerShare,
} from '#src/captions/transcript-store.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { failureOf } from '#src/session/failure.ts';
import type { CaptionChat, DeletedMessages } from '#src/session/ports/caption-chats.ts';
import { allStores, type TranscriptPorts } from './transcript-stores.ts';

export type TranscriptCleanupOptions = {
  readonly parts: SessionDependencies;
  /** True where sessions that a killed process left open are ended at first: no other one has sessions. */
  readonly endsOpenSessions: boolean;
  /** Servers whose messages are changed; absent: all. */
  readonly shard?: ServerShare;
  /** Days that each server keeps its captions. */
  readonly keptDays: () => Promise<KeptDays>;
  /** Text of a message that shows these lines; empty: none is left. */
  readonly render: (message: OutdatedMessage) => string;
  /** True where a session that goes on changes this message itself. */
  readonly isLive: (message: CaptionMessage) => boolean;
  /** Called when a person deleted messages. */
  readonly onDeleted: (messageIds: readonly string[]) => void;
};

/** A chat with messages that are being changed: with a listener to the outcome of each, by message id. */
type ChangingChat = {
  readonly chat: CaptionChat;
  readonly changing: Map<string, (outcome: DisplayOutcome) => void>;
};

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
  #sweeping: Promise<void> | undefined;
  #isSweepWanted = false;

  constructor(options: TranscriptCleanupOptions) {
    this.#options = options;
    options.parts.captionChats.onDeleted((deleted) => void this.#deleted(deleted));
  }

  /**
   * To be called before the first session begins: those that a killed process left open are ended. Ends with `signal`,
   * never rejects.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { parts, endsOpenSessions } = this.#options;
    const { clock, onEvent, transcripts } = parts;
    if (endsOpenSessions) await this.#attempt(() => transcripts.onDisk.writer.endOpenSessions());
    const round = async () => {
      try {
        await this.expire();
      } finally {
        this.sweep(signal);
      }
    };
    const report = (change: AlertChange) => onEvent('', change);
    const name = 'expiry of transcripts';
    await runPeriodically({ name, clock, everyMs: expireMs, run: round, report }, signal);
  }

  /** Each store by itself. Throws the first failure. */
  async expire(): Promise<void> {
    const { parts, keptDays } = this.#options;
    const { clock, transcripts } = parts;
    const days = await keptDays();
    const perform = ({ eraser }: TranscriptPorts) => eraser.expire(clock.wallMs(), days);
    const results = await Promise.allSettled(allStores(transcripts).map(perform));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Erases by `work` in both stores; how many lines are gone, and how many messages still show some. Errors: as `work`. */
  async erase(
    work: (store: TranscriptPorts) => Promise<ErasedLines>,
    signal: AbortSignal,
  ): Promise<{ readonly count: number; readonly toChange: number }> {
    const erased = await Promise.all(allStores(this.#options.parts.transcripts).map(work));
    this.sweep(signal);
    return {
      count: erased.reduce((sum, { count }) => sum + count, 0),
      toChange: erased.reduce((sum, { messages }) => sum + messages.length, 0),
    };
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
      const outdated = await store.messages.outdated(mostAtOnce, this.#options.shard);
      const changed = await Promise.all(outdated.map((one) => this.#change(one, store, signal)));
      if (signal.aborted || !changed.some(Boolean)) return;
    }
  }

  /** False where it could not be changed yet. */
  async #change(
    outdated: OutdatedMessage,
    store: TranscriptPorts,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { isLive, render } = this.#options;
    const { message } = outdated;
    if (isLive(message)) {
      await store.messages.settled(message.messageId, false);
      return true;
    }
    const first = await this.#show(outdated, render(outdated), signal);
    // What Discord does not change any more, it still deletes.
    const outcome = first === 'too-old' ? await this.#show(outdated, '', signal) : first;
    if (outcome !== 'shown' && outcome !== 'deleted' && outcome !== 'gone') return false;
    const isGone = outcome !== 'shown';
    const stores = isGone ? allStores(this.#options.parts.transcripts) : [store];
    for (const { messages } of stores) await messages.settled(message.messageId, isGone);
    return true;
  }

  async #show(
    { message }: OutdatedMessage,
    text: string,
    signal: AbortSignal,
  ): Promise<DisplayOutcome['kind'] | 'late'> {
    const { guildId, channelId, messageId } = message;
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
    this.#options.onDeleted(deleted.messageIds);
    const { transcripts } = this.#options.parts;
    const forget = ({ eraser }: TranscriptPorts) => eraser.forgetMessages(deleted.messageIds);
    await Promise.all(allStores(transcripts).map((store) => this.#attempt(() => forget(store))));
  }

  async #attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.parts.onEvent('', failureOf(error, 'store'));
    }
  }
}
