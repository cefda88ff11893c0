// Does the bot talk into people, and how long do they wait? npm run bench -- people [--clips DIR] [--count N] (virtual time, about ten minutes).
import { parseArgs } from 'node:util';
import { clipFolders } from '#bench/human-clips.ts';
import {
  type HumanSound,
  readHumanSounds,
  sendSound,
} from '#bench/turns/human/human-scenes.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { SmartTurnModel } from '#src/speech/local/turn-model.ts';
import { formatPeopleReport } from './people-report.ts';
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

const hesitationMs = 700;
const codec = await loadOpus();
await using models = new LocalModels();
const turnModel = new SmartTurnModel(models, (reason) => console.log(reason));
const sounds = pickSounds(
  await Array.fromAsync(
    readHumanSounds(codec, options.clips, { hesitationsMs: [hesitationMs] }),
  ),
);
console.log(
  `People through the running bot, on virtual time; ms from the last sound to the first frame of the answer.
Servers take 120 ms for the words, 150 to the first token, 60 to the first sound.`,
);
for (const hasPunctuation of [false, true]) {
  const turns: PersonTurn[] = [];
  for (const sound of sounds) {
    const scene = sendSound(sound, codec);
    turns.push(await playPersonTurn(scene, { codec, turnModel, hasPunctuation }));
  }
  console.log(
    `\nRecogniser ${hasPunctuation ? 'with' : 'without'} punctuation\n${formatPeopleReport(turns)}`,
  );
  if (options.list) for (const turn of turns) console.log(formatTurn(turn));
}

/** Picks turns that end and whose words are known. */
function pickSounds(all: readonly HumanSound[]) {
  const usable = all.filter(
    ({ silences, words }) =>
      words.length > 0 &&
      silences.some(({ insertedMs, kind }) => kind === 'eot' || insertedMs),
  );
  const step = Math.max(1, Math.ceil(usable.length / Number(options.count)));
  return usable.filter((_, n) => n % step === 0);
}

function formatTurn({ scene, spokenMs, answersMs, ...turn }: PersonTurn) {
  const waits = answersMs.map((atMs) => atMs - spokenMs).join(' ');
  const signs = `words ${turn.wordsLogit?.toFixed(1)}, sound ${turn.soundLogit?.toFixed(1)}`;
  return `${waits} | ${signs} | ${scene.text}`;
}
