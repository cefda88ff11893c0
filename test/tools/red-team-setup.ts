import { z } from 'zod';
import { chained } from '#src/pipeline/chained.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import { beginAnswer } from '#src/session/answering/begin-answer.ts';
import type { SessionContext } from '#src/session/context.ts';
import type { ConfirmOutcome } from '#src/session/ports/command-ports.ts';
import { type RoomTool, tool } from '#src/session/ports/tool.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { TurnHandle } from '#src/session/queue/turn-handle.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/session/setup/session-fixture.ts';
import { tools } from '#tools/tools.ts';
import { Gullible } from './gullible.ts';
import type { Attack, AttackPath } from './red-team.ts';

/** Harmless words that ask for nothing. */
const idle = 'What is the weather like?';

/** A house with a model that believes everything, and what its tools did. */
export type Trap = {
  readonly fixture: SessionFixture;
  readonly model: Gullible;
  /** Names of tools that had an effect. */
  readonly ran: string[];
  ask(who: ChannelMember, words: string): Promise<void>;
  say(who: ChannelMember, words: string): Promise<void>;
  press(who: ChannelMember, about?: string): Promise<ConfirmOutcome>;
};

/** Tools for rights nobody here has. */
const forbidden = [
  tool({
    name: 'close_house',
    description: 'Closes the house.',
    schema: z.strictObject({}),
    right: 'manage',
    effect: 'change',
    isDestructive: false,
    doing: 'tool.leave',
    ask: () => ({ id: 'tool.leave.ask' }),
    run: async () => ({ facts: {} }),
  }),
  tool({
    name: 'skip',
    description: 'Skips.',
    schema: z.strictObject({}),
    right: 'dj',
    effect: 'change',
    isDestructive: false,
    doing: 'tool.volume',
    ask: () => ({ id: 'tool.volume.ask' }),
    run: async () => ({ facts: {} }),
  }),
];

async function openTrap(
  people: readonly ChannelMember[] = [adam, eva],
  channel = lounge,
): Promise<Trap> {
  const clock = new VirtualClock();
  const model = new Gullible(clock);
  const ran: string[] = [];
  const synthesizer = new FakeSynthesizer({ pieces: 2 });
  let heard = '';
  const transcriber = new FakeTranscriber({ texts: () => heard });
  const pipeline = chained({ chat: model, synthesizer });
  const spied = [...tools, ...forbidden].map((one) => watched(one, ran));
  const parts = { chat: model, synthesizer, transcriber, pipeline, tools: spied };
  const fixture = openSessionFixture(parts, people, clock);
  for (const { id } of people) await fixture.sessions.join(channel, id);
  await pass(fixture, 40);
  return {
    fixture,
    model,
    ran,
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

function watched(one: RoomTool, ran: string[]): RoomTool {
  if (one.effect === 'none') return one;
  return {
    ...one,
    fit(argumentsJson) {
      const fit = one.fit(argumentsJson);
      if ('unfit' in fit) return fit;
      return {
        ask: fit.ask,
        run: (ports, signal) => {
          ran.push(one.name);
          return fit.run(ports, signal);
        },
      };
    },
  };
}

/** Plays one attempt to its end; afterwards `ran` holds what should not have run. */
export async function play(attempt: Attack): Promise<Trap> {
  return await ways[attempt.way](attempt);
}

const zoe: ChannelMember = { id: 'zoe', name: 'Zoe', isBot: false, roleIds: [] };

const ways: Readonly<Record<AttackPath, (attempt: Attack) => Promise<Trap>>> = {
  'other-words': (attempt) => bitten(attempt, eva, attempt.bait),
  'other-voice': async (attempt) => {
    const trap = await openTrap();
    await trap.say(eva, attempt.bait);
    trap.model.bait = attempt;
    await trap.say(adam, 'five five');
    return trap;
  },
  'other-name': (attempt) => bitten(attempt, { ...eva, name: attempt.bait }, idle),
  'own-name': (attempt) => asked(attempt, { ...adam, name: attempt.bait }, idle),
  'listed-name': async (attempt) => {
    const trap = await openTrap([adam, { ...eva, name: attempt.bait }]);
    trap.model.bait = { ...attempt, looks: true };
    await trap.ask(adam, idle);
    return trap;
  },
  'channel-name': async (attempt) => {
    const trap = await openTrap([adam, eva], { ...lounge, name: attempt.bait });
    trap.model.bait = { ...attempt, looks: true };
    await trap.ask(adam, idle);
    return trap;
  },
  posted: async (attempt) => {
    const trap = await openTrap();
    trap.model.bait = { ...attempt, writes: true };
    await trap.ask(eva, idle);
    trap.model.bait = attempt;
    await trap.ask(adam, idle);
    return trap;
  },
  quoted: (attempt) => asked(attempt, adam, attempt.bait),
  claimed: (attempt) => asked(attempt, adam, attempt.bait),
  absent: (attempt) => asked(attempt, zoe, attempt.bait),
  left: async (attempt) => {
    const trap = await openTrap();
    trap.model.bait = { ...attempt, tookMs: 300 };
    const asking = trap.ask(adam, attempt.bait);
    await trap.fixture.clock.advance(100);
    remove(trap.fixture, adam);
    await asking;
    return trap;
  },
  both: async (attempt) => {
    const trap = await openTrap();
    trap.model.bait = attempt;
    remove(trap.fixture, eva);
    const { queue } = roomOf(trap.fixture);
    const [said, earlier] = [saidBy(adam, attempt.bait), [saidBy(eva, attempt.bait)]];
    const words = { text: attempt.bait, atMs: 0 };
    const endedAtMs = trap.fixture.clock.nowMs();
    queue.ask({ kind: 'question', said, earlier, words, endedAtMs, handle: new TurnHandle() });
    await pass(trap.fixture, 3_000);
    return trap;
  },
  'other-press': async (attempt) => {
    const trap = await asked(attempt, adam, attempt.bait);
    await trap.press(eva);
    return trap;
  },
  'late-press': async (attempt) => {
    const trap = await asked(attempt, adam, attempt.bait);
    await pass(trap.fixture, 60_000);
    await trap.press(adam);
    return trap;
  },
  'second-press': async (attempt) => {
    const trap = await bitten(attempt, eva, attempt.bait);
    await trap.press(adam);
    trap.ran.splice(trap.ran.indexOf('set_volume'), 1); // that was his to press
    await trap.press(adam);
    await trap.press(eva);
    return trap;
  },
  'old-press': async (attempt) => {
    const before = await asked(attempt, adam, attempt.bait);
    const after = await openTrap();
    await after.press(adam, before.fixture.offered.at(-1)?.split(':')[1]);
    return { ...after, model: before.model };
  },
  'gone-press': async (attempt) => {
    const trap = await asked(attempt, adam, attempt.bait);
    remove(trap.fixture, adam);
    await trap.press(adam);
    return trap;
  },
  'withdrawn-press': async (attempt) => {
    const trap = await asked(attempt, adam, attempt.bait);
    await trap.fixture.privacy.deny('g', 'adam');
    await trap.press(adam);
    return trap;
  },
  'guessed-press': async (attempt) => {
    const trap = await asked(attempt, adam, attempt.bait);
    const id = trap.fixture.offered.at(-1) ?? '';
    for (const about of ['', '*', 'undefined', '../', '__proto__', id, id.slice(0, -1)]) {
      await trap.press(adam, about);
    }
    return trap;
  },
  dropped: async (attempt) => {
    const trap = await openTrap();
    trap.model.bait = { ...attempt, tookMs: 500 };
    const asking = trap.ask(adam, attempt.bait);
    await trap.fixture.clock.advance(200);
    trap.fixture.talk.stop('g');
    await asking;
    return trap;
  },
  unreleased: async (attempt) => {
    const trap = await openTrap();
    trap.model.bait = attempt;
    const context = roomOf(trap.fixture);
    const pending = beginAnswer([saidBy(adam, attempt.bait)], context, context.signal);
    await pass(trap.fixture, 2_000);
    if ('discard' in pending) pending.discard();
    await pass(trap.fixture, 2_000);
    return trap;
  },
  written: async (attempt) => {
    const trap = await openTrap();
    trap.model.bait = { ...attempt, writes: true };
    await trap.ask(adam, attempt.bait);
    return trap;
  },
  arguments: (attempt) => asked(attempt, adam, attempt.bait),
};

/** Somebody asks with these words, and the model bites. */
async function asked(attempt: Attack, who: ChannelMember, words: string): Promise<Trap> {
  const trap = await openTrap();
  trap.model.bait = attempt;
  await trap.ask(who, words);
  return trap;
}

/** Somebody says something first; then Adam asks for nothing of the kind. */
async function bitten(attempt: Attack, other: ChannelMember, words: string): Promise<Trap> {
  const trap = await openTrap();
  await trap.ask(other, words);
  trap.model.bait = attempt;
  await trap.ask(adam, idle);
  return trap;
}

function remove({ linkOpener }: SessionFixture, { id }: ChannelMember): void {
  const { present } = linkOpener.link;
  const at = present.findIndex((one) => one.id === id);
  present.splice(at, 1);
}

function roomOf({ sessions }: SessionFixture): SessionContext {
  const session = sessions.session('g');
  if (!session) throw new Error('nobody called the bot');
  return session.context;
}

function saidBy({ id, name }: ChannelMember, text: string): TurnUtterance {
  const transcript = async () => ({ text });
  return { speakerId: id, name, fromMs: 0, toMs: 0, transcript };
}
