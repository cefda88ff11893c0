import { getMachineTimeZone } from '#src/base/zoned-time.ts';
import { findLocale, type Locale } from '#src/texts/texts.ts';
import type { ChatMessage, ChatModel, ChatPart } from './chat-model.ts';
import { type FoundIntent, findCall, findIntent } from './stand-in/find-intent.ts';
import {
  formatLimit,
  formatReply,
  formatResultReply,
  isStandInText,
  type StandInOptions,
} from './stand-in/replies.ts';

/**
 * Creates the chat model for bots without one: small true answers and tools by the wording of a request, in seven
 * languages, and otherwise a sentence about its limit. Never fails.
 *
 * @example
 * import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
 *
 * const model = createStandIn({ wallMs: () => 0, random: () => 0, botName: 'Nova' });
 * const question = [{ role: 'user', name: 'Ana', content: 'Flip a coin, please!' }] as const;
 * const reply = model.reply(question, [], new AbortController().signal);
 * (await Array.fromAsync(reply)).map((part) => ('text' in part ? part.text : '')).join(''); // 'It is heads.'
 */
export function createStandIn(options: StandInOptions): ChatModel {
  return {
    async *reply(messages, tools, signal) {
      const toolNames = new Set(tools.map(({ name }) => name));
      const decided = decideReply(messages, toolNames, options);
      if (typeof decided === 'string') yield* streamText(decided, signal);
      else {
        const { name, input } = decided;
        const call = {
          // Nine letters and digits, as Mistral wants them.
          id: `call${`${messages.length}`.padStart(5, '0')}`,
          name,
          argumentsJson: JSON.stringify(input),
        };
        yield { kind: 'tool', call };
      }
    },
  };
}

/** Decides the words of an answer, or the call that comes before it. */
function decideReply(
  messages: readonly ChatMessage[],
  toolNames: ReadonlySet<string>,
  options: StandInOptions,
) {
  const lines = answerNumberedLines(messages);
  if (lines !== undefined) return lines;
  const expected = findAnswerLocale(messages);
  const { botName, wallMs } = options;
  const timeZone = findTimeZone(messages) ?? options.timeZone ?? getMachineTimeZone();
  const found = findIntent(
    messages.findLast(({ role }) => role === 'user')?.content ?? '',
    { nowWallMs: wallMs(), timeZone, botName, locale: expected },
  );
  const result = formatResultReply(messages, found?.locale ?? expected);
  if (result !== undefined) return result;
  const call = found && findCall(found);
  if (call && toolNames.has(call.name)) return call;
  const heard = found && toHearable(found, messages);
  return (
    (heard && formatReply(heard, { ...options, timeZone }, toolNames)) ??
    formatLimit(messages, found?.locale ?? expected, toolNames)
  );
}

/** Whoever asks it to count wants to hear it, and to talk over it, so it counts in a language that the voice speaks. */
function toHearable(found: FoundIntent, messages: readonly ChatMessage[]): FoundIntent {
  if (found.intent !== 'count') return found;
  const locale = messages
    .flatMap((message) => (message.role === 'system' ? message : []))
    .findLast(({ getSpokenLanguage }) => getSpokenLanguage)
    ?.getSpokenLanguage?.(found.locale);
  return { ...found, locale: findLocale(locale) ?? found.locale };
}

/** Finds the language that the instructions ask for, English if it has no texts. */
function findAnswerLocale(messages: readonly ChatMessage[]): Locale {
  const tags = messages.map((message) =>
    message.role === 'system' ? message.language : undefined,
  );
  return findLocale(tags.findLast((tag) => tag !== undefined)) ?? 'en';
}

/** Finds the time zone that the instructions tell. */
function findTimeZone(messages: readonly ChatMessage[]) {
  const zones = messages.map((message) =>
    message.role === 'system' ? message.timeZone : undefined,
  );
  return zones.findLast((zone) => zone !== undefined);
}

async function* streamText(
  text: string,
  signal: AbortSignal,
): AsyncGenerator<ChatPart> {
  for (const part of text.match(/(?:\S+\s*){1,3}/g) ?? []) {
    signal.throwIfAborted();
    yield { kind: 'text', text: part };
  }
  signal.throwIfAborted();
}

const [maxCitedLines, maxPoints, minPointWords] = [3, 6, 4];
const shownLinePattern =
  /^\[(\d+)\] (?:\d{4}-\d\d-\d\d )?\d\d:\d\d ([^\n]*?): ([^\n]*)$/gm;

/** Answers a question about numbered lines by shared words, or recaps them. */
function answerNumberedLines(messages: readonly ChatMessage[]): string | undefined {
  const newest = messages.at(-1);
  if (newest?.role !== 'user' || newest.name !== '') return undefined; // A person has a name.
  const { content } = newest;
  if (!content.startsWith('<lines>')) return undefined;
  const [block = '', question] = content.split('</lines>\nQuestion: ');
  const lines = [...block.matchAll(shownLinePattern)].map(
    ([, number = '', name = '', text = '']) => {
      return { number, name, text };
    },
  );
  return question === undefined ? createRecap(lines) : citeLines(question, lines);
}

type ShownLine = {
  readonly number: string;
  readonly name: string;
  readonly text: string;
};

function citeLines(question: string, lines: readonly ShownLine[]) {
  const sought = listStems(question);
  const scored = lines.map(({ number, name, text }) => {
    const shared = listStems(`${name} ${text}`).intersection(sought).size;
    return { number, score: text.endsWith('?') ? shared - 0.5 : shared };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const cited = scored
    .filter(({ score }) => best > 0 && score === best)
    .slice(0, maxCitedLines);
  return cited.map(({ number }) => `[${number}]`).join(' ') || '[0]';
}

function listStems(text: string) {
  const questionWords = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]{4,}/gu) ?? [];
  return new Set(questionWords.map((word) => word.slice(0, 5)));
}

function createRecap(lines: readonly ShownLine[]) {
  const points = lines
    .filter(
      ({ text }) =>
        !text.endsWith('?') &&
        text.split(' ').length >= minPointWords &&
        !isStandInText(text),
    )
    .toSorted((a, b) => b.text.length - a.text.length)
    .slice(0, maxPoints)
    .map(({ number, text }) => {
      return { kind: 'point', text, lines: [{ line: Number(number), words: text }] };
    });
  return JSON.stringify({ points });
}
