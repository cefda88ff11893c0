import { z } from 'zod';
import type { ToolOutcome } from '#src/conversation/tools/tool-entry.ts';
import {
  defineTool,
  type FeatureTool,
} from '#src/features/contract/tool-definition.ts';

/**
 * Tells the time here or in another zone.
 *
 * @example
 * import { timeTool } from '#src/features/tools/time-tool.ts';
 *
 * const call = timeTool.bind({}).parseArguments('{"zone":"Asia/Tokyo"}');
 * 'effect' in call && call.effect; // 'read'
 */
export const timeTool: FeatureTool = defineTool({
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
  act: { writes: 'nothing' },
  async runAnywhere({ zone }, { clock, getSettings }): Promise<ToolOutcome> {
    const format = createTimeFormat(zone ?? getSettings().timeZone);
    if (!format) return { facts: { unknownZone: zone ?? '' } };
    const { timeZone } = format.resolvedOptions();
    return { facts: { now: format.format(clock.wallMs()), zone: timeZone } };
  },
});

/**
 * Creates a format like `Friday, 20 November 2026 at 15:18`. Undefined for an unknown
 * zone.
 */
function createTimeFormat(timeZone: string) {
  try {
    const style = { dateStyle: 'full', timeStyle: 'short' } as const;
    return new Intl.DateTimeFormat('en-GB', { ...style, timeZone });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
