import type { CommandCall, CommandPorts, Replies } from '#src/features/command.ts';
import { consentThere, nextStep } from '#src/ports/talk-guide.ts';
import { notInChannel } from './rights.ts';

/** Press of the Ask button: for a while its presser needs no name. */
export async function openAskWindow(
  call: CommandCall,
  ports: Pick<CommandPorts, 'features' | 'helpState' | 'places' | 'sessions'>,
): Promise<Replies> {
  const barred = notInChannel(call, ports);
  if (barred) return [barred];
  const { guildId, callerId, callerName: name } = call;
  const { talk } = await ports.helpState(guildId);
  const consent = (talk && consentThere(callerId, talk)) ?? 'unasked';
  const { buttons, line } = nextStep(talk, consent);
  if (!buttons.includes('ask')) return [{ ...line, buttons }];
  ports.features.typed.openAskWindow(guildId, callerId);
  return [{ id: 'panel.asked', with: { name } }];
}
