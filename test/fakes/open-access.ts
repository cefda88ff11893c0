import type { StoredSettings } from '#src/settings/stored-settings.ts';

/** A server in which everybody may use the bot. */
export const openAccess: { readonly guilds: Pick<StoredSettings, 'findDenial'> } = {
  guilds: { findDenial: async () => undefined },
};
