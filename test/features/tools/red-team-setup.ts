import { beginAnswer } from '#src/conversation/answering/begin-answer.ts';
import type { ProcessParts } from '#src/features/contract/feature.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import {
  adam,
  eva,
  lounge,
  pass,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { catalog, library } from '#test/fakes/sounds.ts';
import type { Attack, AttackPath } from './red-team.ts';
import { knowledgeWays } from './red-team-knowledge.ts';
import { idle, openTrap, type Trap } from './red-team-trap.ts';

/** Plays one attempt to its end; afterwards `ran` holds what should not have run. */
export async function play(attempt: Attack): Promise<Trap> {
  return await ways[attempt.way](attempt);
}

const zoe: ChannelMember = { id: 'zoe', name: 'Zoe', isBot: false, roleIds: [] };

const ways: Readonly<Record<AttackPath, (attempt: Attack) => Promise<Trap>>> = {
  ...knowledgeWays,
  'other-words': (attempt) => bitten(attempt, eva, attempt.bait),
  'other-voice': async (attempt) => {
    const trap = await openTrap();
    await trap.say(eva, attempt.bait);
    trap.model.bait = attempt;
    await trap.say(adam, 'five five');
    return trap;
  },
  'listed-name': async (attempt) => {
    const trap = await openTrap([adam, { ...eva, name: attempt.bait }]);
    trap.model.bait = { ...attempt, checks: true };
    await trap.ask(adam, idle);
    return trap;
  },
  'channel-name': async (attempt) => {
    const trap = await openTrap([adam, eva], { ...lounge, name: attempt.bait });
    trap.model.bait = { ...attempt, checks: true };
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
    const { queue } = sessionOf(trap.fixture).context;
    const [said, earlier] = [saidBy(adam, attempt.bait), [saidBy(eva, attempt.bait)]];
    const words = { text: attempt.bait, atMs: 0 };
    const endedAtMs = trap.fixture.clock.nowMs();
    queue.ask({ kind: 'question', said, earlier, words, endedAtMs });
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
    trap.ran.splice(trap.ran.indexOf('post_text'), 1); // that was his to press
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
    const { context, tools } = sessionOf(trap.fixture);
    const pending = beginAnswer([saidBy(adam, attempt.bait)], context, tools, context.signal, {
      id: 1,
      done: [],
    });
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
  'open-choice': async (attempt) => {
    const trap = await openTrap([adam, eva], lounge, { sounds: rainsTitled('Drops') });
    await askedWhich(trap);
    await trap.ask(eva, attempt.bait);
    trap.model.bait = attempt;
    await trap.ask(adam, idle);
    return trap;
  },
};

/** Two sounds that are called rain, of which one has this title. */
function rainsTitled(title: string): ProcessParts['sounds'] {
  const sounds = [{ name: 'city/rain' }, { name: 'weather/rain', title }];
  return catalog({ ...library('city/rain', 'weather/rain'), titled: async () => sounds });
}

/** Adam wants rain, and the bot has asked him which. */
async function askedWhich(trap: Trap): Promise<void> {
  const call = { name: 'play_sound', argumentsJson: '{"sound":"rain"}' };
  trap.model.bait = { bait: 'Play some rain.', calls: [call] };
  await trap.ask(adam, 'Play some rain.');
  if (!trap.ran.includes('play_sound')) throw new Error('nothing was asked');
  trap.ran.length = 0; // that was his to ask
}

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

function sessionOf({ sessions }: SessionFixture): VoiceSession {
  const session = sessions.session('g');
  if (!session) throw new Error('nobody called the bot');
  return session;
}

function saidBy({ id, name }: ChannelMember, text: string): TurnUtterance {
  const transcript = async () => ({ text });
  return { speakerId: id, name, fromMs: 0, toMs: 0, transcript };
}
