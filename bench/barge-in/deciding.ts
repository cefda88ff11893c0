import { listen } from '#bench/turns/listening.ts';
import { framesOf, roomRateHz, send } from '#bench/turns/microphone.ts';
import { energyDb } from '#src/audio/loudness.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import type { SpeakerInputEvent } from '#src/conversation/hearing/speaker-input.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import {
  type InterruptionEvent,
  stepInterruption,
  uninterrupted,
} from '#src/turn/overlap/interruption.ts';
import { interruptionRules } from '#src/turn/overlap/interruption-rules.ts';

/**
 * Time that speech detection and interruption rules take on virtual time, without texts and output; since the first voiced
 * packet.
 */
export type DecisionTimes = {
  readonly voiceMs: number | undefined;
  readonly duckMs: number | undefined;
  readonly pauseMs: number | undefined;
};

const personId = '1';
const frameMs = 20;
const voicedDb = -45;
const tailMs = 200;

export async function decideAll(sounds: readonly Pcm[]): Promise<DecisionTimes[]> {
  const [codec, weights] = [await loadOpus(), await loadSilero()];
  return sounds.map((pcm) => {
    const { samples } = resample(pcm, roomRateHz);
    const frames = [...framesOf(samples, () => true)];
    const firstAtMs = (1 + frames.findIndex((one) => energyDb(one.samples) > voicedDb)) * frameMs;
    const packets = send(
      framesOf(samples, () => true),
      'gate',
      codec,
      1,
    );
    const how = {
      speakerId: personId,
      codec,
      weights,
      rules: endpointRules,
      pauseHabits: new PauseHabits(),
    };
    const noted = listen(packets, frames.length * frameMs + tailMs, how);
    let state = stepInterruption(
      uninterrupted,
      { kind: 'reply-began', atMs: 0, replyTo: personId, interruptible: true },
      interruptionRules,
    ).state;
    const found: Record<string, number> = {};
    for (const { noticed, atMs } of noted) {
      const event = eventOf(noticed, atMs);
      if (!event) continue;
      found[event.kind] ??= atMs - firstAtMs;
      const step = stepInterruption(state, event, interruptionRules);
      state = step.state;
      for (const { kind } of step.effects) found[kind] ??= atMs - firstAtMs;
    }
    return { voiceMs: found.began, duckMs: found.duck, pauseMs: found.pause };
  });
}

function eventOf(noticed: SpeakerInputEvent, atMs: number): InterruptionEvent | undefined {
  switch (noticed.kind) {
    case 'overlap-began':
      return { kind: 'began', personId, fromMs: noticed.fromMs, atMs };
    case 'voiced': {
      const { voicedMs, levelDb } = noticed;
      return { kind: 'voiced', personId, voicedMs, levelDb, atMs };
    }
    case 'paused':
      return { kind: 'paused', personId, atMs };
    case 'overlap-ended':
      return { kind: 'ended', personId, voicedMs: noticed.voicedMs, atMs };
    case 'ended':
      return { kind: 'ended', personId, voicedMs: noticed.heard.voicedMs, atMs };
    case 'began':
    case 'sound':
    case 'resumed':
    case 'long-pause':
    case 'likely-over':
      return undefined;
  }
}
