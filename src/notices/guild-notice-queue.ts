import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { formatWrittenText, type NoticeDeps, writeInChat } from './channel-notices.ts';

type GuildNotice = {
  readonly channel: ChannelRef;
  readonly line: TextLine;
  /** Returns whether to post the notice when its turn comes. */
  isStillTrue(): boolean;
  onPosted?(): void;
};

/** Minimum gap between two notices in a server, since a channel is not a log. */
const minGapMs = 30_000;
/** One more drops the oldest. */
const maxWaitingNotices = 8;

type GuildNotices = {
  waiting: readonly GuildNotice[];
  lastAtMs: number;
  busy: boolean;
};
export type GuildNoticeQueue = ReturnType<typeof openGuildNoticeQueue>;

export function openGuildNoticeQueue(deps: NoticeDeps & { readonly clock: Clock }) {
  const { clock } = deps;
  const over = new AbortController();
  const servers = new Map<string, GuildNotices>();

  async function writeWaiting(server: GuildNotices) {
    server.busy = true;
    try {
      while (server.waiting.length > 0) {
        const waitMs = server.lastAtMs + minGapMs - clock.nowMs();
        if (waitMs > 0) await clock.sleep(waitMs, over.signal);
        // A notice may have become untrue while it waited.
        const [next, ...rest] = server.waiting.filter((notice) => notice.isStillTrue());
        server.waiting = rest;
        if (!next) return;
        server.lastAtMs = clock.nowMs();
        writeNotice(next);
      }
    } catch {
      // Closed while it waited.
    } finally {
      server.busy = false;
    }
  }

  function writeNotice({ channel, line, onPosted }: GuildNotice) {
    onPosted?.();
    const words = toOpenText(formatWrittenText(line, channel.guildId, deps));
    writeInChat(words, channel, deps);
  }

  function getGuildNotices(guildId: GuildId) {
    const fresh = { waiting: [], lastAtMs: Number.NEGATIVE_INFINITY, busy: false };
    const server = servers.get(guildId) ?? fresh;
    servers.set(guildId, server);
    return server;
  }

  return {
    /** Adds a notice, and drops the same one if it still waits. Never throws. */
    enqueue(notice: GuildNotice) {
      if (over.signal.aborted) return;
      const server = getGuildNotices(notice.channel.guildId);
      const others = server.waiting.filter(
        ({ line }) => !isDeepStrictEqual(line, notice.line),
      );
      server.waiting = [...others, notice].slice(-maxWaitingNotices);
      if (!server.busy) void writeWaiting(server);
    },
    [Symbol.dispose]() {
      over.abort(new Error('the notices are closed'));
    },
  };
}
