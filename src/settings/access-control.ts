import { judgeAccess } from '#src/people/rights.ts';
import type { AccessRequest, Places } from '#src/ports/command-ports.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { StoredSettings } from './stored-settings.ts';

/**
 * Creates a check whether a participant may use the bot, by the server's roles and
 * blocked people.
 */
export function createAdmissionCheck(
  guildId: GuildId,
  people: () => readonly ChannelMember[],
  { places }: { readonly places: Pick<Places, 'mayManage'> },
  settings: StoredSettings,
): (personId: PersonId) => boolean {
  return (id) => {
    const rules = settings.getForGuild(guildId);
    if (rules.blockedIds.length + rules.userRoleIds.length === 0) return true;
    const roleIds = people().find((person) => person.id === id)?.roleIds ?? [];
    const mayManage = places.mayManage(guildId, id);
    return judgeAccess(rules, { id, roleIds, mayManage }) === 'open';
  };
}

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
