// What lost packets do to voice detection and to the embedded recogniser: npm run node -- bench/loss.ts
import { readFileSync } from 'node:fs';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { Concealment } from '#src/audio/voice/concealment.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { loadRecogniser } from '#src/speech/embedded/pocketsphinx.ts';
import { encoded, joined, speech } from '#test/audio/speech.ts';

const rounds = 2;
const losses = [
  { share: 0.01, burst: 1 },
  { share: 0.05, burst: 1 },
  { share: 0.1, burst: 1 },
  { share: 0.2, burst: 1 },
  { share: 0.1, burst: 3 },
  { share: 0.1, burst: 5 },
];
const voiced = 0.5;
const unvoiced = 0.35;

const [codec, weights] = await Promise.all([loadOpus(), loadSilero()]);
const recogniser = await loadRecogniser(() => undefined);
const manifest: { file: string; text: string }[] = JSON.parse(
  readFileSync(new URL('../test/fixtures/speech/manifest.json', import.meta.url), 'utf8'),
);
const spoken = manifest.map(({ file, text }) => ({
  frames: encoded(speech(file.replace('.wav', '')), codec),
  words: text.split(' '),
}));

for (const loss of losses) {
  for (const filled of [false, true]) {
    let [windows, moved, flipped, wrong, words] = [0, 0, 0, 0, 0];
    const random = seeded(7);
    for (const one of spoken) {
      const clean = probabilities(heard(one.frames, () => false, filled));
      for (let round = 0; round < rounds; round++) {
        const pcm = heard(one.frames, lossy(loss, random), filled);
        for (const [n, probability] of probabilities(pcm).entries()) {
          const was = clean[n] ?? 0;
          windows++;
          moved += Math.abs(probability - was);
          if (Math.min(probability, was) < unvoiced && Math.max(probability, was) >= voiced)
            flipped++;
        }
        wrong += editsBetween(one.words, recognised(pcm));
        words += one.words.length;
      }
    }
    const name = `${loss.share * 100} % in runs of ${loss.burst}, ${filled ? 'filled' : 'zeros '}`;
    console.log(
      `${name}: probability off by ${(moved / windows).toFixed(4)}, windows misjudged ` +
        `${((100 * flipped) / windows).toFixed(2)} %, words wrong ${((100 * wrong) / words).toFixed(1)} %`,
    );
  }
}

function heard(frames: readonly Buffer[], isLost: () => boolean, filled: boolean): Int16Array {
  const decoder = codec.decoder(listenRateHz);
  const concealment = new Concealment();
  const pieces = frames.map((frame, n) => {
    if (n > 0 && isLost()) return filled ? concealment.fill(320) : new Int16Array(320);
    const samples = decoder.decode(frame);
    if (filled) concealment.heard(samples);
    return samples;
  });
  decoder.free();
  return joined(pieces);
}

function lossy({ share, burst }: { share: number; burst: number }, random: () => number) {
  let left = 0;
  return () => {
    if (left === 0 && random() < share / burst) left = burst;
    return left > 0 && left-- > 0;
  };
}

function probabilities(samples: Int16Array): number[] {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  return meter.push(samples, 0).map(({ probability }) => probability);
}

function recognised(samples: Int16Array): string[] {
  recogniser.begin();
  recogniser.hear(samples);
  return recogniser.finish().toLowerCase().split(/\s+/).filter(Boolean);
}

/** Words to add, drop or change (Levenshtein). */
function editsBetween(wanted: readonly string[], got: readonly string[]): number {
  let row = got.map((_, n) => n + 1);
  wanted.forEach((word, n) => {
    let [diagonal, left] = [n, n + 1];
    row = row.map((above, at) => {
      left = Math.min(above + 1, left + 1, diagonal + (word === got[at] ? 0 : 1));
      diagonal = above;
      return left;
    });
  });
  return row.at(-1) ?? wanted.length;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
