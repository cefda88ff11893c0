import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { StoredSettings } from './stored-settings.ts';

/** Dependencies of a session as the settings of one server, and who the bot is in the channel, change them, at the moment they are read. */
export function dependenciesIn(
  { guildId, channelId }: { readonly guildId: string; readonly channelId?: string },
  parts: SessionDependencies,
  settings: StoredSettings,
  /** False where the bot only writes captions. */
  talks: () => boolean = () => true,
): SessionDependencies {
  const here = () => settings.at(guildId, channelId);
  return {
    ...parts,
    get addressing() {
      return talks() ? here().addressing : 'off';
    },
    get consent() {
      return here().consent;
    },
    get engine() {
      const { brain, pipeline } = here();
      return parts.pipelines.engine(pipeline, brain);
    },
    get names() {
      return here().names;
    },
    get style() {
      return settings.styleIn(guildId, channelId);
    },
    get timeZone() {
      return here().timeZone;
    },
    get words() {
      return settings.wordsIn(guildId);
    },
  };
}
