import { differs, ok, type ReportLine } from '#doctor/finding.ts';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';

const humMs = 1500;
const pitchHz = 150;

/** Sound with the pitch and the syllables of a voice, for a recogniser when there is no speech to send. */
export function hum(): Pcm {
  const samples = Int16Array.from({ length: (humMs / 1000) * listenRateHz }, (_, n) => {
    const seconds = n / listenRateHz;
    const loud = Math.sin(Math.PI * 4 * seconds) ** 2;
    const wave = [1, 2, 3, 4].reduce(
      (sum, part) => sum + Math.sin(2 * Math.PI * pitchHz * part * seconds) / part,
      0,
    );
    return Math.round(5000 * loud * wave);
  });
  return { samples, rateHz: listenRateHz, channels: 1 };
}

/** Sound that was spoken, and its text. */
export type SpokenClip = { readonly pcm: Pcm; readonly text: string };

/** Judges a transcript of a clip. */
export function roundTrip(heard: string, clip: SpokenClip | undefined): ReportLine {
  const what = 'round trip';
  if (!clip) return ok(what, 'the doctor had no speech, and sent a hum: it did not check words');
  const share = likeness(clip.text, heard);
  const percent = `the server understood ${Math.round(share * 100)} % of the spoken words`;
  return share >= 0.6 ? ok(what, percent) : differs(what, percent, mend);
}

const mend = 'choose a recogniser or a voice for the spoken language';
const digits = 'zero one two three four five six seven eight nine ten'.split(' ');

/** Which share of the words of `spoken` is found in `heard`, 0 to 1; figures count as words. */
function likeness(spoken: string, heard: string): number {
  const wanted = wordsOf(spoken);
  const found = new Set(wordsOf(heard));
  if (wanted.length === 0) return 1;
  return wanted.filter((word) => found.has(word)).length / wanted.length;
}

function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/\p{L}+|\d+/gu) ?? [];
  return words.map((word) => digits[Number(word)] ?? word);
}
