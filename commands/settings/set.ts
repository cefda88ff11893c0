import { closest } from '#commands/closest-names.ts';
import { notManaging } from '#commands/rights.ts';
import type { Command, CommandCall, CommandPorts, Replies } from '#src/conversation/command.ts';
import { maxInstructionsChars } from '#src/conversation/settings/guild-settings.ts';
import { SettingsRequests } from '#src/features/settings/settings-requests.ts';
import { changed } from './changed.ts';

export const set: Command = {
  name: 'set',
  description: 'command.settings.set',
  shownTo: 'caller',
  isForEverybody: true,
  needsManageServer: true,
  options: [
    {
      name: 'key',
      description: 'command.settings.set.key',
      required: true,
      kind: 'text',
      maxChars: 100,
      suggest: async (typed, _call, { port }) => closest(typed, port(SettingsRequests).keys),
    },
    {
      name: 'value',
      description: 'command.settings.set.value',
      required: true,
      kind: 'text',
      maxChars: maxInstructionsChars + 1, // one more shows that it is too long
      suggest: async (typed, { words }, { port }) =>
        closest(typed, port(SettingsRequests).values(words.key ?? '')),
    },
  ],
  async run(call, { port }) {
    const barred = notManaging(call);
    if (barred) return [barred];
    const { key = '', value = '' } = call.words;
    return changed(key, await port(SettingsRequests).set(call.guildId, key, value), call);
  },
};

/** Press of the button that lets more people be heard unasked; `about` is the policy it is for. */
export async function loosen(
  call: CommandCall,
  { port }: Pick<CommandPorts, 'port'>,
): Promise<Replies> {
  const barred = notManaging(call);
  if (barred) return [barred];
  const { about = '' } = call.words;
  const setting = await port(SettingsRequests).set(call.guildId, 'consent', about, 'confirmed');
  return changed('consent', setting, call);
}
