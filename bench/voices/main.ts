// How soon does the local voice speak, and is it understood? npm run bench -- voices [MODEL FOLDER] (half a minute).

import { readResidentMb } from '#bench/cpu/thread-times.ts';
import { findPercentile, formatTable } from '#bench/format-table.ts';
import { getDurationMs, joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { measureEditDistance } from '#src/base/edit-distance.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import { spellOutEnglish } from '#src/speech/local/english/spell-out.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';

/** Answers as a chat model gives them, of 4 to 24 words. */
const sentences: readonly string[] = `
What can I do for you?
The train to the city leaves from platform nine at half past seven every morning except on Sundays and holidays.
I have set a timer for ten minutes. It will ring at a quarter past four.
The capital of Australia is Canberra, not Sydney.
Sure, the next song is by a band from Iceland.
There are three cats on the roof, and one of them is asleep.
A blue whale weighs about 150 tons, as much as 25 elephants.
You asked me to remind you of the meeting with Doctor Miller.
Bread without yeast is made with baking soda and buttermilk.
The match starts in 20 minutes, so there is still time for dinner.
Water boils at 100 degrees, but on a high mountain it boils sooner.
I am sorry, I did not understand the last word.
The museum is open from 10 to 6, and the ticket costs $12.50.
Shakespeare wrote the play around the year 1599.
Yes, that is a good idea.
Her sister works in a hospital in the north of the country.
The battery of your phone is at 15%, so you should charge it.
First mix the flour and the sugar, then add two eggs and some milk.
Nobody knows when the shop opens again, but the owner will call us tomorrow.
Twelve times fifteen is 180.
`
  .trim()
  .split('\n');

/** Runs of each sentence whose delay is measured. */
const runs = 15;
/** Goals in ms for the first sound of 6 and of 20 words, and the share of words that may be misheard, in percent. */
const maxSixMs = 120;
const maxTwentyMs = 280;
const maxMisheardPercent = 4;
const [six = '', twenty = ''] = sentences;
const signal = new AbortController().signal;

const startedMs = performance.now();
await using models = new LocalModels();
const voice = await openLocalSynthesizer({ models, model: process.argv[2] });
const loadMs = performance.now() - startedMs;
const sixMs = await measureFirstSound(six);
const twentyMs = await measureFirstSound(twenty);
const rows = [
  ['load', loadMs, ''],
  ['first sound, 6 words', formatTimes(sixMs), maxSixMs],
  ['first sound, 20 words', formatTimes(twentyMs), maxTwentyMs],
];
console.log('Local voice, ms from the request, least and median');
console.log(formatTable(['', 'ms', 'goal'], rows));

const voiceMemory = await measureMemory();
const transcriber = await openLocalTranscriber({
  models,
  language: admitChosenLanguage('en'),
});
const shares: [name: string, percent: number][] = [];
for (const name of Object.keys(localVoices))
  shares.push([name, await measureMisheard(name)]);
console.log(
  `\nWords of ${sentences.length} sentences that the local ears hear otherwise, %`,
);
console.log(
  formatTable(
    ['voice', 'misheard'],
    shares.map(([name, share]) => [name, share.toFixed(1)]),
  ),
);
console.log(`goal: at most ${maxMisheardPercent} of the first one`);
console.log(
  `memory of the model process, MB at most: ${voiceMemory} with the voice, ${await measureMemory()} with the ears`,
);

const isMet =
  sixMs[0] <= maxSixMs &&
  twentyMs[0] <= maxTwentyMs &&
  (shares[0]?.[1] ?? 100) <= maxMisheardPercent;
console.log(isMet ? 'goals: met' : 'goals: NOT MET');
if (!isMet) process.exitCode = 1;

/** Measures the most memory that the model process had so far, in MB. Linux alone tells. */
async function measureMemory() {
  return Math.round(await readResidentMb(models.processId ?? 0, 'VmHWM'));
}

/** Measures the least and the median of some runs, in ms. */
async function measureFirstSound(text: string) {
  const times: number[] = [];
  for (let n = 0; n < runs; n++) {
    const startMs = performance.now();
    const segments = voice.synthesize(text, {}, signal)[Symbol.asyncIterator]();
    await segments.next();
    times.push(performance.now() - startMs);
    while (!(await segments.next()).done);
  }
  return [Math.min(...times), findPercentile(times, 0.5)] as const;
}

/** Measures the share of words that are misheard of a voice, in percent. */
async function measureMisheard(name: string) {
  let wordCount = 0;
  let wrongCount = 0;
  for (const sentence of sentences) {
    const spoken = await speakSentence(voice, sentence, name);
    const spokenWords = splitWords(sentence);
    const heardWords = splitWords(
      await recogniseText(resamplePcm(spoken, listenRateHz)),
    );
    wordCount += spokenWords.length;
    wrongCount += measureEditDistance(spokenWords, heardWords);
  }
  return (100 * wrongCount) / wordCount;
}

async function speakSentence(synthesizer: Synthesizer, text: string, name: string) {
  const segments = await Array.fromAsync(
    synthesizer.synthesize(text, { name }, signal),
  );
  const [firstSegment] = segments;
  if (!firstSegment || getDurationMs(firstSegment) === 0)
    throw new Error(`Nothing is heard of "${text}".`);
  const samples = joinSamples(segments.map((segment) => segment.samples));
  return { ...firstSegment, samples };
}

async function recogniseText(pcm: Pcm) {
  for await (const update of transcriber.transcribe(pcm, signal))
    if (update.kind === 'final') return update.transcript.text;
  return '';
}

/** Splits a text into words, numbers too: the ears write digits. */
function splitWords(text: string) {
  return (
    spellOutEnglish(text)
      .toLowerCase()
      .match(/[a-z']+/g) ?? []
  );
}

function formatTimes(times: readonly number[]) {
  return times.map((ms) => ms.toFixed(0)).join(' / ');
}
