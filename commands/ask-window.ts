import type { CommandCall, CommandPorts, Replies } from '#src/features/contract/command.ts';
import { consentThere, nextStep } from '#src/ports/talk-guide.ts';
import { notInChannel } from './rights.ts';

/** Press of the Ask button: for a while its presser needs no name. */
export async function openAskWindow(
  call: CommandCall,
  { features, helpState, sessions }: Pick<CommandPorts, 'features' | 'helpState' | 'sessions'>,
): Promise<Replies> {
  const barred = notInChannel(call, sessions);
  if (barred) return [barred];
  const { guildId, callerId, callerName: name } = call;
  const { talk } = await helpState(guildId);
  const consent = (talk && consentThere(callerId, talk)) ?? 'unasked';
  const { buttons, line } = nextStep(talk, consent);
  if (!buttons.includes('ask')) return [{ ...line, buttons }];
  features.typed.openAskWindow(guildId, callerId);
  return [{ id: 'panel.asked', with: { name } }];
}
