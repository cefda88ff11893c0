import { z } from 'zod';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { ToolOutcome } from '#src/conversation/tools/tool-entry.ts';
import { outcomeOf, tool } from '#src/features/contract/tool-definition.ts';
import type { CaptionRequests } from './caption-requests.ts';

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
    const control = context.features.ports.captions;
    if (on) return turnOn(control, context);
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
    const control = context.features.ports.captions;
    for (const id of askerIds) await control.leaveOut(context.channel.guildId, id, out);
    return outcomeOf({ id: out ? 'captions.left_out' : 'captions.left_in' });
  },
});

/** They begin once they were announced, which waits for the answer that this is a part of: what fails is written. */
function turnOn(control: CaptionRequests, { channel, notice }: SessionContext): ToolOutcome {
  const turning = control.turnOn(channel.guildId, {});
  void turning.then((turned) => turned.kind === 'failed' && notice(turned.line)); // never rejects
  return outcomeOf({ id: 'captions.on' });
}
