import type { AccessControl } from '#src/session/ports/command-ports.ts';

/** A server in which everybody may use the bot. */
export const openAccess: { readonly access: AccessControl } = {
  access: { denied: async () => undefined },
};
