import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import type { SessionSources } from '#src/sessions/session-sources.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Line of `/help` about one thing that the bot can do, declared by a command or a feature. */
export type HelpEntry = {
  /** Option of `/help` that shows this line alone. */
  readonly topic: string;
  /** Command that the line names, as in `track play`; absent: people say it. */
  readonly command?: string;
  /** `everybody`: also people whom the server does not let use the bot. Default: those whom it does. */
  readonly for?: 'everybody' | 'manager';
  /** Undefined: the bot cannot do that in this server now. */
  buildLine(state: HelpState): TextLine | undefined;
};

/** State of a server and its session by which help chooses its lines. */
export type HelpState = {
  /** Settings that apply in the channel of the session, else in the server. */
  readonly settings: GuildSettings;
  /** False: only the built-in stand-in answers there. */
  readonly hasModel: boolean;
  /** Tools of the operator that a model may call. */
  readonly operatorTools: readonly Pick<ToolEntry, 'name' | 'right'>[];
  /** Absent: the bot sits in no channel of this server. */
  readonly talk?: TalkState | undefined;
};

/** State for the help of a server. Never throws. */
export async function readHelpState(
  guildId: GuildId,
  deps: Deps<'hasChatModel'>,
  sources: Pick<SessionSources, 'listTools'>,
  sessions: VoiceSessions,
): Promise<HelpState> {
  await sessions.settings.loadGuild(guildId);
  const session = sessions.findSession(guildId);
  const settings = sessions.settings.getForChannel(guildId, session?.channel.channelId);
  return {
    settings,
    hasModel: deps.hasChatModel || settings.pipeline !== 'chained',
    operatorTools: sources
      .listTools()
      .filter(({ progressText }) => progressText === 'tool.external'),
    talk: session?.getTalkState(),
  };
}
