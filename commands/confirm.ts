import { toAskReply } from '#commands/ask.ts';
import { forgetCaller } from '#commands/privacy/forget.ts';
import { maxToolMs } from '#src/conversation/tools/tool-entry.ts';
import type { CommandCall, CommandPorts, Replies } from '#src/features/command.ts';
import { onlyIfAdmitted } from './command-rights.ts';
import { confirmSetting } from './settings/settings-panel-presses.ts';

/** The tool behind a press ends before this. */
export const maxPressMs: number = maxToolMs + 10_000;

/** Shows a call that waits for a press, with its Confirm button, or an answer to one reader. */
export async function showConfirmation(
  call: CommandCall,
  { confirmations }: CommandPorts,
): Promise<Replies> {
  const { caller, guildId, inputs } = call;
  const { about = '' } = inputs;
  const confirmation = confirmations.showConfirmation(guildId, about, caller.id);
  switch (confirmation.kind) {
    case 'answered':
      return toAskReply(confirmation, 'caller');
    case 'shown': {
      const { files, isOffer, line: question, s } = confirmation;
      const lines = [{ id: 'confirm.press', with: { s } } as const];
      const decline = isOffer ? [`tool.decline:${about}`] : [];
      const buttons = [`confirm:tool:${about}`, ...decline];
      return [{ id: 'confirm.over', words: [question], lines, files, buttons }];
    }
    case 'other':
      return [{ id: 'confirm.other', with: { name: confirmation.name } }];
    case 'over':
      return [{ id: 'confirm.over' }];
  }
}

/** Ends an offer: its words go, and it is not made again. */
export async function declineOffer(
  { caller, guildId, inputs }: CommandCall,
  { confirmations }: CommandPorts,
): Promise<Replies> {
  const declined = confirmations.declineCall(guildId, inputs.about ?? '', caller.id);
  switch (declined.kind) {
    case 'declined':
      return [{ id: 'memory.declined', to: 'room', inPlace: true, buttons: [] }];
    case 'other':
      return [{ id: 'confirm.other', with: { name: declined.name } }];
    case 'over':
      return [{ id: 'confirm.over' }];
  }
}

/** Performs the call behind a Confirm button. */
export async function confirmCall(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const [subject, ...segments] = (call.inputs.about ?? '').split(':');
  const about = segments.join(':');
  if (subject === 'forget') return await forgetCaller(call, ports);
  if (subject === 'settings')
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
