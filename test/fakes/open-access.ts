import type { CommandPorts } from '#src/features/command.ts';

/** A server in which everybody may use the bot. */
export const openAccess: { readonly access: CommandPorts['access'] } = {
  access: { findDenial: async () => undefined },
};
