import { type BenchChannel, goTo, openChannel, peopleOf, say } from '#bench/manners/channel.ts';
import { calm } from '#bench/manners/director.ts';
import { serialIn } from '#bench/manners/minds.ts';
import { englishLanguageName } from '#src/base/language-name.ts';
import {
  openTextLanguage,
  type TextLanguageDetector,
} from '#src/speech/text-language/text-language.ts';
import { PartialTrust } from '#src/turn/partial-trust.ts';
import { LanguageRecogniser } from './language-recogniser.ts';
import type { LanguageScenario, LanguageTurn } from './scenarios.ts';

/** Language and voices of the answer to a turn, as heard. */
export type LanguageOutcome = {
  readonly scenario: string;
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
const scenariosASession = 25;

/** Whether the answer was in the language that was wanted. */
export function isRight({ turn, language }: LanguageOutcome): boolean {
  return language === englishLanguageName(turn.wanted);
}

/** Whether one word of another language had an answer in that. */
export function answeredInForeign({ turn, language }: LanguageOutcome): boolean {
  const isIn = language === englishLanguageName(turn.language);
  return turn.language !== turn.wanted && isIn;
}

/** Plays scenes to the whole session on virtual time; each finds five people of whom nothing is known. */
export async function playScenarios(
  scenarios: readonly LanguageScenario[],
  reports: boolean,
): Promise<readonly LanguageOutcome[]> {
  const outcomes: LanguageOutcome[] = [];
  const textLanguage = openTextLanguage();
  await textLanguage.detect('How high is it?', []); // loads, which takes real time
  for (let from = 0; from < scenarios.length; from += scenariosASession)
    outcomes.push(
      ...(await playSession(
        scenarios.slice(from, from + scenariosASession),
        reports,
        textLanguage,
      )),
    );
  return outcomes;
}

async function playSession(
  scenarios: readonly LanguageScenario[],
  reports: boolean,
  textLanguage: TextLanguageDetector,
): Promise<readonly LanguageOutcome[]> {
  const said = new Map<number, LanguageTurn>();
  const hints = new Map<number, string>();
  const options = { reports, hints, languageOf: (id: number) => said.get(id)?.language };
  const channel = await openChannel(peopleOf(crowd), () => 'short', {
    addressing: 'always',
    textLanguage,
    voices: [],
    recognition: {
      transcriber: (...parts) => new LanguageRecogniser(parts, options),
      partialTrust: new PartialTrust(false),
    },
  });
  const { sessions } = channel.fixture;
  await goTo(channel, greetingMs);
  const outcomes: LanguageOutcome[] = [];
  for (const scenario of scenarios) {
    const languages = sessions.session('g')?.context.languages;
    for (const { id } of channel.people) languages?.forget(id);
    const spoken = await playScenario(channel, scenario, (id, turn) => said.set(id, turn));
    outcomes.push(
      ...spoken.map(({ id, turn }) => ({
        scenario: scenario.name,
        turn,
        hint: hints.get(id),
        ...answerTo(id, channel),
      })),
    );
  }
  return outcomes;
}

type SpokenTurn = { readonly id: number; readonly turn: LanguageTurn };

async function playScenario(
  channel: BenchChannel,
  { turns }: LanguageScenario,
  note: (id: number, turn: LanguageTurn) => void,
): Promise<readonly SpokenTurn[]> {
  const spoken: SpokenTurn[] = [];
  for (const [n, turn] of turns.entries()) {
    const fromMs = channel.clock.nowMs() + (turn.overlaps ? overlapMs : pauseMs);
    const { id, toMs } = say(channel, turn.personId, turn.text, fromMs);
    note(id, turn);
    spoken.push({ id, turn });
    if (turns[n + 1]?.overlaps) continue;
    await goTo(channel, toMs);
    await calm(channel);
    await goTo(channel, channel.clock.nowMs() + restMs);
  }
  return spoken;
}

/** The answer to it that was heard, among all that were begun. */
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
