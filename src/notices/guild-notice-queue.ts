import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import { toOpenText } from '#src/people/owned.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { formatWrittenText, type NoticeDeps, writeInChat } from './channel-notices.ts';

/** A line that waits for its turn in the chat of a channel. */
type GuildNotice = {
  readonly channel: ChannelRef;
  readonly line: TextLine;
  /** Returns whether to post the notice when its turn comes. */
  isStillTrue(): boolean;
  /** Called just before the notice is posted. */
  onPosted?(): void;
};

/** Minimum gap between two notices in a server, since a channel is not a log. */
const minGapMs = 30_000;
/** Number of notices that wait in a server. One more drops the oldest. */
const maxWaitingNotices = 8;

type GuildNotices = {
  waiting: readonly GuildNotice[];
  lastAtMs: number;
  isWriting: boolean;
};

/** Writes notices of all servers into their chats, at a pace that does not flood a chat. */
export class GuildNoticeQueue {
  readonly #deps: NoticeDeps & { readonly clock: Clock };
  readonly #end = new AbortController();
  readonly #guilds = new Map<GuildId, GuildNotices>();

  constructor(deps: NoticeDeps & { readonly clock: Clock }) {
    this.#deps = deps;
  }

  /** Adds a notice, and drops the same one if it still waits. Never throws. */
  enqueue(notice: GuildNotice): void {
    if (this.#end.signal.aborted) return;
    const guild = this.#getGuildNotices(notice.channel.guildId);
    const others = guild.waiting.filter(
      (each) => !isDeepStrictEqual(each.line, notice.line),
    );
    guild.waiting = [...others, notice].slice(-maxWaitingNotices);
    if (!guild.isWriting) void this.#writeWaiting(guild);
  }

  /** Drops all waiting notices. Later ones are dropped too. */
  [Symbol.dispose](): void {
    this.#end.abort(new Error('the notices are closed'));
  }

  async #writeWaiting(guild: GuildNotices) {
    const { clock } = this.#deps;
    guild.isWriting = true;
    try {
      while (guild.waiting.length > 0) {
        const waitMs = guild.lastAtMs + minGapMs - clock.nowMs();
        if (waitMs > 0) await clock.sleep(waitMs, this.#end.signal);
        // A notice may have become untrue while it waited.
        const [next, ...others] = guild.waiting.filter((notice) =>
          notice.isStillTrue(),
        );
        guild.waiting = others;
        if (!next) return;
        guild.lastAtMs = clock.nowMs();
        this.#writeNotice(next);
      }
    } catch {
      // Closed while it waited.
    } finally {
      guild.isWriting = false;
    }
  }

  #writeNotice({ channel, line: notice, onPosted }: GuildNotice) {
    onPosted?.();
    const text = formatWrittenText(notice, channel.guildId, this.#deps);
    writeInChat(toOpenText(text), channel, this.#deps);
  }

  #getGuildNotices(guildId: GuildId) {
    const guild = this.#guilds.get(guildId) ?? {
      waiting: [],
      lastAtMs: Number.NEGATIVE_INFINITY,
      isWriting: false,
    };
    this.#guilds.set(guildId, guild);
    return guild;
  }
}
