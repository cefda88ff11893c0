import type { Pcm } from '#src/audio/pcm.ts';
import type { ContractUtterance } from '#test/contracts/transcriber-contract.ts';

const rateHz = 16_000;
const wordMs = 240;
const pauseMs = 60;
const windowMs = 10;
const loudLevel = 300;
const toneWords =
  'zero one two three four five six seven eight nine ten nova stop again'.split(' ');
const firstHz = 300;
const stepHz = 80;

/** A sound of which `hearWords` gets these words back: each is a tone of its own, 300 ms in all. */
export function speakWords(text: string): ContractUtterance {
  const samples = text.split(' ').flatMap((word) => [...makeWordTone(word)]);
  return { pcm: { samples: Int16Array.from(samples), rateHz, channels: 1 }, text };
}

/** The words that have ended in the sound, at any rate; an honest recogniser for mocks. */
export function hearWords({ samples, rateHz }: Pcm) {
  const transcripts: string[] = [];
  const step = (rateHz * windowMs) / 1000;
  let from: number | undefined;
  for (let at = 0; at + step <= samples.length; at += step) {
    const voiced = samples
      .subarray(at, at + step)
      .some((sample) => Math.abs(sample) > loudLevel);
    if (voiced) from ??= at;
    else if (from !== undefined) {
      transcripts.push(findWord(samples.subarray(from, at), rateHz));
      from = undefined;
    }
  }
  return transcripts.join(' ');
}

function makeWordTone(word: string) {
  const hz = firstHz + stepHz * toneWords.indexOf(word);
  const tone = new Int16Array(((wordMs + pauseMs) * rateHz) / 1000);
  for (let n = 0; n < (wordMs * rateHz) / 1000; n++) {
    tone[n] = Math.round(8000 * Math.sin((2 * Math.PI * hz * n) / rateHz));
  }
  return tone;
}

function findWord(tone: Int16Array, rateHz: number) {
  const first = tone.findIndex((sample) => Math.abs(sample) > loudLevel);
  const last = tone.findLastIndex((sample) => Math.abs(sample) > loudLevel);
  let crossings = 0;
  for (let n = first + 1; n <= last; n++) {
    if ((tone[n] ?? 0) >= 0 !== (tone[n - 1] ?? 0) >= 0) crossings++;
  }
  const hz = (crossings / 2 / (last - first)) * rateHz;
  return toneWords[Math.round((hz - firstHz) / stepHz)] ?? '?';
}

/** Two that recognisers understand. */
export const wordUtterances = [
  speakWords('one two three four five'),
  speakWords('six seven nova stop'),
] as const;
