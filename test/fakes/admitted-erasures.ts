import { admit } from '#src/base/admitted.ts';
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
  return admit('erasure', { kind, guildId, personId });
}

export function admitServerErasure(guildId: GuildId): AdmittedErasure<ServerErasure> {
  return admit('erasure', { kind: 'server', guildId });
}

export function admitPartErasure(
  guildId: GuildId = noGuild,
): AdmittedErasure<PartErasure> {
  return admit('erasure', { kind: 'part', guildId, part: 'some rows' });
}
