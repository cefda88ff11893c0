import { z } from 'zod';
import type { ToolOutcome } from '#src/conversation/tools/tool-entry.ts';
import { defineTool } from '#src/features/contract/tool-definition.ts';

/** Tool for the time, here or elsewhere. */
export const timeTool = defineTool({
  name: 'time',
  description: 'The date and time now, here or in a time zone.',
  schema: z.strictObject({
    zone: z
      .string()
      .max(64)
      .optional()
      .describe('IANA name, say Asia/Tokyo. Left out: the one of this server.'),
  }),
  right: 'anyone',
  effect: 'read',
  async runAnywhere({ zone }, { clock, timeZone: own }): Promise<ToolOutcome> {
    const format = createTimeFormat(zone ?? own);
    if (!format) return { facts: { unknownZone: zone ?? '' } };
    const { timeZone } = format.resolvedOptions();
    return { facts: { now: format.format(clock.wallMs()), zone: timeZone } };
  },
});

/** Date and time, as in `Friday, 20 November 2026 at 15:18`; undefined for an unknown zone. */
function createTimeFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    const style = { dateStyle: 'full', timeStyle: 'short' } as const;
    return new Intl.DateTimeFormat('en-GB', { ...style, timeZone });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
