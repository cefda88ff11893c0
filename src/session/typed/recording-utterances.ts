import { setImmediate } from 'node:timers/promises';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { RecordingCuts, type SpeechSpan } from '#src/audio/voice/recording-cuts.ts';
import type { SileroWeights } from '#src/audio/voice/silero.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';

/** Part of a recording that holds speech, with its sound. */
export type RecordingUtterance = SpeechSpan & { readonly pcm: Pcm };

/** Samples that are looked at between two frames of sound: 8 windows of voice activity. */
const stepSamples = 8 * 512;

/**
 * Speech of a recording at 16 kHz mono, in parts of at most 30 s, found as it is asked for; what holds no voice is left out.
 * Aborting `signal` throws `signal.reason`.
 */
export async function* utterancesIn(
  pcm: Pcm,
  weights: SileroWeights,
  signal: AbortSignal,
): AsyncGenerator<RecordingUtterance> {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  const cuts = new RecordingCuts();
  for (let at = 0; at < pcm.samples.length; at += stepSamples) {
    const samples = pcm.samples.subarray(at, at + stepSamples);
    for (const { probability } of meter.push(samples, msOf(at + samples.length))) {
      const span = cuts.next(probability);
      if (span) yield { ...span, pcm: partOf(pcm, span) };
    }
    await setImmediate(); // frames of sound leave
    signal.throwIfAborted();
  }
  const last = cuts.end();
  if (last) yield { ...last, pcm: partOf(pcm, last) };
}

function partOf(pcm: Pcm, { fromMs, toMs }: SpeechSpan): Pcm {
  const [from, to] = [samplesOf(fromMs), samplesOf(toMs)];
  return { ...pcm, samples: pcm.samples.subarray(from, to) };
}

function msOf(samples: number): number {
  return (samples / listenRateHz) * 1_000;
}

function samplesOf(ms: number): number {
  return Math.round((ms / 1_000) * listenRateHz);
}
