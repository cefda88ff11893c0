import { calm } from '#bench/manners/director.ts';
import { serialIn } from '#bench/manners/minds.ts';
import { type BenchChannel, goTo, openRoom, peopleOf, say } from '#bench/manners/room.ts';
import { englishLanguageName } from '#src/base/language-name.ts';
import {
  openTextLanguage,
  type TextLanguageDetector,
} from '#src/speech/text-language/text-language.ts';
import { PartialTrust } from '#src/turn/partial-trust.ts';
import { LanguageRecogniser } from './language-recogniser.ts';
import { benchLanguages, type LanguageScene, type LanguageTurn } from './scenes.ts';

/** What was heard of the answer to a turn. */
export type LanguageOutcome = {
  readonly scene: string;
  readonly turn: LanguageTurn;
  /** English name of the language that the model was told; undefined: none, or there was no answer. */
  readonly language: string | undefined;
  /** Voices that said it, with the name before it, without repetition. */
  readonly voices: readonly string[];
  readonly hint: string | undefined;
};

export const crowd = 5;
const greetingMs = 12_000;
const pauseMs = 300;
/** Nobody is still expected to go on with something so long ago. */
const restMs = 2_400;
/** From the beginning of a turn to one that overlaps it. */
const overlapMs = 900;
/** A session takes so many scenes: what people said long ago is of no use to anybody. */
const scenesASession = 25;

const persona = {
  name: 'Nova',
  instructions: 'You answer everybody.',
  voice: 'voice of the persona',
  voices: Object.fromEntries(benchLanguages.map((language) => [language, voiceName(language)])),
};

/** Whether the answer was in the language and the voice that were wanted. */
export function isRight({ turn, language, voices }: LanguageOutcome): boolean {
  return (
    language === englishLanguageName(turn.wanted) &&
    voices.length === 1 &&
    voices[0] === voiceName(turn.wanted)
  );
}

/** Whether one word of another language had an answer in that. */
export function answeredInForeign({ turn, language, voices }: LanguageOutcome): boolean {
  const isIn = language === englishLanguageName(turn.language);
  return turn.language !== turn.wanted && (isIn || voices.includes(voiceName(turn.language)));
}

/** Plays scenes to the whole session on virtual time; each finds five people of whom nothing is known. */
export async function playScenes(
  scenes: readonly LanguageScene[],
  tells: boolean,
): Promise<readonly LanguageOutcome[]> {
  const outcomes: LanguageOutcome[] = [];
  const textLanguage = openTextLanguage();
  await textLanguage.detect('How high is it?', []); // loads, which takes real time
  for (let from = 0; from < scenes.length; from += scenesASession)
    outcomes.push(
      ...(await playSession(scenes.slice(from, from + scenesASession), tells, textLanguage)),
    );
  return outcomes;
}

async function playSession(
  scenes: readonly LanguageScene[],
  tells: boolean,
  textLanguage: TextLanguageDetector,
): Promise<readonly LanguageOutcome[]> {
  const said = new Map<number, LanguageTurn>();
  const hints = new Map<number, string>();
  const options = { tells, hints, languageOf: (id: number) => said.get(id)?.language };
  const room = await openRoom(peopleOf(crowd), () => 'short', {
    addressing: 'always',
    textLanguage,
    voices: [],
    recognition: {
      transcriber: (...parts) => new LanguageRecogniser(parts, options),
      partialTrust: new PartialTrust(false),
    },
  });
  const { personas, sessions } = room.fixture;
  await personas.save('g', persona);
  const owner = { guildId: 'g', id: 'ana', mayManage: true };
  await personas.choose(owner, { place: 'server', persona: persona.name });
  await goTo(room, greetingMs);
  const outcomes: LanguageOutcome[] = [];
  for (const scene of scenes) {
    const languages = sessions.session('g')?.context.languages;
    for (const { id } of room.people) languages?.forget(id);
    const spoken = await playScene(room, scene, (id, turn) => said.set(id, turn));
    outcomes.push(
      ...spoken.map(({ id, turn }) => ({
        scene: scene.name,
        turn,
        hint: hints.get(id),
        ...answerTo(id, room),
      })),
    );
  }
  return outcomes;
}

type SpokenTurn = { readonly id: number; readonly turn: LanguageTurn };

async function playScene(
  room: BenchChannel,
  { turns }: LanguageScene,
  note: (id: number, turn: LanguageTurn) => void,
): Promise<readonly SpokenTurn[]> {
  const spoken: SpokenTurn[] = [];
  for (const [n, turn] of turns.entries()) {
    const fromMs = room.clock.nowMs() + (turn.overlaps ? overlapMs : pauseMs);
    const { id, toMs } = say(room, turn.personId, turn.text, fromMs);
    note(id, turn);
    spoken.push({ id, turn });
    if (turns[n + 1]?.overlaps) continue;
    await goTo(room, toMs);
    await calm(room);
    await goTo(room, room.clock.nowMs() + restMs);
  }
  return spoken;
}

/** Of all answers that were begun to it, the one that was heard. */
function answerTo(
  utterance: number,
  { happened, minds, people, synthesizer }: BenchChannel,
): Pick<LanguageOutcome, 'language' | 'voices'> {
  const heard = happened.flatMap(({ event }) =>
    event.kind === 'answered' && event.heardText !== '' ? [serialIn(event.text) ?? 0] : [],
  );
  const serial = heard.findLast((one) => minds.asked[one - 1]?.utterances.includes(utterance));
  const asked = serial === undefined ? undefined : minds.asked[serial - 1];
  const first = synthesizer.asked.findIndex(({ text }) => serialIn(text) === serial);
  if (!asked || first < 0) return { language: undefined, voices: [] };
  const name = people.find(({ id }) => id === asked.speakerId)?.name;
  const said = synthesizer.asked.slice(Math.max(0, first - 1), first + 1);
  const own = said.filter(({ text }) => serialIn(text) === serial || text === `${name},`);
  return {
    language: /Answer in ([^,]+), unless/.exec(asked.instructions)?.[1],
    voices: [...new Set(own.map(({ voice }) => voice.name ?? 'none'))],
  };
}

function voiceName(language: string): string {
  return `voice ${language}`;
}
