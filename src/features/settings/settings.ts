import type { Feature } from '#src/features/contract/feature.ts';
import { AnswerCheckup } from './answer-checkup.ts';
import { SettingsRequests } from './settings-requests.ts';

type SettingsPorts = {
  readonly settings: SettingsRequests;
  readonly answerCheckup: AnswerCheckup;
};

/** `/settings`: changes of what a server has set, and a checkup of everything an answer needs. */
export const settings: Feature<SettingsPorts> = {
  name: 'settings',
  open: () => ({
    shard: ({ parts, sessions }) => ({
      ports: {
        settings: new SettingsRequests(parts, sessions),
        answerCheckup: new AnswerCheckup(parts, sessions),
      },
    }),
  }),
};
