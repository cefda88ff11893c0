import type { ChildProcess } from 'node:child_process';
import { withTimeout } from '#src/base/bounded-wait.ts';
import { forkChild } from '#src/base/child/child-port.ts';
import type { Clock } from '#src/base/clock.ts';
import type {
  DecodePlan,
  FeedResult,
  FromDecoder,
  ToDecoder,
} from '#src/sources/decode/decode-messages.ts';
import { refusals } from './fetch/sound-refusals.ts';

export type ProcessOptions = {
  readonly clock: Clock;
  readonly entry: URL;
  /** A process that takes longer for one piece is killed. */
  readonly stepMs: number;
};

/** Extra time for the first answer, as loading the decoders takes 300 ms. */
const startMs = 10_000;
/** A process without a file ends after this time. */
const idleMs = 30_000;
/** Decoders limit their own memory, which lies outside the heap. */
const flags = ['--max-old-space-size=64'];

export type FileInProcess = Disposable & {
  /**
   * Decodes further bytes. Throws BotError `source.not_audio`, or `source.unreachable` if another file ended the
   * process.
   */
  readonly feed: (bytes: Uint8Array, isLast: boolean) => Promise<FeedResult>;
};

export type DecodingProcess = ReturnType<typeof createDecodingProcess>;

/** Starts a child process that decodes files of strangers, one piece at a time. */
export function createDecodingProcess(options: ProcessOptions) {
  const gone = Promise.withResolvers<void>();
  let before: Promise<unknown> = Promise.resolve();
  let hasAnswered = false;
  let waiting: PromiseWithResolvers<FeedResult> | undefined;
  let lastId = 0;
  let files = 0;
  let stayAwake: (() => void) | undefined;
  let isDead = false;
  /** Undefined if the system cannot start another process. */
  const child: ChildProcess | undefined = forkChild(options.entry, flags);
  if (!child) failAll();
  child?.on('message', (message: FromDecoder) => {
    hasAnswered = true;
    if (message.kind === 'damaged') waiting?.reject(refusals.notAudio(message.why));
    else waiting?.resolve(message);
  });
  child?.on('disconnect', () => failAll());
  for (const end of ['error', 'exit'] as const)
    child?.on(end, () => {
      failAll();
      gone.resolve();
    });

  function sendAndWait(message: ToDecoder) {
    const answer = before.then(() => askNow(message));
    before = answer.catch(() => undefined);
    return answer;
  }

  async function askNow(message: ToDecoder) {
    if (isDead) throw refusals.unreachable('another file stopped its decoder');
    const { clock, stepMs } = options;
    const answer = Promise.withResolvers<FeedResult>();
    waiting = answer;
    sendMessage(message);
    try {
      const limitMs = hasAnswered ? stepMs : startMs + stepMs;
      return await withTimeout(answer.promise, limitMs, clock, () => {
        waiting = undefined;
        failAll();
        return refusals.notAudio('it decodes too slowly');
      });
    } finally {
      waiting = undefined;
    }
  }

  function sendMessage(message: ToDecoder) {
    if (!isDead) child?.send(message, () => undefined); // Events report the end of the process.
  }

  function failAll() {
    if (isDead) return;
    isDead = true;
    stayAwake?.();
    child?.kill('SIGKILL'); // SIGKILL also ends a process that hangs.
    waiting?.reject(refusals.notAudio('its decoder crashed'));
  }

  return {
    get alive(): boolean {
      return !isDead;
    },

    get files(): number {
      return files;
    },

    /** Opens a file until it is disposed. */
    open(plan: DecodePlan): FileInProcess {
      const id = ++lastId;
      files++;
      stayAwake?.();
      return {
        feed: (bytes, isLast) => sendAndWait({ kind: 'feed', id, plan, bytes, isLast }),
        [Symbol.dispose]: () => {
          sendMessage({ kind: 'close', id });
          files--;
          if (files > 0 || isDead) return;
          stayAwake = options.clock.later(idleMs, () => failAll());
        },
      };
    },

    async stop() {
      failAll();
      if (child) await gone.promise;
    },
  };
}
