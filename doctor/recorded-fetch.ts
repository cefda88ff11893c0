import type { Clock } from '#src/base/clock.ts';
import type { Fetch } from '#src/provider/guarded-fetch.ts';

/** One answer as it came over the network. */
export type RecordedAnswer = {
  readonly status: number;
  readonly type: string;
  readonly date: string | undefined;
  /** Time from the request; equal to `lastByteMs` while nothing came. */
  firstByteMs: number;
  lastByteMs: number;
  pieces: number;
  sizeBytes: number;
  /** First bytes of the body. */
  head: Buffer;
};

const headLimitBytes = 65_536;

/** Sees every answer of a client, and passes it on. Holds 64 KB of the last one. */
export class RecordedFetch {
  readonly #clock: Clock;
  #last: RecordedAnswer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest answer, while it arrives and afterwards. */
  get last(): RecordedAnswer | undefined {
    return this.#last;
  }

  tap(send: Fetch): Fetch {
    return async (url, init) => {
      const startedMs = this.#clock.nowMs();
      this.#last = undefined;
      const response = await send(url, init);
      const { status, statusText, headers } = response;
      const tookMs = this.#clock.nowMs() - startedMs;
      const answer: RecordedAnswer = {
        status,
        type: headers.get('content-type') ?? '',
        date: headers.get('date') ?? undefined,
        firstByteMs: tookMs,
        lastByteMs: tookMs,
        pieces: 0,
        sizeBytes: 0,
        head: Buffer.alloc(0),
      };
      this.#last = answer;
      if (!response.body) return response;
      const body = response.body.pipeThrough(this.#counter(answer, startedMs));
      return new Response(body, { status, statusText, headers });
    };
  }

  #counter(answer: RecordedAnswer, startedMs: number): TransformStream<Uint8Array, Uint8Array> {
    const note = (piece: Uint8Array) => {
      answer.lastByteMs = this.#clock.nowMs() - startedMs;
      if (answer.pieces++ === 0) answer.firstByteMs = answer.lastByteMs;
      answer.sizeBytes += piece.length;
      const spaceBytes = headLimitBytes - answer.head.length;
      if (spaceBytes > 0) answer.head = Buffer.concat([answer.head, piece.subarray(0, spaceBytes)]);
    };
    return new TransformStream({
      transform(piece, controller) {
        note(piece);
        controller.enqueue(piece);
      },
    });
  }
}

/** Too quick for a first byte to be told from the last. */
const reportingMs = 150;

/** Whether an answer was ready before its first byte left: none of it arrives while it is made. */
export function isBuffered({ firstByteMs, lastByteMs }: RecordedAnswer): boolean {
  return lastByteMs >= reportingMs && firstByteMs > 0.8 * lastByteMs;
}

/** Pace of an answer, in a few words. */
export function pace(answer: RecordedAnswer): string {
  const { firstByteMs, lastByteMs, pieces } = answer;
  const count = pieces === 1 ? '1 piece' : `${pieces} pieces`;
  return `first byte after ${Math.round(firstByteMs)} ms, last after ${Math.round(lastByteMs)} ms, ${count}`;
}
