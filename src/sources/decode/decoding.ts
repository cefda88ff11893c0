import type { Pcm } from '#src/audio/pcm.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import {
  createDecodingProcess,
  type DecodingProcess,
} from '#src/sources/decoding-process.ts';
import { refusals } from '#src/sources/fetch/sound-refusals.ts';
import type { DecodePlan } from './decode-messages.ts';

export type DecodingOptions = {
  readonly clock: Clock;
  readonly entry?: URL;
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
