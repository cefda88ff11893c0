import type { RepeatManner } from './overlap/interjections.ts';

/** Difference of all speech of the bot from its usual voice, as people asked for it aloud. */
export type VoiceAdjustment = {
  /** 1 is usual, less is slower. */
  readonly speed: number;
  readonly gainDb: number;
};

export const usualVoice: VoiceAdjustment = { speed: 1, gainDb: 0 };

const [slowerBy, slowest, fastest] = [0.85, 0.7, 1.4];
const [louderByDb, loudestDb] = [6, 12];

/**
 * Adjustment after one more request; "faster" takes back "slower" and "quieter" takes back "louder", and the other way
 * round, before they go further.
 */
export function adjusted(
  { speed, gainDb }: VoiceAdjustment,
  { slower, faster, louder, quieter, usual }: RepeatManner,
): VoiceAdjustment {
  const from = usual ? usualVoice : { speed, gainDb };
  return {
    speed: slower || faster ? nextSpeed(from.speed, slower) : from.speed,
    gainDb: louder || quieter ? nextGainDb(from.gainDb, louder) : from.gainDb,
  };
}

function nextSpeed(speed: number, isSlower: boolean): number {
  if (isSlower) return speed > 1 ? 1 : Math.max(slowest, speed * slowerBy);
  return speed < 1 ? 1 : Math.min(fastest, speed / slowerBy);
}

function nextGainDb(gainDb: number, isLouder: boolean): number {
  if (isLouder) return gainDb < 0 ? 0 : Math.min(loudestDb, gainDb + louderByDb);
  return gainDb > 0 ? 0 : Math.max(-loudestDb, gainDb - louderByDb);
}
