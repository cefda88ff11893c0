import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
import { durationMs } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';

/** Length of sound, in ms, from which its loudness is measured. */
const enoughMs = 60_000;
/** Longest measurement, in ms: a person waits to hear the sound meanwhile. */
const longestMs = 1_000;

/** Loudness in LUFS of sound of two channels at 48 kHz; undefined for silence. Errors: those of the source. Aborting `signal` throws `signal.reason`. */
export async function measuredLufs(
  source: SoundSource,
  clock: Clock,
  signal: AbortSignal,
): Promise<number | undefined> {
  const meter = new LoudnessMeter();
  const untilMs = clock.nowMs() + longestMs;
  let leftMs = enoughMs;
  for await (const pcm of source.open(0, signal)) {
    meter.push(pcm.samples);
    leftMs -= durationMs(pcm);
    if (leftMs <= 0 || clock.nowMs() >= untilMs) break;
  }
  return meter.lufs;
}
