import type { Command } from '#src/features/contract/command.ts';

export const exportAll: Command = {
  name: 'export',
  description: 'command.privacy.export',
  shownTo: 'caller',
  isForEverybody: true,
  options: [],
  async run({ guildId, callerId }, { privacy }) {
    const exported = await privacy.export(guildId, callerId);
    if (exported.kind === 'failed') return [{ id: 'store.unread', to: 'caller' }];
    const files = [{ name: 'privacy-export.json', text: exported.json }];
    return [{ id: 'command.privacy.export', to: 'caller', files }];
  },
};
