// Does the bot talk into people, and how long do they wait? npm run bench -- people [--clips DIR] [--count N] (virtual time, about ten minutes).
import { parseArgs } from 'node:util';
import { clipFolders } from '#bench/human-clips.ts';
import {
  type HumanSound,
  readHumanSounds,
  sendSound,
} from '#bench/turns/human/human-scenes.ts';
import { readFoldHeads } from '#bench/turns/human/watched-silences.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import { openTurnEncoder } from '#src/speech/local/process/smart-turn.ts';
import { computeTurnLogit } from '#src/speech/local/process/turn-head.ts';
import type { TurnModel } from '#src/speech/local/turn-model.ts';
import {
  formatPeopleReport,
  isTalkedInto,
  measureSilencingMs,
} from './people-report.ts';
import { type PersonTurn, playPersonTurn } from './person-turn.ts';

const { values: options } = parseArgs({
  options: {
    /** Folder of people, with a manifest.json. */
    clips: { type: 'string', default: clipFolders.people },
    /** Number of clips, spread over all. */
    count: { type: 'string', default: '100000' },
    /** Lists each turn. */
    list: { type: 'boolean', default: false },
  },
});

/** A hesitation, and a pause after which most people go on once the answer has begun. */
const insertedPausesMs = [700, 1_200];
const codec = await loadOpus();
const findHead = await readFoldHeads();
const hearTurn = await openTurnEncoder(
  getModelFolder('smart-turn-v3.2-merged-silence'),
);
const sounds = pickSounds(
  await Array.fromAsync(
    readHumanSounds(codec, options.clips, {
      hesitationCount: insertedPausesMs.length,
      hesitationsMs: insertedPausesMs,
    }),
  ),
);
console.log(
  `People through the running bot, on virtual time; ms from the last sound to the first frame of the answer.
Servers take 120 ms for the words, 150 to the first token, 60 to the first sound. The head of the turn model never heard the speaker.`,
);
for (const hasPunctuation of [false, true]) {
  const turns: PersonTurn[] = [];
  for (const sound of sounds) {
    const scene = sendSound(sound, codec);
    const turnModel = createTurnModel(scene.file);
    turns.push(await playPersonTurn(scene, { codec, turnModel, hasPunctuation }));
  }
  console.log(
    `\nRecogniser ${hasPunctuation ? 'with' : 'without'} punctuation\n${formatPeopleReport(turns)}`,
  );
  if (options.list) for (const turn of turns) console.log(formatTurn(turn));
}

/** Creates the turn model with the head that never heard the speaker of a file. */
function createTurnModel(file: string): TurnModel {
  const head = findHead(file);
  return {
    load: () => undefined,
    judge: async ({ samples }) => computeTurnLogit(head, await hearTurn(samples)),
  };
}

/** Picks turns that end and whose words are known. */
function pickSounds(allSounds: readonly HumanSound[]) {
  const usable = allSounds.filter(
    ({ silences, words }) =>
      words.length > 0 &&
      silences.some(({ insertedMs, kind }) => kind === 'eot' || insertedMs),
  );
  const step = Math.max(1, Math.ceil(usable.length / Number(options.count)));
  return usable.filter((_, n) => n % step === 0);
}

function formatTurn(turn: PersonTurn) {
  const { answersMs, question, scene, spokenMs } = turn;
  const waits = answersMs.map((atMs) => atMs - spokenMs).join(' ');
  const signs = `words ${turn.wordsLogit?.toFixed(1)}, sound ${turn.soundLogit?.toFixed(1)}`;
  const cost = isTalkedInto(turn)
    ? ` | silent after ${measureSilencingMs(turn)}, answered: ${question}`
    : '';
  return `${waits} | ${signs} | ${scene.text}${cost}`;
}
