import { clipFolders } from '#bench/human-clips.ts';
import { readHumanSounds, sendSound } from '#bench/turns/human/human-scenes.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import {
  findCause,
  formatShare,
  isAnsweredWhole,
  isTalkedInto,
  measureSilencingMs,
  measureWaitMs,
} from './people-report.ts';
import { type PersonTurn, playPersonTurn } from './person-turn.ts';

const codec = await loadOpus();
const sureModel = { load: () => undefined, judge: async () => 7 };

/** Plays the turn with these words: as it is, or with a hesitation of 1.2 s put in. */
async function playTurn(beginning: string, insertedMs?: number) {
  for await (const sound of readHumanSounds(codec, clipFolders.people, {
    hesitationsMs: [1_200],
  })) {
    if (!sound.text.startsWith(beginning)) continue;
    if (sound.silences[0]?.insertedMs !== insertedMs) continue;
    const deps = { codec, turnModel: sureModel, hasPunctuation: false };
    return await playPersonTurn(sendSound(sound, codec), deps);
  }
  throw new Error('There is no such clip.');
}

test('a whole sentence is answered once, after its last sound and the three servers', async () => {
  const turn = await playTurn('Can I get a medium roast');
  expect(turn.answersMs).toHaveLength(1);
  expect(measureWaitMs(turn)).toBeGreaterThanOrEqual(120 + 150 + 60 - 120);
  expect(measureWaitMs(turn)).toBeLessThan(1_000);
});

test('whoever stops for 1.2 s with a turn model that is sure of the end is talked into', async () => {
  const turn = await playTurn('Can I get a medium roast', 1_200);
  expect(isTalkedInto(turn)).toBe(true);
  expect(measureWaitMs(turn)).toBeUndefined();
  // The bot is silent soon after they go on, and answers all of it once.
  expect(measureSilencingMs(turn)).toBeLessThanOrEqual(200);
  expect(isAnsweredWhole(turn)).toBe(true);
  expect(turn.answersMs.filter((atMs) => atMs >= turn.spokenMs)).toHaveLength(1);
});

test('a long wait has the cause that kept it', () => {
  const late = {
    spokenMs: 1_000,
    answersMs: [2_400],
    instants: { heardAtMs: 1_000, endedAtMs: 2_200, recognisedAtMs: 1_200 },
  };
  const findLateCause = (signs: Partial<PersonTurn>) =>
    findCause({ ...late, ...signs } as PersonTurn);
  expect(findLateCause({ wordsLogit: -2.6, soundLogit: 2.2 })).toBe('words');
  expect(findLateCause({ wordsLogit: 2, soundLogit: -4.6 })).toBe('turn model');
  expect(findLateCause({ wordsLogit: 2, soundLogit: 4.6 })).toBe('timeout');
  expect(findLateCause({ soundLogit: 4.6 })).toBe('recogniser');
});

test('a share comes with the interval of Wilson', () =>
  expect(formatShare(3, 25)).toBe('12 % (4 to 30)'));
