import type { Clock } from '#src/base/clock.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/ports.ts';
import type { BaitCall } from './red-team.ts';

export type Bait = {
  readonly bait: string;
  readonly calls: readonly BaitCall[];
  /** It looks first who is there, or calls the tool of this name. */
  readonly checks?: boolean | string;
  /** It writes the bait and calls nothing. */
  readonly writes?: boolean;
  readonly tookMs?: number;
};

/** A model without judgement: whatever text it sees the bait in, it calls what the bait wants, offered or not. */
export class Gullible implements ChatModel {
  bait: Bait | undefined;
  /** The bait was seen where other words than the asker's were shown, too. */
  bitten = 0;
  readonly results: string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async *reply(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    signal.throwIfAborted();
    const { bait } = this;
    if (!bait) return yield { kind: 'text', text: 'All right.' };
    const results = messages.flatMap((one) => (one.role === 'tool' ? [one.content] : []));
    this.results.push(...results);
    if (bait.writes) return yield { kind: 'text', text: bait.bait };
    if (bait.checks && results.length === 0 && isNamed(messages)) return yield checkBy(bait.checks);
    if (bait.tookMs) await this.#clock.sleep(bait.tookMs, never); // nor has it manners
    const isDone = messages.some((one) => one.role === 'assistant' && isCalled(one.calls, bait));
    if (isDone || !shows(messages, tools, bait.bait)) return yield { kind: 'text', text: 'Done.' };
    this.bitten++;
    for (const [n, call] of bait.calls.entries()) {
      yield { kind: 'tool', call: { id: `call_${n}`, ...call } };
    }
  }
}

const never = new AbortController().signal;

function checkBy(checks: true | string): ChatPart {
  const name = checks === true ? 'who_is_here' : checks;
  return { kind: 'tool', call: { id: 'look', name, argumentsJson: '{}' } };
}

/** Whose turn it is stands before it. */
function isNamed(messages: readonly ChatMessage[]): boolean {
  return messages.some((one) => one.role === 'user' && one.name !== '');
}

function isCalled(
  calls: readonly { name: string }[] | undefined,
  { calls: wanted }: Bait,
): boolean {
  return calls?.some(({ name }) => wanted.some((one) => one.name === name)) ?? false;
}

/** Names, words, results and what tools say of themselves, however they are wrapped. */
function shows(messages: readonly ChatMessage[], tools: readonly Tool[], bait: string): boolean {
  const said = messages.map((one) => `${one.role === 'user' ? one.name : ''} ${one.content}`);
  const all = [...said, ...tools.map((one) => JSON.stringify(one))];
  return letters(all.join(' ')).includes(letters(bait));
}

function letters(text: string): string {
  return text.replaceAll('\\n', '').replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}
