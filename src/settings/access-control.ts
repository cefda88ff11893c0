import { judgeAccess } from '#src/people/rights.ts';
import type { AccessRequest } from '#src/ports/command-ports.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { StoredSettings } from './stored-settings.ts';

export class GuildAccess {
  readonly #settings;

  constructor(settings: StoredSettings) {
    this.#settings = settings;
  }

  async findDenial({
    callerId: id,
    callerRoleIds: roleIds,
    guildId,
    mayManage,
  }: AccessRequest): Promise<TextLine | undefined> {
    await this.#settings.loadGuild(guildId);
    const access = judgeAccess(this.#settings.getForGuild(guildId), {
      id,
      roleIds,
      mayManage,
    });
    if (access === 'open') return undefined;
    return { id: access === 'blocked' ? 'access.blocked' : 'access.role' };
  }
}
