import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#src/base/clock.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { type WritingParts, writeInChat, writtenText } from './notice.ts';

/** A message to a server that is no answer to a request. */
type GuildNotice = {
  readonly channel: ChannelRef;
  readonly line: TextLine;
  /** Checked when its turn has come: a notice that does not hold any more is dropped. */
  holds(): boolean;
  /** Called when it is written. */
  posted?(): void;
};

/** Least time between two notices in one server, in ms: a channel is no log. */
const apartMs = 30_000;
/** A further one drops the oldest. */
const limit = 8;

type NoticeParts = WritingParts & { readonly clock: Clock };
type ServerNotices = { waiting: readonly GuildNotice[]; lastAtMs: number; busy: boolean };
/** Writes notices one after the other, never two of one server within 30 s. */
export class GuildNoticeQueue implements Disposable {
  readonly #parts;
  readonly #over = new AbortController();
  readonly #servers = new Map<string, ServerNotices>();

  constructor(parts: NoticeParts) {
    this.#parts = parts;
  }

  /** Replaces the same one that still waits. Never throws. */
  report(notice: GuildNotice): void {
    if (this.#over.signal.aborted) return;
    const server = this.#server(notice.channel.guildId);
    const others = server.waiting.filter(({ line }) => !isDeepStrictEqual(line, notice.line));
    server.waiting = [...others, notice].slice(-limit);
    if (!server.busy) void this.#writeAll(server);
  }

  /** Drops the notices that wait. */
  [Symbol.dispose](): void {
    this.#over.abort(new Error('the notices are closed'));
  }

  async #writeAll(server: ServerNotices) {
    const { clock } = this.#parts;
    server.busy = true;
    try {
      while (server.waiting.length > 0) {
        const waitMs = server.lastAtMs + apartMs - clock.nowMs();
        if (waitMs > 0) await clock.sleep(waitMs, this.#over.signal);
        const [next, ...rest] = server.waiting.filter((notice) => notice.holds());
        server.waiting = rest;
        if (!next) return;
        server.lastAtMs = clock.nowMs();
        this.#write(next);
      }
    } catch {
      // Closed while it waited.
    } finally {
      server.busy = false;
    }
  }

  #write({ channel, line, posted }: GuildNotice) {
    posted?.();
    const words = openText(writtenText(line, channel.guildId, this.#parts));
    writeInChat(words, channel, this.#parts);
  }

  #server(guildId: GuildId): ServerNotices {
    const fresh = { waiting: [], lastAtMs: Number.NEGATIVE_INFINITY, busy: false };
    const server = this.#servers.get(guildId) ?? fresh;
    this.#servers.set(guildId, server);
    return server;
  }
}
