// Does the bot talk into people, and how long do they wait? npm run bench -- people [--clips DIR] [--count N] (virtual time, about ten minutes).
import { parseArgs } from 'node:util';
import { formatTable } from '#bench/format-table.ts';
import { clipFolders } from '#bench/human-clips.ts';
import {
  type HumanSound,
  hearFromAfar,
  readHumanSounds,
  sendSound,
} from '#bench/turns/human/human-scenes.ts';
import { readFoldHeads } from '#bench/turns/human/watched-silences.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import { openTurnEncoder } from '#src/speech/local/process/smart-turn.ts';
import { computeTurnLogit } from '#src/speech/local/process/turn-head.ts';
import type { TurnModel } from '#src/speech/local/turn-model.ts';
import {
  formatNeighbourFigures,
  formatPeopleReport,
  isTalkedInto,
  measureSilencingMs,
  neighbourColumns,
} from './people-report.ts';
import { type PersonTurn, playPersonTurn } from './person-turn.ts';

const { values: options } = parseArgs({
  options: {
    /** Folder of people, with a manifest.json. */
    clips: { type: 'string', default: clipFolders.people },
    /** Number of clips, spread over all. */
    count: { type: 'string', default: '100000' },
    /** Somebody beside each person has an open microphone that hears them. */
    neighbour: { type: 'boolean', default: false },
    /** Lists each turn. */
    list: { type: 'boolean', default: false },
  },
});

/** How much softer, in dB, and later, in ms, the microphone of a neighbour hears somebody. */
const farMicrophones = [
  [-6, 20],
  [-12, 40],
  [-18, 80],
] as const;
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
if (options.neighbour) await playBesideNeighbours();
else await playAlone();

async function playAlone() {
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
}

/** Plays each person alone, and beside somebody whose microphone hears them at each of these levels and delays. */
async function playBesideNeighbours() {
  const rows: string[][] = [];
  for (const [gainDb, lateMs] of farMicrophones) {
    const pairs: [PersonTurn, PersonTurn][] = [];
    for (const sound of sounds) {
      const scene = sendSound(sound, codec);
      const far = hearFromAfar({ ...sound, clip: sound.clip + 1 }, { gainDb, lateMs });
      const parts = {
        codec,
        turnModel: createTurnModel(scene.file),
        hasPunctuation: false,
      };
      const turn = await playPersonTurn(scene, parts, sendSound(far, codec));
      pairs.push([await playPersonTurn(scene, parts), turn]);
      if (options.list)
        console.log(turn.answeredMicrophones.join(' '), formatTurn(turn));
    }
    rows.push([`${gainDb} dB, ${lateMs} ms`, ...formatNeighbourFigures(pairs)]);
  }
  console.log(formatTable(['far microphone', ...neighbourColumns], rows));
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
