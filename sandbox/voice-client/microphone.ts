import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';

/** Frames still to be sent of each kind. */
export type MicrophoneState = { readonly hold: number; readonly silence: number };
/** Output for these 20 ms: a frame of sound, Discord's silence frame, or no packet. */
export type MicrophoneOutput = 'sound' | 'silence' | 'nothing';

/** Silence frames that a client sends after its sound. */
export const silenceFrames = 5;

/** Frames of the room after the last sound; without any, the room is not heard. `release`: 300 ms, as Discord's voice activity. */
export const holdFrames: Readonly<Record<MicrophoneProfile, number>> = {
  gate: 0,
  release: 15,
  open: Number.POSITIVE_INFINITY,
};

/** One step of 20 ms; `sounding` is what there is beside room noise. */
export function stepMicrophone(
  { hold, silence }: MicrophoneState,
  sounding: boolean,
  heldFrames: number,
): readonly [MicrophoneState, MicrophoneOutput] {
  if (sounding) return [{ hold: heldFrames, silence: silenceFrames }, 'sound'];
  if (hold > 0) return [{ hold: hold - 1, silence }, 'sound'];
  if (silence > 0) return [{ hold, silence: silence - 1 }, 'silence'];
  return [{ hold, silence }, 'nothing'];
}

/** Frames that follow a speech until the client is quiet; an open one never is. */
export function tailFrames(heldFrames: number): number {
  return Number.isFinite(heldFrames) ? heldFrames + silenceFrames : 0;
}
