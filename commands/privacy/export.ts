import type { Command } from '#src/conversation/command.ts';

export const exportAll: Command = {
  name: 'export',
  description: 'command.privacy.export',
  shownTo: 'caller',
  isForEverybody: true,
  options: [],
  async run({ guildId, callerId }, { privacy }) {
    const exported = await privacy.export(guildId, callerId);
    if (exported.kind === 'failed') return [{ id: 'privacy.export.failed', to: 'caller' }];
    const files = [{ name: 'privacy-export.json', text: exported.json }];
    return [{ id: 'privacy.export.done', to: 'caller', files }];
  },
};
