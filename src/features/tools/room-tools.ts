import { z } from 'zod';
import { exchangesFor } from '#src/conversation/answering/begin-answer.ts';
import { pauseAloud } from '#src/conversation/output/answer-parts.ts';
import { tool } from '#src/features/contract/tool-definition.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import { duration } from '#src/texts/duration.ts';
import { paceChanges } from '#src/voice/output/speech-output.ts';

/** Sends the bot out of the voice channel. */
export const leave = tool({
  name: 'leave',
  description: 'Leaves the voice channel, which ends the conversation. Waits for a button first.',
  schema: z.strictObject({}),
  right: 'room',
  effect: 'destroy',
  ask: () => ({ id: 'tool.leave.ask' }),
  async run(_call, ports) {
    const leaving = await ports.leave();
    if (leaving.kind === 'nowhere') return { facts: { left: 'no' }, line: { id: 'leave.nowhere' } };
    const { channel, stayedMs } = leaving;
    const line = { id: 'leave.ok', with: { channel, duration: duration(stayedMs) } } as const;
    return { facts: { left: 'yes' }, line };
  },
});

/** Tool for the names of people in the channel. */
export const whoIsHere = tool({
  name: 'who_is_here',
  description: 'Names of the people in the voice channel now, and how many there are besides.',
  schema: z.strictObject({}),
  right: 'anyone',
  effect: 'read',
  quotesOthers: true,
  async run(_call, ports) {
    const { names, others, bots } = ports.company();
    return { facts: { names, othersWithoutName: others, otherBots: bots } };
  },
});

/** Changes how fast the bot speaks. */
export const speed = tool({
  name: 'speed',
  description: 'How fast you speak from now on: a step slower or faster, or as usual again.',
  schema: z.strictObject({ change: z.enum(paceChanges) }),
  right: 'room',
  effect: 'change',
  async run({ change }, { session }) {
    session.speech.pace.change(change);
    return { facts: { speed: change } };
  },
});

/** Says the last answer once more. */
export const repeat = tool({
  name: 'repeat',
  description: 'Says your last answer once more, word for word. Add nothing to it.',
  schema: z.strictObject({}),
  right: 'room',
  effect: 'read',
  quotesOthers: true,
  isOffered: () => (_settings, session) => session !== undefined,
  async runAnywhere(_call, { askerId, session }) {
    const all = session ? exchangesFor(askerId, session) : [];
    const last = all.findLast(({ heard }) => heard !== '');
    if (!session || !last) return { facts: { lastAnswer: 'There is none.' } };
    const text = new ConfidentialText(last.heard, { channelId: session.place.channel.channelId });
    return { facts: { lastAnswer: last.heard }, isPrivate: true, quote: { text } };
  },
});

/** Hears nobody for a while. */
export const pauseListening = tool({
  name: 'pause_listening',
  description:
    'Hears nobody here any more until somebody presses Resume. Only if they ask for that.',
  schema: z.strictObject({}),
  right: 'room',
  effect: 'change',
  async run(_call, { askerId, session }) {
    pauseAloud(askerId, session);
    return { facts: { paused: 'yes' } };
  },
});
