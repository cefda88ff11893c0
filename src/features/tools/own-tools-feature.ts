import { z } from 'zod';
import { listExchanges } from '#src/conversation/answering/answer-request.ts';
import { pauseHearingAloud } from '#src/conversation/mouth/say-to-people.ts';
import { paceChanges } from '#src/conversation/mouth/speech-output.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { defineTool } from '#src/features/contract/tool-definition.ts';
import { Owned } from '#src/people/owned.ts';
import { formatDuration } from '#src/texts/duration.ts';
import { truncate } from '#src/texts/plain-text.ts';
import { postTextTool } from './post-text-tool.ts';
import { timeTool } from './time-tool.ts';

const leaveTool = defineTool({
  name: 'leave',
  description:
    'Leaves the voice channel, which ends the conversation. Waits for a button first.',
  schema: z.strictObject({}),
  right: 'room',
  act: { writes: 'end' },
  ask: () => ({ id: 'tool.leave.ask' }),
  async run(_call, { channel: { leave } }) {
    const leaving = await leave();
    if (leaving.kind === 'nowhere')
      return { facts: { left: 'no' }, line: { id: 'leave.nowhere' } };
    const { channel, stayedMs } = leaving;
    return {
      facts: { left: 'yes' },
      line: { id: 'leave.ok', with: { channel, duration: formatDuration(stayedMs) } },
    };
  },
});

const whoIsHereTool = defineTool({
  name: 'who_is_here',
  description:
    'Names of the people in the voice channel now, and how many there are besides.',
  schema: z.strictObject({}),
  right: 'anyone',
  act: { writes: 'nothing' },
  quotesOthers: true,
  async run(_call, { channel }) {
    const { names, others, bots } = channel.describeCompany();
    return { facts: { names, othersWithoutName: others, otherBots: bots } };
  },
});

const speedTool = defineTool({
  name: 'speed',
  description:
    'How fast you speak from now on: a step slower or faster, or as usual again.',
  schema: z.strictObject({ change: z.enum(paceChanges) }),
  right: 'room',
  act: {
    writes: 'setting',
    noticedBy: 'everybody',
    undoneBy: 'room',
    undo: 'speed',
  },
  async run({ change }, { session }) {
    const { pace } = session.mouth.mix;
    pace.changePace(change);
    const speed = Math.round(pace.speed * 100) / 100;
    return { facts: { speed: change }, line: { id: 'voice.speed', with: { speed } } };
  },
});

const repeatTool = defineTool({
  name: 'repeat',
  description: 'Says your last answer once more, word for word. Add nothing to it.',
  schema: z.strictObject({}),
  right: 'room',
  act: { writes: 'nothing' },
  quotesOthers: true,
  needsSession: true,
  async runAnywhere(_call, { askerId, session }) {
    const exchanges = session ? listExchanges(askerId, session) : [];
    const last = exchanges.findLast(({ heard }) => heard !== '');
    if (!session || !last) return { facts: { lastAnswer: 'There is none.' } };
    const text = new Owned(last.heard, {
      channelId: session.voiceChannel.channel.channelId,
    });
    return { facts: { lastAnswer: last.heard }, isPrivate: true, quote: { text } };
  },
});

const pauseListeningTool = defineTool({
  name: 'pause_listening',
  description:
    'Hears nobody here any more until somebody presses Resume. Only if they ask for that.',
  schema: z.strictObject({}),
  right: 'room',
  act: {
    writes: 'setting',
    noticedBy: 'everybody',
    undoneBy: 'room',
    undo: 'pause',
  },
  async run(_call, { askerId, session }) {
    pauseHearingAloud(askerId, session);
    const line = { id: 'privacy.paused' } as const;
    return { facts: { paused: 'yes' }, line, isTold: true };
  },
});

const maxNamesChars = 150;

/**
 * Tools without another feature.
 *
 * @example
 * import { ownToolsFeature } from '#src/features/tools/own-tools-feature.ts';
 *
 * ownToolsFeature.tools?.[0]?.name; // 'time'
 */
export const ownToolsFeature: Feature = {
  name: 'tools',
  tools: [
    timeTool,
    whoIsHereTool,
    leaveTool,
    postTextTool,
    speedTool,
    repeatTool,
    pauseListeningTool,
  ],
  help: [
    {
      topic: 'tools',
      buildLine({ hasModel, operatorTools }) {
        const names = operatorTools
          .filter(({ right }) => right !== 'manage')
          .map(({ name }) => name);
        if (!hasModel || names.length === 0) return undefined;
        return {
          id: 'help.tools',
          with: { tools: truncate(names.join(', '), maxNamesChars) },
        };
      },
    },
  ],
  open: () => ({ openShard: () => ({ ports: {} }) }),
};
