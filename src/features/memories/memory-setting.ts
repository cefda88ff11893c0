import { switchSetting } from '#src/conversation/settings/server-setting.ts';

/** People may have the bot remember things for this server. */
export const memorySetting = switchSetting('memory', false);
