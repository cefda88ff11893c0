import { tools } from '#src/features/features.ts';
import { NgramLanguageDetector } from '#src/speech/text-language/spoken-form.ts';
import { type EvalAnswer, type EvalScene, personNames } from './eval-scene.ts';
import {
  listHeardAnswers,
  type PlayedAnswer,
  type PlayedScene,
  type SaidLine,
} from './scene-player.ts';

/** Answer that was heard to a line, with everything said before it. */
export type GivenAnswer = {
  readonly line: SaidLine['line'];
  readonly dueAnswer: EvalAnswer;
  readonly text: string;
  readonly transcript: string;
};

/** Mistakes of `checkScene`, a sentence each, and the answers that were heard to its lines. */
export type SceneCheck = {
  readonly mistakes: readonly string[];
  readonly answers: readonly GivenAnswer[];
};

/** Longest time from the end of a stop to the last sound. */
const maxStopMs = 800;
const languageDetector = new NgramLanguageDetector();
/** Tools that change nothing may also be called where no line asks for them. */
const readOnlyTools = new Set(
  tools.flatMap(({ name, effect }) => (effect === 'read' ? name : [])),
);

/**
 * Checks that the bot answered those who meant it and nobody else, stopped in time, failed nowhere, and called nobody by
 * another's name. Words and tools: `findWordMistakes`, `findToolMistakes`.
 */
export function checkScene({
  scene,
  saidLines,
  events,
  failure,
}: PlayedScene): SceneCheck {
  const { answers, mistakes: answerMistakes } = matchAnswers(saidLines, events);
  if (failure !== undefined) return { answers, mistakes: [`failed: ${failure}`] };
  const mistakes = [...answerMistakes];
  for (const { line, soundedMs = 0 } of saidLines) {
    if (soundedMs <= maxStopMs) continue;
    mistakes.push(`sounds ${Math.round(soundedMs)} ms after "${line.say}"`);
  }
  for (const { event } of events) {
    if (event.kind === 'failed') mistakes.push(`failed: ${event.message}`);
  }
  return { mistakes: [...mistakes, ...findNamingMistakes(answers, scene)], answers };
}

/** Gives each line that may be answered the first answer to its speaker that came after its beginning. */
function matchAnswers(
  saidLines: PlayedScene['saidLines'],
  events: PlayedScene['events'],
): SceneCheck {
  const openAnswers: PlayedAnswer[] = [...listHeardAnswers(events)];
  const mistakes: string[] = [];
  const answers: GivenAnswer[] = [];
  for (const saidLine of saidLines) {
    const { line, fromMs } = saidLine;
    const { answer: dueAnswer, who, say } = line;
    if (!dueAnswer) continue;
    const n = openAnswers.findIndex(({ name, atMs }) => name === who && atMs >= fromMs);
    const [heardAnswer] = n < 0 ? [] : openAnswers.splice(n, 1);
    if (heardAnswer) {
      const transcript = makeTranscript(saidLine, saidLines);
      answers.push({ line, dueAnswer, text: heardAnswer.heardText, transcript });
    } else
      mistakes.push(`no answer to ${who}: "${say}"${findReason(saidLine, events)}`);
  }
  const uninvited = openAnswers.map(
    ({ name, heardText }) => `uninvited, to ${name}: "${heardText}"`,
  );
  return { mistakes: [...mistakes, ...uninvited], answers };
}

/** Finds the transcript of a line, and the reason why it was not answered, as far as events tell it. */
function findReason({ line, fromMs }: SaidLine, events: PlayedScene['events']) {
  const laterEvents = events.flatMap(({ atMs, event }) =>
    atMs >= fromMs ? event : [],
  );
  const recognised = laterEvents.find(
    (event) => event.kind === 'recognised' && event.name === line.who,
  );
  const unanswered = laterEvents.find(
    (event) =>
      (event.kind === 'ignored' || event.kind === 'dropped') && event.name === line.who,
  );
  const transcript =
    recognised?.kind === 'recognised' ? `, recognised as "${recognised.text}"` : '';
  return unanswered && 'why' in unanswered
    ? `${transcript} (${unanswered.why})`
    : transcript;
}

/** Finds tools that were not called as often as lines ask. A tool that only reads counts only if a line asks for it. */
export function findToolMistakes({ scene, events }: PlayedScene): readonly string[] {
  const dueTools = scene.acts.flatMap(
    (act) => (act.do === 'say' && act.answer?.tool) || [],
  );
  const calledTools = events.flatMap(({ event }) =>
    event.kind === 'tool' && event.how !== 'known' ? event.tool : [],
  );
  const changingTools = calledTools.filter((name) => !readOnlyTools.has(name));
  const mistakes: string[] = [];
  for (const name of new Set([...dueTools, ...changingTools])) {
    const callCount = calledTools.filter((tool) => tool === name).length;
    const dueCount = dueTools.filter((tool) => tool === name).length;
    if (callCount !== dueCount)
      mistakes.push(`tool ${name}: ${callCount} calls in place of ${dueCount}`);
  }
  return mistakes;
}

/** Finds mistakes in the words of an answer, a sentence each, by the patterns and the language that are due. */
export async function findWordMistakes(
  { says, never, language }: EvalAnswer,
  text: string,
): Promise<readonly string[]> {
  const hasMatch = (pattern: string) => new RegExp(pattern, 'iu').test(text);
  const mistakes: string[] = [];
  for (const pattern of says)
    if (!hasMatch(pattern)) mistakes.push(`lacks /${pattern}/: "${text}"`);
  for (const pattern of never)
    if (hasMatch(pattern)) mistakes.push(`has /${pattern}/: "${text}"`);
  if (language === undefined) return mistakes;
  const detected = await languageDetector.detect(text, []);
  if (detected && detected.language !== language) {
    mistakes.push(`in ${detected.language} in place of ${language}: "${text}"`);
  }
  return mistakes;
}

/** Finds answers that begin with a name other than that of the person who asked. */
function findNamingMistakes(answers: readonly GivenAnswer[], { people }: EvalScene) {
  return answers.flatMap(({ line, text }) => {
    const otherNames = personNames.slice(0, people).filter((name) => name !== line.who);
    const calledName = otherNames.find((name) =>
      new RegExp(`^${name}[,:!]`, 'u').test(text),
    );
    return calledName === undefined
      ? []
      : [`calls ${line.who} ${calledName}: "${text}"`];
  });
}

function makeTranscript(last: SaidLine, saidLines: readonly SaidLine[]) {
  const earlierLines = saidLines.filter(({ fromMs }) => fromMs <= last.fromMs);
  return earlierLines.map(({ line }) => `${line.who}: ${line.say}`).join('\n');
}
