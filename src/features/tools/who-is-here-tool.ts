import { z } from 'zod';
import { tool } from '#src/features/contract/tool-definition.ts';

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
