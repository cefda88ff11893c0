import type { Feature } from '#src/conversation/feature.ts';
import { SessionCheckup } from './checkup.ts';
import { SessionSettings } from './settings-changes.ts';

/** `/settings`: changes of what a server has set, and a checkup of everything an answer needs. */
export const settings: Feature = {
  name: 'settings',
  open: ({ modelNews }) => ({
    shard: ({ parts, sessions }) => ({
      ports: [
        new SessionSettings(parts, sessions, (guildId) => sessions.features.governed(guildId)),
        new SessionCheckup(parts, sessions, modelNews),
      ],
    }),
  }),
};
