/** When one person's voice counts as begun, paused and ended. */
export type EndpointRules = {
  /** A voice starts at or above this probability, and comes back from a pause with it. */
  readonly startProbability: number;
  /** A voice that sounds goes on at or above this one: no flicker inside a word. */
  readonly stopProbability: number;
  /** Length of one voice activity window. */
  readonly windowMs: number;
  /** So many voiced windows in a row begin a turn, so a click or a cough does not. */
  readonly windowsToBegin: number;
  /** Without voice for so long: time to think ahead. */
  readonly pauseMs: number;
  /** Without voice for so long, packets still flowing: the turn has ended. */
  readonly quietMs: number;
  /** The same when the person's client stopped sending. */
  readonly muteMs: number;
  /** No packet for so long counts as stopped. */
  readonly packetGapMs: number;
  readonly longestMs: number;
};

/**
 * Measured with silero v5 over 14 recordings (2026-11): onset p50 56 and p90 146 ms, up to a quarter of the windows
 * inside an utterance at or below 0.5, so a hangover under 200 ms would cut words; synthetic tones trip single windows.
 * Clients close with five silence frames, but the last of them often get lost: hence the gap of 200 ms.
 * So each recording of test/fixtures/speech is one turn, its end within 200 ms of the label (test/turn/recordings.test.ts).
 */
export const endpointRules: EndpointRules = {
  startProbability: 0.5,
  stopProbability: 0.35,
  windowMs: 32,
  windowsToBegin: 3,
  pauseMs: 100,
  quietMs: 500,
  muteMs: 300,
  packetGapMs: 200,
  longestMs: 30_000,
};

/** What one person's microphone tells. Discord is mute during silence, so only ticks are sure to come. */
export type VoiceEvent =
  /** One window of voice activity; `atMs` is when the last packet in it arrived. */
  | { readonly kind: 'window'; readonly probability: number; readonly atMs: number }
  /** A client closed its microphone (see `isSilenceFrame`). */
  | { readonly kind: 'silence-frame'; readonly atMs: number }
  /** About every 20 ms while somebody talks. */
  | { readonly kind: 'tick'; readonly atMs: number };

type Quiet =
  | { readonly kind: 'quiet' }
  | {
      readonly kind: 'maybe';
      readonly fromMs: number;
      readonly lastVoiceMs: number;
      readonly windows: number;
    };

type Speaking = {
  readonly kind: 'talking' | 'paused';
  readonly fromMs: number;
  readonly lastVoiceMs: number;
  readonly lastPacketMs: number;
  /** The latest packets were silence frames. */
  readonly muted: boolean;
};

/** Where one person's voice stands. */
export type Voice = Quiet | Speaking;

export type VoiceEffect =
  /** Noticed at `atMs`; the first voiced window started at `fromMs`. Keep 250 ms more for soft onsets. */
  | { readonly kind: 'began'; readonly fromMs: number; readonly atMs: number }
  | { readonly kind: 'paused'; readonly atMs: number }
  | { readonly kind: 'resumed'; readonly atMs: number }
  /** `toMs` is where the voice stopped, not where that was noticed. */
  | {
      readonly kind: 'ended';
      readonly fromMs: number;
      readonly toMs: number;
      readonly why: 'quiet' | 'mute' | 'too-long';
    };

type Step = readonly [Voice, VoiceEffect?];

export const quiet: Voice = { kind: 'quiet' };

/** One step of end-of-turn detection for one person. Windows may lag behind ticks by what the jitter buffer holds. */
export function stepVoice(voice: Voice, event: VoiceEvent, rules: EndpointRules): Step {
  switch (voice.kind) {
    case 'quiet':
    case 'maybe':
      return awaitVoice(voice, event, rules);
    case 'talking':
    case 'paused':
      return isVoiced(voice, event, rules)
        ? goOn(voice, event.atMs, rules)
        : awaitEnd(withPacket(voice, event), event.atMs, rules);
  }
}

function awaitVoice(voice: Quiet, event: VoiceEvent, rules: EndpointRules): Step {
  if (event.kind === 'tick') return [voice];
  if (event.kind === 'silence-frame') return [quiet];
  const { atMs, probability } = event;
  const run =
    voice.kind === 'maybe' && atMs - voice.lastVoiceMs < rules.packetGapMs
      ? voice
      : { fromMs: atMs - rules.windowMs, windows: 0 };
  const voiced = probability >= (run.windows > 0 ? rules.stopProbability : rules.startProbability);
  if (!voiced) return [quiet];
  const { fromMs } = run;
  const windows = run.windows + 1;
  if (windows < rules.windowsToBegin) {
    return [{ kind: 'maybe', fromMs, lastVoiceMs: atMs, windows }];
  }
  const talking = { kind: 'talking', fromMs, lastVoiceMs: atMs, lastPacketMs: atMs } as const;
  return [
    { ...talking, muted: false },
    { kind: 'began', fromMs, atMs },
  ];
}

function isVoiced(voice: Speaking, event: VoiceEvent, rules: EndpointRules): boolean {
  if (event.kind !== 'window') return false;
  const enough = voice.kind === 'talking' ? rules.stopProbability : rules.startProbability;
  return event.probability >= enough;
}

function goOn(voice: Speaking, atMs: number, rules: EndpointRules): Step {
  const lastVoiceMs = Math.max(voice.lastVoiceMs, atMs);
  const lastPacketMs = Math.max(voice.lastPacketMs, atMs);
  const talking: Speaking = { ...voice, kind: 'talking', lastVoiceMs, lastPacketMs, muted: false };
  if (lastVoiceMs - voice.fromMs >= rules.longestMs) return end(talking, 'too-long');
  return voice.kind === 'paused' ? [talking, { kind: 'resumed', atMs }] : [talking];
}

/** A window no newer than the silence frames was made of them, or of what came before: it unmutes nobody. */
function withPacket(voice: Speaking, event: VoiceEvent): Speaking {
  if (event.kind === 'tick') return voice;
  const lastPacketMs = Math.max(voice.lastPacketMs, event.atMs);
  if (event.kind === 'silence-frame') return { ...voice, lastPacketMs, muted: true };
  return event.atMs > voice.lastPacketMs ? { ...voice, lastPacketMs, muted: false } : voice;
}

function awaitEnd(voice: Speaking, atMs: number, rules: EndpointRules): Step {
  const withoutVoiceMs = atMs - voice.lastVoiceMs;
  const stopped = voice.muted || atMs - voice.lastPacketMs >= rules.packetGapMs;
  if (withoutVoiceMs >= (stopped ? rules.muteMs : rules.quietMs)) {
    return end(voice, stopped ? 'mute' : 'quiet');
  }
  if (atMs - voice.fromMs >= rules.longestMs) return end(voice, 'too-long');
  if (voice.kind === 'paused' || withoutVoiceMs < rules.pauseMs) return [voice];
  return [
    { ...voice, kind: 'paused' },
    { kind: 'paused', atMs },
  ];
}

function end(voice: Speaking, why: 'quiet' | 'mute' | 'too-long'): Step {
  return [quiet, { kind: 'ended', fromMs: voice.fromMs, toMs: voice.lastVoiceMs, why }];
}
