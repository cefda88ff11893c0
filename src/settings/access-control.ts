import { judgeAccess } from '#src/people/rights.ts';
import type { AccessRequest } from '#src/ports/command-ports.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { StoredSettings } from './stored-settings.ts';

export type GuildAccess = ReturnType<typeof createGuildAccess>;

export function createGuildAccess(
  settings: Pick<StoredSettings, 'getForGuild' | 'loadGuild'>,
) {
  return {
    async findDenial({
      callerId: id,
      callerRoleIds: roleIds,
      guildId,
      mayManage,
    }: AccessRequest): Promise<TextLine | undefined> {
      await settings.loadGuild(guildId);
      const access = judgeAccess(settings.getForGuild(guildId), {
        id,
        roleIds,
        mayManage,
      });
      if (access === 'open') return undefined;
      return { id: access === 'blocked' ? 'access.blocked' : 'access.role' };
    },
  };
}
