import { toAskReply } from '#commands/ask.ts';
import { forgetCaller } from '#commands/privacy/forget.ts';
import { maxToolMs } from '#src/conversation/tools/tool-entry.ts';
import type { CommandCall, CommandPorts, Replies } from '#src/features/command.ts';
import { onlyIfAdmitted } from './command-rights.ts';
import { confirmSetting } from './settings/settings-panel-presses.ts';

/** The tool behind a press ends before this. */
export const maxPressMs = maxToolMs + 10_000;

export async function showConfirmation(
  call: CommandCall,
  { confirmations, sessions }: CommandPorts,
): Promise<Replies> {
  const { caller, guildId, inputs } = call;
  const { about = '' } = inputs;
  const shown = confirmations.showConfirmation(guildId, about, caller.id);
  switch (shown.kind) {
    case 'answered':
      return await toAskReply(shown, call, 'caller', sessions);
    case 'shown': {
      const { files, line, s } = shown;
      const lines = [{ id: 'confirm.press', with: { s } } as const];
      return [{ ...line, lines, files, buttons: [`confirm:tool:${about}`] }];
    }
    case 'other':
      return [{ id: 'confirm.other', with: { name: shown.name } }];
    case 'over':
      return [{ id: 'confirm.over' }];
  }
}

export async function confirmCall(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const [what, ...rest] = (call.inputs.about ?? '').split(':');
  const about = rest.join(':');
  if (what === 'forget') return await forgetCaller(call, ports);
  if (what === 'settings')
    return await confirmSetting({ ...call, inputs: { about } }, ports);
  return await confirmTool({ ...call, inputs: { about } }, ports);
}

const confirmTool = onlyIfAdmitted(
  async ({ caller, guildId, inputs }, { confirmations }) => {
    const confirming = await confirmations.confirmCall(
      guildId,
      inputs.about ?? '',
      caller.id,
    );
    switch (confirming.kind) {
      case 'completed':
        return [
          {
            ...(confirming.line ?? { id: 'confirm.done' }),
            to: confirming.to ?? 'room',
          },
        ];
      case 'barred':
        return [confirming.line];
      case 'other':
        return [{ id: 'confirm.other', with: { name: confirming.name } }];
      case 'over':
        return [{ id: 'confirm.over' }];
      case 'failed':
        return [{ id: 'store.unread' }];
    }
  },
);
