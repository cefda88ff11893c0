import { BotError } from '#src/base/errors.ts';
import { type JsonLimits, JsonMeter } from '#src/base/json.ts';

/** One message, in either direction; also its longest line. */
export const messageLimits: JsonLimits = {
  bytes: 4 * 2 ** 20,
  depth: 32,
  values: 10_000,
};

/**
 * Limits of all messages in one window. Two thousand lines in ten seconds are far above the need of progress and results, and
 * far below a load that delays speech.
 */
const [windowBytes, windowLines, windowMs] = [16 * 2 ** 20, 2_000, 10_000];

/** Rate limit of the messages of a server, in windows of time. */
export class MessageLimiter {
  #fromMs = Number.NEGATIVE_INFINITY;
  #bytes = 0;
  #lines = 0;

  /** False where this is more than it may send. */
  take(bytes: number, lines: number, atMs: number): boolean {
    if (atMs - this.#fromMs >= windowMs) {
      this.#fromMs = atMs;
      this.#bytes = 0;
      this.#lines = 0;
    }
    this.#bytes += bytes;
    this.#lines += lines;
    return this.#bytes <= windowBytes && this.#lines <= windowLines;
  }
}

/** A message to a server as it is sent. Errors: BotError `tool.refused` where it is too large. */
export function checkedMessage(json: string): string {
  const excess = new JsonMeter(messageLimits).push(Buffer.from(json));
  if (!excess) return json;
  throw new BotError('tool.refused', false, `A call to an MCP server is ${excess.words}.`);
}
