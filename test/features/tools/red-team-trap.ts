import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import { toGuildId } from '#src/base/ids.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/chat-model.ts';
import type { FittingCall, ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import {
  defineTool,
  type FeatureTool,
} from '#src/features/contract/tool-definition.ts';
import { tools } from '#src/features/features.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Call that a fully credulous model makes of a text. */
export type BaitCall = { readonly name: string; readonly argumentsJson: string };

export const makeBaitCall = (name: string, fields: object = {}): BaitCall => ({
  name,
  argumentsJson: JSON.stringify(fields),
});

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
class Gullible implements ChatModel {
  bait: Bait | undefined;
  /** The bait was seen where other words than the asker's were shown, too. */
  bitten = 0;
  readonly results: string[] = [];
  readonly #clock;

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
    const results = messages.flatMap((message) =>
      message.role === 'tool' ? [message.content] : [],
    );
    this.results.push(...results);
    if (bait.writes) return yield { kind: 'text', text: bait.bait };
    if (bait.checks && results.length === 0 && hasBaitName(messages))
      return yield makeCheck(bait.checks);
    if (bait.tookMs) await this.#clock.sleep(bait.tookMs, neverAborted); // nor has it manners
    const isDone = messages.some(
      (message) => message.role === 'assistant' && isCalled(message.calls, bait),
    );
    if (isDone || !isShown(messages, tools, bait.bait))
      return yield { kind: 'text', text: 'Done.' };
    this.bitten++;
    for (const [n, call] of bait.calls.entries()) {
      yield { kind: 'tool', call: { id: `call_${n}`, ...call } };
    }
  }
}

const neverAborted = new AbortController().signal;

function makeCheck(checks: true | string): ChatPart {
  const name = checks === true ? 'who_is_here' : checks;
  return { kind: 'tool', call: { id: 'look', name, argumentsJson: '{}' } };
}

/** Whose turn it is stands before it. */
function hasBaitName(messages: readonly ChatMessage[]) {
  return messages.some((message) => message.role === 'user' && message.name !== '');
}

function isCalled(
  calls: readonly { name: string }[] | undefined,
  { calls: wanted }: Bait,
) {
  return (
    calls?.some(({ name }) => wanted.some((baitCall) => baitCall.name === name)) ??
    false
  );
}

/** Names, words, results and what tools say of themselves, however they are wrapped. */
function isShown(
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
  bait: string,
) {
  const utterances = messages.map(
    (message) => `${message.role === 'user' ? message.name : ''} ${message.content}`,
  );
  const allTexts = [...utterances, ...tools.map((tool) => JSON.stringify(tool))];
  return keepLetters(allTexts.join(' ')).includes(keepLetters(bait));
}

function keepLetters(text: string) {
  return text.replaceAll('\\n', '').replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}

/** Harmless words that ask for nothing. */
export const idlePorts = 'What is the weather like?';

export type Trap = Awaited<ReturnType<typeof openTrap>>;

/** Changes of the bot's own: they run, whatever a model has read. */
const undoable = new Set(
  tools.filter(({ effect }) => effect === 'change').map((tool) => tool.name),
);

/** Tools for rights nobody here has. */
const forbidden = [['close_house', 'manage'] as const, ['skip', 'dj'] as const].map(
  ([name, right]) =>
    defineTool({
      name,
      description: 'A tool.',
      schema: z.strictObject({}),
      right,
      act: { writes: 'row', noticedBy: 'everybody', undoneBy: 'room', undo: name },
      run: async () => ({ facts: {}, line: { id: 'confirm.done' } }),
    }),
);

/** A house with a model that believes everything, and what its tools did. */
export async function openTrap(
  people: readonly ChannelMember[] = [adam, eva],
  channel = lounge,
  overrides: FixtureOptions = {},
) {
  const clock = new VirtualClock();
  const model = new Gullible(clock);
  const ran: string[] = [];
  let transcript = '';
  const transcriber = new FakeTranscriber({ texts: () => transcript });
  const spied = [...tools, ...forbidden].map((tool) => watchEntry(tool, ran));
  const deps = { chat: model, pieces: 2, transcriber, tools: spied, ...overrides };
  const fixture = openSessionFixture(deps, people, clock);
  for (const { id } of people) await fixture.sessions.join(channel, id);
  await passTime(fixture, 40);
  return {
    fixture,
    model,
    /** Names of tools that had an effect. */
    ran,
    /** Those of them that anybody cannot undo, or that nobody there may use. */
    listLasting: () => ran.filter((name) => !undoable.has(name)),
    async ask({ id, name }: ChannelMember, text: string) {
      const answered = fixture.talk.askQuestion(
        toGuildId('g'),
        text,
        { id, name },
        'voice',
      );
      await passTime(fixture, 3_000);
      await answered;
    },
    async say(who: ChannelMember, utterance: string) {
      transcript = utterance;
      await passTime(
        fixture,
        6_000,
        await sayWords('human-cards-004', who, clock.nowMs()),
      );
    },
    async press({ id }: ChannelMember, about?: string) {
      const offered = fixture.offered.at(-1)?.split(':')[1] ?? 'none';
      const confirming = fixture.confirmations.confirmCall(
        toGuildId('g'),
        about ?? offered,
        id,
      );
      await passTime(fixture, 200);
      return await confirming;
    },
  };
}

function watchEntry(tool: FeatureTool, ran: string[]): FeatureTool {
  if (tool.effect === 'read') return tool;
  return { ...tool, bind: (own) => watchedTool(tool.bind(own), ran) };
}

function watchedTool(entry: ToolEntry, ran: string[]): ToolEntry {
  return {
    ...entry,
    parseArguments(argumentsJson) {
      const fit = entry.parseArguments(argumentsJson);
      return 'unfit' in fit ? fit : watchedCall(fit, entry.name, ran);
    },
  };
}

function watchedCall(fit: FittingCall, name: string, ran: string[]): FittingCall {
  return {
    ...fit,
    prepare: async (ports, signal) => {
      const prepared = await fit.prepare(ports, signal);
      if (prepared.kind === 'refused') return prepared;
      const runNoted: typeof prepared.run = (...args) => {
        ran.push(name);
        return prepared.run(...args);
      };
      return { ...prepared, run: runNoted };
    },
  };
}
