import type { CommandCall, CommandPorts, Replies } from '#src/features/command.ts';
import { describeNextStep, findPresentConsent } from '#src/ports/talk-guide.ts';
import { findChannelObjection } from './command-rights.ts';
import { buildStatus } from './privacy/privacy-replies.ts';

/** Shows the caller's consent, with the buttons that have no place on the panel. */
export async function showMore(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const { guildId } = call;
  const [{ lines: _, ...statusReply }] = await buildStatus(call, ports);
  const { talk } = await ports.guilds.readHelpState(guildId);
  const captions = ports.features.captions.isOn(guildId)
    ? ['captions', 'captions.transcript', 'captions.missed', 'captions.leave_out']
    : ['captions'];
  const buttons = ['privacy', talk?.isPaused ? 'pause:resume' : 'pause', ...captions];
  return [{ ...statusReply, buttons }];
}

/** Lets the presser ask without the bot's name for a while, or explains the next step. */
export async function openAskWindow(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const objection = findChannelObjection(call, ports);
  if (objection) return [objection];
  const { guildId, caller } = call;
  const { id, name } = caller;
  const { talk } = await ports.guilds.readHelpState(guildId);
  const consent = (talk && findPresentConsent(id, talk)) ?? 'unasked';
  const nextStep = describeNextStep(talk, consent);
  if (!nextStep.buttons.includes('ask'))
    return [{ ...nextStep.line, buttons: nextStep.buttons }];
  ports.features.typed.openAskWindow(guildId, id);
  return [{ id: 'panel.asked', with: { name } }];
}
