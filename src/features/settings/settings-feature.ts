import type { Feature } from '#src/features/contract/feature.ts';
import { AnswerCheckup } from './answer-checkup.ts';
import { SettingsRequests } from './settings-requests.ts';

type SettingsPorts = {
  readonly settings: SettingsRequests;
  readonly answerCheckup: AnswerCheckup;
};

/**
 * `/settings`, and a checkup of everything that an answer needs.
 *
 * @example
 * import { settingsFeature } from '#src/features/settings/settings-feature.ts';
 *
 * settingsFeature.name; // 'settings'
 */
export const settingsFeature: Feature<SettingsPorts> = {
  name: 'settings',
  open: () => ({
    openShard: ({ deps, sessions, sharedDeps }) => ({
      ports: {
        settings: new SettingsRequests(deps, sessions, sharedDeps.features),
        answerCheckup: new AnswerCheckup(deps, sessions),
      },
    }),
  }),
};
