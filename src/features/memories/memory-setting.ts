import { switchSetting } from '#src/settings/setting-definition.ts';

/** People may have the bot remember things for this server. */
export const memorySetting = switchSetting('memory', false, {
  group: 'settings.group.people',
  about: 'settings.about.memory',
});
