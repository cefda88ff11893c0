import type { ChatMessage, Tool } from '#src/chat/chat-model.ts';
import { formatSpeakerLine } from '#src/chat/completions/chat-request.ts';
import type { TalkMeter } from '#src/chat/metered-chat.ts';
import type { LiveHistoryItem, LiveStart } from '#src/provider/live/live-protocol.ts';
import type { LiveServer } from '#src/provider/live/live-session.ts';

/** Everything that a session has to know before it answers. */
export type TalkRequest = {
  /** Instructions that hold for the whole conversation. The system message may add to them for one answer. */
  readonly instructions: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly voice: string | undefined;
  readonly meter: TalkMeter;
  /** Aborts when nothing of this request may stay with a server. */
  readonly until: AbortSignal;
};

/** A session takes at most 128 messages with 8,192 tokens in all, and a token has two bytes or more. */
const [maxHistoryItems, maxHistoryBytes] = [100, 16_000];
/** Instructions are limited to 16,384 tokens, and a character may be one. */
const maxInstructionChars = 16_000;

/** Creates the start of a session: the newest earlier words that fit, and how work is handed over. */
export function createLiveStart(request: TalkRequest, server: LiveServer): LiveStart {
  const { messages, voice } = request;
  const [system] = messages;
  const rules = system?.role === 'system' ? system.content : request.instructions;
  return {
    instructions: [rules, describeWork(request.tools)]
      .join('\n\n')
      .slice(0, maxInstructionChars),
    voice: voice ?? server.voice,
    history: selectHistory(listEarlier(messages)),
  };
}

/** A live model has no tools: it hands over work, whose words the bot has from its own transcript. */
function describeWork(tools: readonly Tool[]) {
  const rule =
    'Answer small talk and what you know for sure by yourself. Delegate everything else: whatever has to be done, looked up, counted or remembered. Never say that you have done something before you are given its result. Say a result in its own words.';
  if (tools.length === 0) return rule;
  const list = tools.map(({ description, name }) => `- ${name}: ${description}`);
  return `${rule} These abilities exist behind a delegation:\n${list.join('\n')}`;
}

/** Finds the words of the system message that a running session was not told. */
export function findMissingRule(
  { instructions }: TalkRequest,
  { messages: [system] }: TalkRequest,
): string {
  if (system?.role !== 'system' || !system.content.startsWith(instructions)) return '';
  return system.content.slice(instructions.length).trim();
}

/**
 * Tests whether a session that was begun by one request, and has given these whole answers since, knows exactly the
 * conversation of another one. Where words were taken back, not heard, or said without it, a new session is needed.
 */
export function isContinued(
  begun: TalkRequest,
  next: TalkRequest,
  answers: readonly string[],
): boolean {
  if (begun.voice !== next.voice) return false;
  if (!next.instructions.startsWith(begun.instructions)) return false;
  // What else is known of the room changes with each turn.
  const [known, wanted] = [listExchanged(begun.messages), listExchanged(next.messages)];
  const isSame = known.every((item, n) => isSameItem(item, wanted[n]));
  if (!isSame) return false;
  const heard = wanted.slice(known.length);
  const heardAnswers = heard.filter(({ role }) => role === 'assistant');
  if (heard.length !== 2 * heardAnswers.length) return false;
  if (heardAnswers.length !== answers.length) return false;
  return heardAnswers.every(({ text }, n) => isHeardWhole(text, answers[n] ?? ''));
}

function isSameItem(item: LiveHistoryItem, other: LiveHistoryItem | undefined) {
  return item.role === other?.role && item.text === other.text;
}

/** Compares letters and digits alone, since marks and pauses are written otherwise. */
function isHeardWhole(heard: string, spoken: string) {
  const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  return letters(heard).includes(letters(spoken));
}

function listExchanged(messages: readonly ChatMessage[]) {
  return listEarlier(messages).filter(({ role }) => role !== 'developer');
}

/** Lists the conversation before the newest sound, in words. */
function listEarlier(messages: readonly ChatMessage[]): readonly LiveHistoryItem[] {
  const end = messages.findIndex((message) => 'wav' in message);
  return messages
    .slice(0, end < 0 ? undefined : end)
    .flatMap((message): readonly LiveHistoryItem[] => {
      if (message.content.trim() === '') return [];
      if (message.role === 'assistant')
        return [{ role: 'assistant', text: message.content }];
      if (message.role !== 'user') return [];
      const text = formatSpeakerLine(message.name, message.content).trim();
      return [{ role: message.name === '' ? 'developer' : 'user', text }];
    });
}

function selectHistory(items: readonly LiveHistoryItem[]) {
  const chosen: LiveHistoryItem[] = [];
  let bytes = 0;
  for (const item of items.toReversed()) {
    bytes += Buffer.byteLength(item.text);
    if (bytes > maxHistoryBytes || chosen.length >= maxHistoryItems) break;
    chosen.unshift(item);
  }
  return chosen;
}
