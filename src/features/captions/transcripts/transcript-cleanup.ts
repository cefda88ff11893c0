import { neverAborted } from '#src/base/bounded-wait.ts';
import type { Erasures } from '#src/base/erasures.ts';
import {
  type ChannelId,
  type GuildId,
  type MessageId,
  nobody,
  noGuild,
  type PersonId,
} from '#src/base/ids.ts';
import { writeSentence } from '#src/base/logged-text.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { captionsDaysSetting } from '#src/features/captions/caption-settings.ts';
import {
  getNotUnderstoodText,
  renderCaptionLines,
} from '#src/features/captions/live/caption-line.ts';
import type { SessionCaptions } from '#src/features/captions/session-captions.ts';
import { listRecorders } from '#src/features/captions/transcript-recorder.ts';
import { isOnShard, type ServerShare } from '#src/people/server-share.ts';
import type {
  EraseStoredData,
  ErasureReason,
  FeatureCounts,
  PersonHooks,
  SessionObjects,
} from '#src/ports/feature-session.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import { eraseTimeoutMs, withStoreTimeout } from '#src/ports/stores.ts';
import type { StoredRecords } from '#src/stores/transcripts/transcript-eraser.ts';
import type {
  CaptionMessage,
  OutdatedMessage,
} from '#src/stores/transcripts/transcript-line.ts';
import type { CaptionShardDeps, TranscriptStore } from './transcript-stores.ts';

const maxKeptDays = 365;
const expiryIntervalMs = 60_000;
const maxConcurrentChanges = 20;
/** Pause between tries in a closed channel, and tries before anybody is told. */
const [closedMs, triesBeforeNotice] = [30 * 60_000, 3];

/**
 * Erases expired and forgotten captions, and updates messages that showed them, in the
 * next process if need be.
 */
export class TranscriptCleanup implements PersonHooks {
  readonly #guildIds = new Set<GuildId>();
  /** Servers with captions, as the last search for expired ones found them. */
  readonly guildIds: ReadonlySet<GuildId> = this.#guildIds;
  readonly #deps: CaptionShardDeps & { readonly erasures: Erasures };
  readonly #captions: SessionObjects<SessionCaptions>;
  /** Closed channels with messages that should be updated. */
  readonly #closedChannels = new Map<
    ChannelId,
    { readonly triedMs: number; readonly tries: number }
  >();
  readonly #shard: ServerShare;
  #updating: Promise<unknown> = Promise.resolve();

  constructor(
    deps: CaptionShardDeps & { readonly erasures: Erasures },
    captions: SessionObjects<SessionCaptions>,
    { id, count }: ServerShare,
  ) {
    this.#captions = captions;
    this.#deps = deps;
    // Only data can cross to the thread of the store.
    this.#shard = { id, count };
    deps.captionChats.onMessagesDeleted(
      (messageIds) => void this.#onMessagesDeleted(messageIds),
    );
  }

  /**
   * Erases expired transcripts periodically. Call it before the first session. Never
   * rejects.
   */
  async runUntilAborted(signal: AbortSignal): Promise<void> {
    const { clock, onEvent, transcripts } = this.#deps;
    let areEnded = false;
    const runRound = async () => {
      try {
        if (!areEnded)
          await transcripts.onDisk.writer.endOpenSessions(
            this.#shard,
            this.#listCaptionedIds(),
          );
        areEnded = true;
        await this.expireTranscripts();
      } finally {
        this.updateOutdatedMessages(signal);
      }
    };
    await runPeriodically(
      {
        name: 'expiry of transcripts',
        clock,
        everyMs: expiryIntervalMs,
        run: runRound,
        report: (change) => onEvent(noGuild, change),
      },
      signal,
    );
  }

  /** Erases lines that their servers keep no longer, and notes of deleted channels. Throws BotError `store.*`. */
  async expireTranscripts(): Promise<void> {
    const { clock, erasures, settings, transcripts } = this.#deps;
    const guildIds = await transcripts.concatBoth(({ reader }) => reader.listGuilds());
    this.#guildIds.clear();
    for (const guildId of guildIds) this.#guildIds.add(guildId);
    const keptDays = new Map<GuildId, number>();
    for (const guildId of new Set(guildIds)) {
      if (!isOnShard(guildId, this.#shard)) continue;
      const isRead = await settings.loadGuild(guildId);
      // While the settings are unread, nothing that may be kept is erased.
      const days = isRead
        ? settings.getForGuild(guildId).getValue(captionsDaysSetting)
        : maxKeptDays;
      keptDays.set(guildId, days);
    }
    const part = { kind: 'part', guildId: noGuild, part: 'expired captions' } as const;
    await erasures.admitErasure(part, (erasure) =>
      transcripts.askBoth(({ eraser }) =>
        eraser.eraseExpired(erasure, clock.wallMs(), keptDays),
      ),
    );
    await this.#eraseNotesOfDeletedChannels();
  }

  /** Erases the notes of channels that are deleted, which nobody may open any more. Throws BotError `store.*`. */
  async #eraseNotesOfDeletedChannels() {
    const { captionChats, erasures, places, transcripts } = this.#deps;
    const { notes } = transcripts.onDisk;
    for (const place of await notes.listPlaces()) {
      const { channelId, guildId } = place;
      const isKnown =
        !places.hasGuild(guildId) || places.findChannel(guildId, channelId);
      // A channel that is only hidden from the bot is not gone.
      const isGone =
        !isKnown && (await captionChats.mayOpen(guildId, channelId, nobody)) === 'gone';
      if (!isGone) continue;
      const numbers = (await notes.list(place)).map(({ number }) => number);
      const part = { kind: 'part', guildId, part: `notes ${channelId}` } as const;
      await erasures.admitErasure(part, (erasure) =>
        notes.remove(erasure, channelId, numbers),
      );
    }
  }

  /** Updates messages with erased lines, after the previous update. Never throws. */
  updateOutdatedMessages(signal: AbortSignal): void {
    const { onEvent, transcripts } = this.#deps;
    this.#updating = this.#updating
      .then(() => transcripts.askBoth((store) => this.#updateMessages(store, signal)))
      .catch((error) => {
        if (!signal.aborted) onEvent(noGuild, toFailureEvent(error, 'store'));
      });
  }

  async #updateMessages(store: TranscriptStore, signal: AbortSignal) {
    for (;;) {
      const nowMs = this.#deps.clock.nowMs();
      const waitingIds = [...this.#closedChannels]
        .filter(([, { triedMs }]) => nowMs - triedMs < closedMs)
        .map(([channelId]) => channelId);
      const outdated = await store.messages.listOutdated(
        maxConcurrentChanges,
        this.#shard,
        waitingIds,
      );
      const byChannel = Map.groupBy(outdated, ({ message }) => message.channelId);
      const changing = byChannel.values().map(async (messages) => {
        const changed = await Promise.all(
          messages.map((message) => this.#updateMessage(message, signal)),
        );
        if (messages[0] && !signal.aborted)
          this.#noteAttempt(messages[0].message, changed.includes(true));
      });
      await Promise.all(changing);
      if (signal.aborted || outdated.length === 0) return;
    }
  }

  #noteAttempt({ channelId, guildId }: CaptionMessage, isOpen: boolean) {
    const { captionChats, clock, onEvent } = this.#deps;
    const tries = (this.#closedChannels.get(channelId)?.tries ?? 0) + 1;
    if (isOpen) this.#closedChannels.delete(channelId);
    else this.#closedChannels.set(channelId, { triedMs: clock.nowMs(), tries });
    if (isOpen || tries !== triesBeforeNotice) return;
    const message = writeSentence`Captions that should be gone still stand in channel ${channelId}: its managers have to open it to the bot, or to delete them.`;
    onEvent(guildId, {
      kind: 'failed',
      stage: 'store',
      code: 'discord.forbidden',
      message,
    });
    captionChats.tellManagers(guildId, {
      id: 'captions.unerased',
      with: { channel: `<#${channelId}>` },
    });
  }

  /** Updates a message with erased lines. Returns false if the channel is closed. */
  async #updateMessage(
    { message, lines, outdated }: OutdatedMessage,
    signal: AbortSignal,
  ) {
    const { guildId, messageId } = message;
    const recorders = listRecorders(this.#captions.list(guildId));
    const text = renderCaptionLines(lines, getNotUnderstoodText(guildId, this.#deps));
    const outcome = recorders.some(({ live }) => live.hasMessage(messageId))
      ? 'changed'
      : await this.#deps.captionChats.changeMessage(message, text, signal);
    if (outcome === 'closed') return false;
    const outdatedCount = outcome === 'gone' ? undefined : outdated;
    await this.#deps.transcripts.askBoth(({ messages }) =>
      messages.markSettled(messageId, outdatedCount),
    );
    return true;
  }

  async #onMessagesDeleted(messageIds: readonly MessageId[]) {
    const recorders = listRecorders(this.#captions.list());
    await Promise.all(
      recorders.map((recorder) => recorder.onMessagesDeleted(messageIds)),
    );
    const part = { kind: 'part', guildId: noGuild, part: `${messageIds}` } as const;
    await this.#deps.erasures.admitErasure(part, (erasure) =>
      this.#eraseBoth(noGuild, ({ eraser }) =>
        eraser.eraseMessages(erasure, messageIds),
      ),
    );
  }

  /** Counts lines, memories and notes of a person. Undefined if the store cannot be read. */
  async countStored(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<FeatureCounts | undefined> {
    const counts = await this.#readBoth(guildId, ({ records }) =>
      records.countRecords(guildId, personId),
    );
    if (!counts) return undefined;
    const [onDisk, inMemory] = counts;
    const { memories, notes } = onDisk;
    return { lines: onDisk.lines + inMemory.lines, memories, notes };
  }

  /** Prepares to erase a person's lines. A no erases the running sessions alone. */
  forgetPerson(
    guildId: GuildId,
    _personId: PersonId,
    reason: ErasureReason,
  ): EraseStoredData {
    return async (erasure) => {
      const eraseLines = (sessionId?: string) =>
        this.#eraseBoth(guildId, ({ eraser }) =>
          eraser.erasePerson(erasure, sessionId),
        );
      const counts = await Array.fromAsync(
        reason === 'withdrawn' ? this.#listCaptionedIds(guildId) : [undefined],
        eraseLines,
      );
      this.updateOutdatedMessages(neverAborted);
      return counts.includes(undefined)
        ? undefined
        : counts.reduce((sum = 0, count = 0) => sum + count, 0);
    };
  }

  /** Exports lines and memories of a person. Undefined if the store cannot be read. */
  async exportFields(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<StoredRecords | undefined> {
    const bothRecords = await this.#readBoth(guildId, ({ records }) =>
      records.listRecords(guildId, personId),
    );
    return (
      bothRecords && {
        sessions: bothRecords.flatMap(({ sessions }) => sessions),
        lines: bothRecords.flatMap(({ lines }) => lines),
        memories: bothRecords.flatMap(({ memories }) => memories),
        notes: bothRecords.flatMap(({ notes }) => notes),
      }
    );
  }

  #listCaptionedIds(guildId?: GuildId) {
    return listRecorders(this.#captions.list(guildId)).map(({ session }) => session.id);
  }

  #readBoth<T>(guildId: GuildId, work: (store: TranscriptStore) => Promise<T>) {
    return withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
      this.#deps.transcripts.askBoth(work),
    );
  }

  #eraseBoth(guildId: GuildId, work: (store: TranscriptStore) => Promise<number>) {
    return withStoreTimeout(
      guildId,
      this.#deps,
      'store.unwritable',
      () => this.#deps.transcripts.sumBoth(work),
      eraseTimeoutMs,
    );
  }
}
