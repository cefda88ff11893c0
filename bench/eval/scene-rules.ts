import { tools } from '#src/features/features.ts';
import { NgramLanguageDetector } from '#src/speech/text-language/text-language.ts';
import { type EvalAnswer, type EvalScene, personNames } from './eval-scene.ts';
import { listHeardAnswers, type PlayedScene, type SaidLine } from './scene-player.ts';

/** Answer that was heard to a line, with everything said before it. */
export type GivenAnswer = {
  readonly line: SaidLine['line'];
  readonly wanted: EvalAnswer;
  readonly text: string;
  readonly transcript: string;
};

/** From the end of a stop to the last sound, in ms. */
const maxStopMs = 800;
const languageDetector = new NgramLanguageDetector();
/** Tools that change nothing may be called as often as a model likes. */
const readOnlyTools = new Set(
  tools.flatMap(({ name, effect }) => (effect === 'read' ? name : [])),
);

/** Whether it answered those who meant it and nobody else, stopped in time, and failed nowhere. */
export function checkScene({ scene, said, events, failure }: PlayedScene) {
  const { given, mistakes: unmatched } = matchAnswers(said, events);
  if (failure !== undefined) return { given, mistakes: [`failed: ${failure}`] };
  const mistakes = [...unmatched];
  for (const { line, soundedMs = 0 } of said) {
    if (soundedMs <= maxStopMs) continue;
    mistakes.push(`sounds ${Math.round(soundedMs)} ms after "${line.say}"`);
  }
  for (const { event } of events) {
    if (event.kind === 'failed') mistakes.push(`failed: ${event.message}`);
  }
  return { mistakes: [...mistakes, ...findNamingMistakes(given, scene)], given };
}

/** Gives each line that may be answered the first answer to its speaker that came after its beginning. */
function matchAnswers(said: PlayedScene['said'], events: PlayedScene['events']) {
  const open = listHeardAnswers(events);
  const mistakes: string[] = [];
  const given: GivenAnswer[] = [];
  for (const one of said) {
    const { answer: wanted, who, say } = one.line;
    if (!wanted) continue;
    const n = open.findIndex(({ name, atMs }) => name === who && atMs >= one.fromMs);
    const [answered] = n < 0 ? [] : open.splice(n, 1);
    if (answered) {
      const transcript = makeTranscript(one, said);
      given.push({ line: one.line, wanted, text: answered.heardText, transcript });
    } else mistakes.push(`no answer to ${who}: "${say}"${findReason(one, events)}`);
  }
  const uninvited = open.map(
    ({ name, heardText }) => `uninvited, to ${name}: "${heardText}"`,
  );
  return { mistakes: [...mistakes, ...uninvited], given };
}

/** Words that the recogniser made of a line, and why they were not answered, as far as events tell it. */
function findReason({ line, fromMs }: SaidLine, events: PlayedScene['events']) {
  const after = events.flatMap(({ atMs, event }) => (atMs >= fromMs ? event : []));
  const heard = after.find(
    (event) => event.kind === 'recognised' && event.name === line.who,
  );
  const left = after.find(
    (event) =>
      (event.kind === 'ignored' || event.kind === 'dropped') && event.name === line.who,
  );
  const words = heard?.kind === 'recognised' ? `, recognised as "${heard.text}"` : '';
  return left && 'why' in left ? `${words} (${left.why})` : words;
}

/** Each tool that changes something was called as often as lines ask for it. */
export function findToolMistakes({ scene, events }: PlayedScene) {
  const due = scene.acts.flatMap((act) => (act.do === 'say' && act.answer?.tool) || []);
  const called = events.flatMap(({ event }) =>
    event.kind === 'tool' && event.how !== 'known' ? event.tool : [],
  );
  const changes = called.filter((name) => !readOnlyTools.has(name));
  const mistakes: string[] = [];
  for (const name of new Set([...due, ...changes])) {
    const times = called.filter((one) => one === name).length;
    const wanted = due.filter((one) => one === name).length;
    if (times !== wanted)
      mistakes.push(`tool ${name}: ${times} calls in place of ${wanted}`);
  }
  return mistakes;
}

/** Mistakes in the words of an answer, as far as patterns and its language tell them. */
export async function findWordMistakes(
  { says, never, language }: EvalAnswer,
  text: string,
) {
  const fits = (pattern: string) => new RegExp(pattern, 'iu').test(text);
  const mistakes: string[] = [];
  for (const pattern of says)
    if (!fits(pattern)) mistakes.push(`lacks /${pattern}/: "${text}"`);
  for (const pattern of never)
    if (fits(pattern)) mistakes.push(`has /${pattern}/: "${text}"`);
  if (language === undefined) return mistakes;
  const found = await languageDetector.detect(text, []);
  if (found && found.language !== language) {
    mistakes.push(`in ${found.language} in place of ${language}: "${text}"`);
  }
  return mistakes;
}

/** An answer begins with no name but that of the person who asked. */
function findNamingMistakes(given: readonly GivenAnswer[], { people }: EvalScene) {
  return given.flatMap(({ line, text }) => {
    const others = personNames.slice(0, people).filter((name) => name !== line.who);
    const called = others.find((name) => new RegExp(`^${name}[,:!]`, 'u').test(text));
    return called === undefined ? [] : [`calls ${line.who} ${called}: "${text}"`];
  });
}

function makeTranscript(last: SaidLine, said: readonly SaidLine[]) {
  const before = said.filter(({ fromMs }) => fromMs <= last.fromMs);
  return before.map(({ line }) => `${line.who}: ${line.say}`).join('\n');
}
