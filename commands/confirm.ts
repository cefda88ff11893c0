import { longestToolMs } from '#src/conversation/tools/tool-entry.ts';
import type { CommandCall, CommandPorts, Replies } from '#src/features/contract/command.ts';

/** Longest time, in ms, until a press is answered: the tool behind it ends before. */
export const longestPressMs = longestToolMs + 10_000;

/** Press of the button that shows what a tool call of the model would do, to the only person who may confirm it. */
export async function show(
  { guildId, callerId, words: { about = '' } }: CommandCall,
  { confirmations }: Pick<CommandPorts, 'confirmations'>,
): Promise<Replies> {
  const shown = confirmations.show(guildId, about, callerId);
  switch (shown.kind) {
    case 'shown': {
      const { files, line } = shown;
      return [{ ...line, to: 'caller', files, buttons: [`tool.confirm:${about}`] }];
    }
    case 'other':
      return [{ id: 'confirm.other', with: { name: shown.name }, to: 'caller' }];
    case 'over':
      return [{ id: 'confirm.over', to: 'caller' }];
  }
}

/** Press of the button that confirms a tool call of the model. */
export async function confirm(
  { guildId, callerId, words }: CommandCall,
  { confirmations }: Pick<CommandPorts, 'confirmations'>,
): Promise<Replies> {
  const confirming = await confirmations.confirm(guildId, words.about ?? '', callerId);
  switch (confirming.kind) {
    case 'done':
      return [{ ...(confirming.line ?? { id: 'confirm.done' }), to: confirming.to ?? 'room' }];
    case 'barred':
      return [{ ...confirming.line, to: 'caller' }];
    case 'other':
      return [{ id: 'confirm.other', with: { name: confirming.name }, to: 'caller' }];
    case 'over':
      return [{ id: 'confirm.over', to: 'caller' }];
    case 'failed':
      return [{ id: 'store.unread', to: 'caller' }];
  }
}
