import { z } from 'zod';
import { tool } from '#src/features/contract/tool-definition.ts';
import { duration } from '#src/texts/duration.ts';

/** Sends the bot out of the voice channel. */
export const leave = tool({
  name: 'leave',
  description: 'Leaves the voice channel, which ends the conversation. Waits for a button first.',
  schema: z.strictObject({}),
  right: 'room',
  effect: 'destroy',
  ask: () => ({ id: 'tool.external.ask', with: { tool: 'leave', given: '/leave' } }),
  async run(_call, ports) {
    const leaving = await ports.leave();
    if (leaving.kind === 'nowhere') return { facts: { left: 'no' }, line: { id: 'leave.nowhere' } };
    const { channel, stayedMs } = leaving;
    const line = { id: 'leave.ok', with: { channel, duration: duration(stayedMs) } } as const;
    return { facts: { left: 'yes' }, line };
  },
});
