import type {
  AdmittedErasure,
  PartErasure,
  PersonErasure,
  ServerErasure,
} from '#src/base/erasures.ts';
import { type GuildId, noGuild, type PersonId } from '#src/base/ids.ts';

/** Erasures as `Erasures` admits them, for tests of stores alone. */
export function admitPersonErasure(
  guildId: GuildId,
  personId: PersonId,
  kind: PersonErasure['kind'] = 'forgotten',
): AdmittedErasure<PersonErasure> {
  return { kind, guildId, personId } as AdmittedErasure<PersonErasure>;
}

export function admitServerErasure(guildId: GuildId): AdmittedErasure<ServerErasure> {
  return { kind: 'server', guildId } as AdmittedErasure<ServerErasure>;
}

export function admitPartErasure(
  guildId: GuildId = noGuild,
): AdmittedErasure<PartErasure> {
  return { kind: 'part', guildId, part: 'rows' } as AdmittedErasure<PartErasure>;
}
