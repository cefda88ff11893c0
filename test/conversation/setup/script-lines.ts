import type { ExpectedLanguage } from '#src/base/language/expected-language.ts';
import { reminderEndedEvent } from '#src/features/reminders/reminder-scheduler.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { readTexts } from '#src/texts/texts.ts';
import type { SessionFixture } from './session-fixture.ts';

/** Event as a script tells it, if it does. */
export function formatEvent(event: SessionEvent) {
  switch (event.kind) {
    case 'recognised':
      return [
        `heard ${event.name}: ${event.text}${event.cut ? ' (cut)' : ''}${event.isLeftOut ? ' (left out)' : ''}`,
      ];
    case 'answered':
      return [formatAnswer(event)];
    case 'ignored':
    case 'dropped':
      return [`${event.kind} ${event.name}: ${event.why}`];
    case 'unsent':
      return ['unsent'];
    case 'failed':
      return [`failed ${event.stage} ${event.code}`];
    case 'left':
      return [`left ${event.why}`];
    case 'played':
      return [`played ${event.track}: ${event.end}`];
    case 'tool':
      return [`tool ${event.tool} ${event.how}`];
    case 'alert':
      return [`alert ${event.state}: ${event.cause}`];
    case 'feature':
      return event.of === reminderEndedEvent
        ? [`reminder ${formatValue(event.fields)}`]
        : [];
    case 'typed':
      return [`typed ${event.speakerId} ${event.outcome}`];
    case 'erased':
      return [`erased ${event.items}`];
    default:
      return [];
  }
}

/** Sound of any length is told as one word. */
function shortenSound(text: string) {
  return text.replace(/\bla( la)*\b/, 'la la');
}

function shortenLine(text: string) {
  return shortenSound(text).replaceAll('\n', ' ');
}

/** What a model was shown, without its orders. */
export function formatPrompt(
  messages: readonly { readonly role: string; readonly content: string }[],
) {
  const isOrder = (entry: (typeof messages)[number]) =>
    entry.role === 'system' || isLanguageOrder(entry);
  const shownOf = (entry: (typeof messages)[number]) =>
    'name' in entry && entry.name === ''
      ? `data: ${entry.content.split('\n').slice(1).join(' ')}`
      : `${'name' in entry ? entry.name : 'Nova'}: ${shortenLine(entry.content)}${'pictures' in entry && entry.pictures ? ' (picture)' : ''}`;
  return (
    messages
      .filter((entry) => !isOrder(entry))
      .map(shownOf)
      .join(' | ') || 'nothing'
  );
}

function isLanguageOrder({ content }: { readonly content: string }) {
  return content.startsWith('(Answer in ');
}

/** Orders to a model that hold for its newest words, and begin with these words and the next one. */
export function findOrders(
  messages: readonly { readonly content: string }[],
  of: string,
) {
  const [instructions] = messages;
  const told = [instructions, messages.findLast(isLanguageOrder)];
  const text = told.map((order) => order?.content).join(' ');
  return text.match(new RegExp(`${of} \\S+\\b`, 'gi')) ?? [];
}

/** Whether a prompt begins with all that the one before it held, message by message. */
export function isContinued(
  former: readonly { readonly content: string; readonly role: string }[],
  next: readonly { readonly content: string; readonly role: string }[],
) {
  return former.every(
    ({ content, role }, n) => next[n]?.content === content && next[n]?.role === role,
  );
}

/** What a model was told of its calls. */
export function formatResults(
  messages: readonly { readonly role: string; readonly content: string }[],
) {
  return messages
    .filter(({ role }) => role === 'tool')
    .map(({ content }) => content)
    .join(' | ');
}

/** The panel as it was shown last. */
export function formatPanel({ panelContents }: SessionFixture) {
  const content = panelContents.at(-1);
  if (!content) return 'none';
  const [first, ...lines] = content.lines;
  const told = lines.filter(({ id }) => !/panel\.storage/.test(id));
  const words = told.map((line) => formatValue(line).replace(/^panel\./, ''));
  const head = formatValue(first).replace(/ bot \S+ channel \S+/, '');
  return [head, ...words].join('; ');
}

/** What every outcome of a kind holds alike, or what no script can know. */
const unsaidKeys = 'wav stayedMs hasTranscript ended atWallMs lateMs files'.split(' ');

/** An outcome in words: a kind, and what else it holds. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === '') return 'nothing';
  if (Array.isArray(value)) return value.map(formatValue).join(', ');
  if (typeof value !== 'object' || value === null) return `${value}`;
  if ('findForPlace' in value && typeof value.findForPlace === 'function')
    return formatValue(value.findForPlace('lounge'));
  return Object.entries(value)
    .filter(([key, each]) => each !== undefined && !unsaidKeys.includes(key))
    .map(([key, each]) =>
      ['kind', 'id', 'line', 'with', 'text'].includes(key)
        ? formatValue(each)
        : `${key} ${formatValue(each)}`,
    )
    .join(' ');
}

type Pattern = { readonly id: string; readonly form: RegExp; readonly letters: number };

/** Forms of the English sentences, the longest first; those with too few words of their own fit anything. */
const patterns = [...readTexts('en')]
  .map(([id, sentence]): Pattern => {
    const pieces = sentence.text.split(/\{\w+\}/);
    const form = pieces
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('(.+)');
    return { id, form: new RegExp(`^${form}$`), letters: pieces.join('').length };
  })
  .filter(({ letters }) => letters > 9)
  .toSorted((a, b) => b.letters - a.letters);

/** A sentence by its id and what fills it; else in quotes. */
export function findTextId(text: string) {
  const foundPattern = patterns.find(({ form }) => form.test(text));
  if (!foundPattern) return `"${shortenSound(text)}"`;
  const [, ...filled] = foundPattern.form.exec(text) ?? [];
  return [foundPattern.id, ...filled.map((word) => `(${word})`)].join(' ');
}

/** Where a message was written, if not in the Lounge. */
export function replacePlaces(places: readonly string[]) {
  const [place = 'Lounge'] = places;
  return place === 'Lounge' ? '' : ` in ${place}`;
}

/** Widest line of a script. */
const maxLineWidth = 100;

/** A step with what came of it: on its line, or where that gets too long below it. */
export function formatStep(step: string, allTexts: readonly string[]) {
  const told = allTexts.flatMap((text, at) =>
    text === allTexts[at - 1] ? [] : [text.trimEnd() + countRepeats(allTexts, at)],
  );
  const indent = step.slice(0, step.length - step.trimStart().length);
  if (told.length === 0) return step;
  const line = `${step} > ${told.join(', ')}`;
  if (line.length <= maxLineWidth) return line;
  const below = `${indent}> ${told.join(', ')}`;
  if (below.length <= maxLineWidth) return `${step}\n${below}`;
  return [step, ...told.map((text) => `${indent}> ${text}`)].join('\n');
}

/** How often the same came at once, as in ` x3`. */
function countRepeats(allTexts: readonly string[], at: number) {
  const otherValue = allTexts.findIndex((text, n) => n > at && text !== allTexts[at]);
  const count = (otherValue < 0 ? allTexts.length : otherValue) - at;
  return count > 1 ? ` x${count}` : '';
}

function formatAnswer({
  name,
  finish,
  heardText,
  isLeftOut,
}: Extract<SessionEvent, { kind: 'answered' }>) {
  const transcript = heardText === '' ? '' : `: ${shortenLine(heardText)}`;
  return `answered ${name}${isLeftOut ? ' (left out)' : ''}${finish === 'completed' ? '' : ` (${finish})`}${transcript}`;
}

/** The language that somebody set, or the guesses: `maybe de 4, en 2`. */
export function formatExpected(expected: ExpectedLanguage | undefined) {
  if (expected?.kind !== 'likely') return expected?.language;
  return `maybe ${expected.languages.map(({ language, weight }) => `${language} ${weight}`).join(', ')}`;
}
