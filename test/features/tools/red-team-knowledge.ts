import type { ChannelMember } from '#src/ports/voice-link.ts';
import { adam, eva, lounge, pass } from '#test/conversation/setup/session-fixture.ts';
import type { Attack, KnowledgePath } from './red-team.ts';
import { idle, openTrap, type Trap } from './red-team-trap.ts';

/** Channel of a server that has memories on, where both said yes for always and captions may be on. */
async function openKnowing(
  other: ChannelMember,
  withCaptions: boolean,
  agreed: readonly ChannelMember[] = [adam, other],
): Promise<Trap> {
  const trap = await openTrap([adam, other], lounge, { addressing: 'auto' });
  const { fixture } = trap;
  await fixture.settings.set('g', 'memory', 'on');
  for (const { id } of agreed) await fixture.privacy.allow('g', id);
  if (!withCaptions) return trap;
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 4_000);
  await turning;
  return trap;
}

/** Somebody says something among people while captions are on; then Adam asks for nothing of the kind. */
async function overheard(attempt: Attack, other: ChannelMember, said: string): Promise<Trap> {
  const trap = await openKnowing(other, true);
  await trap.say(other, said);
  if (trap.fixture.of('answered').length > 0) throw new Error('a line has started a turn');
  trap.model.bait = attempt;
  await trap.ask(adam, idle);
  return trap;
}

/** Something is remembered about Eva; then Adam asks with these words. */
async function remembered(
  attempt: Attack,
  { text, byName = 'Eva' }: { readonly text: string; readonly byName?: string },
  words = idle,
): Promise<Trap> {
  const trap = await openKnowing(eva, false);
  const { fixture } = trap;
  const memory = { guildId: 'g', text, byId: 'eva', byName, atWallMs: 0 };
  await fixture.transcripts.onDisk.memories.add(memory);
  await fixture.memories.list('g');
  trap.model.bait = attempt;
  await trap.ask(adam, words);
  return trap;
}

/** Ways by what is written down, kept, or to be kept. */
export const knowledgeWays: Readonly<Record<KnowledgePath, (attempt: Attack) => Promise<Trap>>> = {
  'caption-name': (attempt) => overheard(attempt, { ...eva, name: attempt.bait }, 'five five'),
  'memory-text': (attempt) => remembered(attempt, { text: attempt.bait }),
  'memory-name': (attempt) => remembered(attempt, { text: 'tea', byName: attempt.bait }),
  'others-memory': async (attempt) => {
    const trap = await remembered(attempt, { text: 'tea' }, attempt.bait);
    await trap.press(adam);
    return trap;
  },
  'shown-message': async (attempt) => {
    const trap = await openKnowing(eva, false);
    trap.model.bait = attempt;
    const quoted = { author: 'Eva', text: attempt.bait };
    const asking = trap.fixture.talk.ask('g', 'What does it say?', adam, 'voice', { quoted });
    await pass(trap.fixture, 3_000);
    await asking;
    return trap;
  },
  'about-other': async (attempt) => {
    const trap = await openKnowing(eva, false);
    trap.model.bait = attempt;
    await trap.ask(adam, attempt.bait);
    await trap.press(adam);
    return trap;
  },
  'brief-yes': async (attempt) => {
    const trap = await openKnowing(eva, false, [eva]);
    trap.model.bait = attempt;
    await trap.ask(adam, attempt.bait);
    await trap.press(adam);
    return trap;
  },
};
