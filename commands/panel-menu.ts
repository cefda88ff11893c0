import type { CommandCall, CommandPorts, Replies } from '#src/features/command.ts';
import { buildStatus } from './privacy/privacy-replies.ts';

/** Press of More on the panel: a private menu of what is pressed seldom, under the presser's own state. */
export async function showMore(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const { guildId } = call;
  const [{ lines: _, ...first }] = await buildStatus(call, ports);
  const { talk } = await ports.helpState(guildId);
  const captions = ports.features.captions.isOn(guildId)
    ? ['captions', 'captions.transcript', 'captions.missed', 'captions.leave_out']
    : ['captions'];
  const buttons = ['privacy', talk?.isPaused ? 'pause:resume' : 'pause', ...captions];
  return [{ ...first, buttons }];
}
