import { z } from 'zod';
import { outcomeOf, type ToolOutcome, tool } from '#src/conversation/ports/tool-definition.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { CaptionsOn } from './caption-outcomes.ts';
import { CaptionRequests } from './caption-requests.ts';

/** Turns the captions of the channel on and off. */
export const setCaptions = tool({
  name: 'captions',
  description:
    'Turns captions on or off: what is said here, written down in the chat. Only if whoever asks wants that.',
  schema: z.strictObject({ on: z.boolean() }),
  right: 'room',
  effect: 'change',
  async run({ on }, { context }) {
    const { guildId } = context.channel;
    const control = context.port(CaptionRequests);
    if (on) return await turnOn(control, context);
    await control.turnOff(guildId);
    return outcomeOf({ id: 'captions.off' });
  },
});

/** Leaves whoever asks out of captions, or writes them again. */
export const leaveMeOut = tool({
  name: 'leave_me_out',
  description:
    'Leaves whoever asks out of the captions, so that nothing they say is written down, or has them written again. Only if they ask for that. They are heard and answered all the same.',
  schema: z.strictObject({ out: z.boolean() }),
  right: 'anyone',
  effect: 'last',
  isChange: ({ out }) => out,
  ask: () => ({ id: 'tool.external.ask', with: { tool: 'leave me out', given: 'out: false' } }),
  async run({ out }, { askerIds, context }) {
    const control = context.port(CaptionRequests);
    for (const id of askerIds) await control.leaveOut(context.channel.guildId, id, out);
    return outcomeOf({ id: out ? 'captions.left_out' : 'captions.left_in' });
  },
});

/** Longest wait, in ms, for a reason why there can be no captions. */
const longestObstacleMs = 1_000;

/** They begin once they were announced, which waits for the answer that this is a part of: what fails until then is written. */
async function turnOn(
  control: CaptionRequests,
  { channel, notice, parts, signal }: SessionContext,
): Promise<ToolOutcome> {
  const turning = control.turnOn(channel.guildId, {});
  const waited = parts.clock.sleep(longestObstacleMs, signal).then(() => undefined);
  const turned = await Promise.race([turning, waited]);
  if (turned) return outcomeOf(lineOf(turned));
  void turning.then((late) => late.kind === 'failed' && notice(late.line)); // never rejects
  return outcomeOf({ id: 'captions.on' });
}

function lineOf(turned: CaptionsOn): TextLine {
  if (turned.kind === 'failed') return turned.line;
  if (turned.kind === 'nowhere') return { id: 'leave.nowhere' };
  return { id: 'captions.on' };
}
