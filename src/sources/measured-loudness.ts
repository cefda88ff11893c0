import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
import { durationMs } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { StereoRate } from '#src/audio/stereo-rate.ts';
import type { Clock } from '#src/base/clock.ts';

/** Length of sound, in ms, from which its loudness is measured. */
const enoughMs = 60_000;
/** Longest measurement, in ms: a person waits to hear the sound meanwhile. */
const longestMs = 1_000;

/** Loudness in LUFS; undefined for silence. Errors: those of the source. Aborting `signal` throws `signal.reason`. */
export async function measuredLufs(
  source: SoundSource,
  clock: Clock,
  signal: AbortSignal,
): Promise<number | undefined> {
  const meter = new LoudnessMeter();
  const untilMs = clock.nowMs() + longestMs;
  const rate = new StereoRate();
  let leftMs = enoughMs;
  for await (const pcm of source.open(0, signal)) {
    for (const piece of rate.push(pcm)) meter.push(piece);
    leftMs -= durationMs(pcm);
    if (leftMs <= 0 || clock.nowMs() >= untilMs) return meter.lufs;
  }
  meter.push(rate.flush());
  return meter.lufs;
}
