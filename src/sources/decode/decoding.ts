import type { Pcm } from '#src/audio/pcm.ts';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import { forkChild } from '#src/base/child/child-port.ts';
import type { Clock } from '#src/base/clock.ts';
import { refusals } from '#src/sources/fetch/sound-refusals.ts';
import type {
  DecodePlan,
  FeedResult,
  FromDecoder,
  ToDecoder,
} from './decode-messages.ts';

type DecodingOptions = {
  readonly clock: Clock;
  readonly entry?: URL;
  /** A process that takes longer for one piece is killed. */
  readonly stepMs?: number;
};

/** The longest call took 30 ms (4 kB, cold). A busy machine gets more. */
const usualStepMs = 5_000;
/** Each takes 57 MB and 4 threads with all decoders loaded. */
const mostProcesses = 8;
/** 2 s of MP3. Each exchange costs as much as mixing half a second. */
const feedBytes = 32 * 1024;

/** The files of one process share its crash. */
const filesEach = 4;

export type Decoding = ReturnType<typeof createDecoding>;

/**
 * Decodes files of strangers in child processes, up to four files each, and more only when eight run. A file that
 * breaks its process fails the others.
 */
export function createDecoding(options: DecodingOptions) {
  let processes: readonly DecodingProcess[] = [];

  function findLeastBusy() {
    processes = processes.filter(({ alive }) => alive);
    const [least] = processes.toSorted((a, b) => a.files - b.files);
    if (least && (least.files < filesEach || processes.length >= mostProcesses))
      return least;
    const { clock, entry = ownEntry, stepMs = usualStepMs } = options;
    const process = createDecodingProcess({ clock, entry, stepMs });
    processes = [...processes, process];
    return process;
  }

  return {
    /**
     * Decodes sound as it is read, in pieces of about a second. The first bytes decide the format.
     *
     * A truncated file gives its first part. Throws BotError `source.not_audio`, `source.unreachable` if another
     * file broke the process, and errors of `bytes`.
     */
    async *play(
      bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
      plan: DecodePlan,
      signal: AbortSignal,
    ): AsyncGenerator<Pcm> {
      using file = findLeastBusy().open(plan);
      const { rateHz, channels } = plan;
      let hasSound = false;
      for await (const { piece, isLast } of toFeeds(bytes)) {
        for (let hasMore = true, left = piece; hasMore; left = noBytes) {
          signal.throwIfAborted();
          const fed = await waitUnlessAborted(file.feed(left, isLast), signal);
          signal.throwIfAborted();
          hasSound ||= fed.hasSound;
          ({ hasMore } = fed);
          if (fed.samples.length > 0) yield { samples: fed.samples, rateHz, channels };
        }
      }
      if (!hasSound) throw refusals.notAudio('it contains no sound');
    },

    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((process) => process.stop()));
    },
  };
}

const ownEntry = new URL('../decoder-main.ts', import.meta.url);

const noBytes = new Uint8Array(0);

async function* toFeeds(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  for await (const some of bytes) {
    for (let at = 0; at < some.length; at += feedBytes) {
      yield { piece: some.subarray(at, at + feedBytes), isLast: false };
    }
  }
  yield { piece: noBytes, isLast: true };
}

/** Extra time for the first answer, as loading the decoders takes 300 ms. */
const startMs = 10_000;
/** A process without a file ends after this time. */
const idleMs = 30_000;
/** Decoders limit their own memory, which lies outside the heap. */
const flags = ['--max-old-space-size=64'];

type FileInProcess = Disposable & {
  /**
   * Decodes further bytes. Throws BotError `source.not_audio`, or `source.unreachable` if another file ended the
   * process.
   */
  readonly feed: (bytes: Uint8Array, isLast: boolean) => Promise<FeedResult>;
};

type DecodingProcess = ReturnType<typeof createDecodingProcess>;

/** Starts a child process that decodes files of strangers, one piece at a time. */
function createDecodingProcess(options: Required<DecodingOptions>) {
  const gone = Promise.withResolvers<void>();
  let before: Promise<unknown> = Promise.resolve();
  let hasAnswered = false;
  let waiting: PromiseWithResolvers<FeedResult> | undefined;
  let lastId = 0;
  let files = 0;
  let stayAwake: (() => void) | undefined;
  let isDead = false;
  /** Undefined if the system cannot start another process. */
  const child = forkChild(options.entry, flags);
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
