import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import { toOptionalLines } from '#src/texts/texts.ts';

export const forget: Command = {
  name: 'forget',
  description: 'command.privacy.forget',
  isForEverybody: true,
  isNeverLimited: true,
  options: [],
  async run({ guildId, caller }, { privacy }) {
    const { stored } = await privacy.getStatus(guildId, caller.id);
    const counts = stored
      ? { n: stored.lines, m: stored.memories, notes: stored.notes }
      : { n: '?', m: '?', notes: '?' };
    return [
      {
        id: 'privacy.forget.ask',
        with: counts,
        lines: stored ? undefined : [{ id: 'privacy.uncounted' }],
        buttons: ['confirm:forget'],
      },
    ];
  },
};

export async function forgetCaller(
  { guildId, caller }: CommandCall,
  { privacy }: CommandPorts,
): Promise<Replies> {
  const forgotten = await privacy.forget(guildId, caller.id);
  switch (forgotten.kind) {
    case 'forgotten': {
      const blocked = toOptionalLines(forgotten.staysBlocked === true, {
        id: 'access.blocked',
      });
      return [
        {
          id: 'privacy.forget.done',
          with: { total: forgotten.total },
          lines: [...blocked, { id: 'privacy.forget.copies' }],
        },
      ];
    }
    case 'failed':
      return [{ id: 'privacy.forget.failed' }];
  }
}
