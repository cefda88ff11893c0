import type { CommandCall, CommandPorts, Replies } from '#src/features/command.ts';
import { describeNextStep, findPresentConsent } from '#src/ports/talk-guide.ts';
import { findChannelObjection } from './command-rights.ts';
import { buildStatus } from './privacy/privacy-replies.ts';

export async function showMore(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const { guildId } = call;
  const [{ lines: _, ...first }] = await buildStatus(call, ports);
  const { talk } = await ports.guilds.readHelpState(guildId);
  const captions = ports.features.captions.isOn(guildId)
    ? ['captions', 'captions.transcript', 'captions.missed', 'captions.leave_out']
    : ['captions'];
  const buttons = ['privacy', talk?.isPaused ? 'pause:resume' : 'pause', ...captions];
  return [{ ...first, buttons }];
}

export async function openAskWindow(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const barred = findChannelObjection(call, ports);
  if (barred) return [barred];
  const { guildId, caller } = call;
  const { id, name } = caller;
  const { talk } = await ports.guilds.readHelpState(guildId);
  const consent = (talk && findPresentConsent(id, talk)) ?? 'unasked';
  const { buttons, line } = describeNextStep(talk, consent);
  if (!buttons.includes('ask')) return [{ ...line, buttons }];
  ports.features.typed.openAskWindow(guildId, id);
  return [{ id: 'panel.asked', with: { name } }];
}
