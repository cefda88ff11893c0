export type FliteVoice = 'slt' | 'rms' | 'awb' | 'kal16' | 'kal';

/** Brings each voice to -18 dBFS while it sounds, half way for the loudest (measured 2026-11-20: -15, -20, -18, -26, -18). */
export const voiceGains: Readonly<Record<FliteVoice, number>> = {
  slt: 0.84,
  rms: 1.26,
  awb: 1,
  kal16: 2.5,
  kal: 1,
};

/** Voice that speaks where none is named, or none that there is. */
export const standardEmbeddedVoice: FliteVoice = 'slt';
/** Names it takes, the standard one first. */
export const embeddedVoices: readonly string[] = Object.keys(voiceGains);
