import type { CommandCall, CommandPorts, Replies } from '#src/features/contract/command.ts';
import { consentButtons } from '#src/ports/panel.ts';
import { notInChannel, nowhere, pausedReply } from './rights.ts';

/** Press of the Ask button: for a while its presser needs no name. */
export async function openAskWindow(
  call: CommandCall,
  ports: Pick<CommandPorts, 'features' | 'places' | 'sessions'>,
): Promise<Replies> {
  const barred = notInChannel(call, ports);
  if (barred) return [barred];
  const { guildId, callerId, callerName: name } = call;
  switch (ports.features.typed.openAskWindow(guildId, callerId)) {
    case 'open':
      return [{ id: 'panel.asked', with: { name } }];
    case 'unheard':
      return [{ id: 'consent.no', buttons: consentButtons }];
    case 'paused':
      return [pausedReply];
    case 'nowhere':
      return [nowhere];
  }
}
