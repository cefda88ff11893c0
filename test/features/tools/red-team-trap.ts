import { z } from 'zod';
import type { Fitting, ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import { tool } from '#src/features/contract/tool-definition.ts';
import { tools } from '#src/features/features.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { ConfirmOutcome } from '#src/ports/command-ports.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { Gullible } from './gullible.ts';

/** Harmless words that ask for nothing. */
export const idle = 'What is the weather like?';

/** A house with a model that believes everything, and what its tools did. */
export type Trap = {
  readonly fixture: SessionFixture;
  readonly model: Gullible;
  /** Names of tools that had an effect. */
  readonly ran: string[];
  /** Those of them that anybody cannot undo, or that nobody there may use. */
  lasting(): readonly string[];
  ask(who: ChannelMember, words: string): Promise<void>;
  say(who: ChannelMember, words: string): Promise<void>;
  press(who: ChannelMember, about?: string): Promise<ConfirmOutcome>;
};

/** Changes of the bot's own: they run, whatever a model has read. */
const undoable = new Set(tools.filter(({ effect }) => effect === 'change').map((one) => one.name));

/** Tools for rights nobody here has. */
const forbidden = [
  tool({
    name: 'close_house',
    description: 'Closes the house.',
    schema: z.strictObject({}),
    right: 'manage',
    effect: 'change',
    run: async () => ({ facts: {} }),
  }),
  tool({
    name: 'skip',
    description: 'Skips.',
    schema: z.strictObject({}),
    right: 'dj',
    effect: 'change',
    run: async () => ({ facts: {} }),
  }),
];

export async function openTrap(
  people: readonly ChannelMember[] = [adam, eva],
  channel = lounge,
  over: FixtureOptions = {},
): Promise<Trap> {
  const clock = new VirtualClock();
  const model = new Gullible(clock);
  const ran: string[] = [];
  const synthesizer = new FakeSynthesizer({ pieces: 2 });
  let heard = '';
  const transcriber = new FakeTranscriber({ texts: () => heard });
  const pipeline = chained({ chat: model, synthesizer });
  const spied = [...tools, ...forbidden].map((one) => watched(one, ran));
  const parts = { chat: model, synthesizer, transcriber, pipeline, tools: spied, ...over };
  const fixture = openSessionFixture(parts, people, clock);
  for (const { id } of people) await fixture.sessions.join(channel, id);
  await pass(fixture, 40);
  return {
    fixture,
    model,
    ran,
    lasting: () => ran.filter((name) => !undoable.has(name)),
    async ask({ id, name }, words) {
      const answered = fixture.talk.ask('g', words, { id, name }, 'voice');
      await pass(fixture, 3_000);
      await answered;
    },
    async say(who, said) {
      heard = said;
      await pass(fixture, 6_000, await words('human-cards-004', who, clock.nowMs()));
    },
    async press({ id }, about) {
      const offered = fixture.offered.at(-1)?.split(':')[1] ?? 'none';
      const confirming = fixture.confirmations.confirm('g', about ?? offered, id);
      await pass(fixture, 200);
      return await confirming;
    },
  };
}

function watched(one: ToolEntry, ran: string[]): ToolEntry {
  if (one.effect === 'read') return one;
  return {
    ...one,
    fit(argumentsJson) {
      const fit = one.fit(argumentsJson);
      return 'unfit' in fit ? fit : watchedCall(fit, one.name, ran);
    },
  };
}

function watchedCall(fit: Fitting, name: string, ran: string[]): Fitting {
  return {
    ...fit,
    prepare: async (ports, signal) => {
      const prepared = await fit.prepare(ports, signal);
      if (prepared.kind === 'refused') return prepared;
      const run: typeof prepared.run = (...given) => {
        ran.push(name);
        return prepared.run(...given);
      };
      return { ...prepared, run };
    },
  };
}
