import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';

/** Frames that a client sends beside its sound. */
export type MicrophoneRules = {
  /** Frames of the room after the last sound. */
  readonly holdFrames: number;
  /** Silence frames after those. */
  readonly silenceFrames: number;
  /** Whether the room is heard. */
  readonly noise: boolean;
};

/** Frames still to be sent of each kind. */
export type MicrophoneState = { readonly hold: number; readonly silence: number };
/** Output for these 20 ms: a frame of sound, Discord's silence frame, or no packet. */
export type MicrophoneOutput = 'sound' | 'silence' | 'nothing';

const silenceFrames = 5;
/** 300 ms: the release time of Discord's voice activity. */
const releaseFrames = 15;

export const microphoneRules: Readonly<Record<MicrophoneProfile, MicrophoneRules>> = {
  gate: { holdFrames: 0, silenceFrames, noise: false },
  release: { holdFrames: releaseFrames, silenceFrames, noise: true },
  open: { holdFrames: Number.POSITIVE_INFINITY, silenceFrames, noise: true },
};

/** One step of 20 ms; `sounding` is what there is beside room noise. */
export function stepMicrophone(
  { hold, silence }: MicrophoneState,
  sounding: boolean,
  rules: MicrophoneRules,
): readonly [MicrophoneState, MicrophoneOutput] {
  if (sounding) return [{ hold: rules.holdFrames, silence: rules.silenceFrames }, 'sound'];
  if (hold > 0) return [{ hold: hold - 1, silence }, 'sound'];
  if (silence > 0) return [{ hold, silence: silence - 1 }, 'silence'];
  return [{ hold, silence }, 'nothing'];
}

/** Frames that follow a speech until the client is quiet; an open one never is. */
export function tailFrames({ holdFrames, silenceFrames: silent }: MicrophoneRules): number {
  return Number.isFinite(holdFrames) ? holdFrames + silent : 0;
}
