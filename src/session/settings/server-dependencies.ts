import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import type { StoredSettings } from './stored-settings.ts';

/** What a session changes beside settings; undefined before it has begun. */
type SessionBearing = {
  readonly isCaptionsOnly: () => boolean;
  readonly goneVoices: { readonly ofBot: (voice: string, of: 'reader' | 'model') => void };
};

/**
 * Dependencies of a session as the settings of one server, and who the bot is in the channel, change them, at the moment they are
 * read.
 */
export function dependenciesIn(
  { guildId, channelId }: { readonly guildId: string; readonly channelId?: string },
  parts: SessionDependencies,
  settings: StoredSettings,
  session: () => SessionBearing | undefined = () => undefined,
): SessionDependencies {
  const here = () => settings.at(guildId, channelId);
  return {
    ...parts,
    get addressing() {
      return session()?.isCaptionsOnly() ? 'off' : here().addressing;
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
      const style = settings.styleIn(guildId, channelId);
      const { goneVoices } = session() ?? {};
      if (!goneVoices) return style;
      const onGone: SpeechVoice['onGone'] = (voice, of) => goneVoices.ofBot(voice, of);
      return { ...style, voice: { ...style.voice, onGone } };
    },
    get timeZone() {
      return here().timeZone;
    },
    get words() {
      return settings.wordsIn(guildId);
    },
  };
}
