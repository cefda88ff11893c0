import type { GuildId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import type { SharedSessionDeps } from '#src/sessions/shared-session-deps.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** One line of `/help`. */
export interface HelpEntry {
  readonly topic: string;
  /** As in `track play`. Absent if people say it. */
  readonly command?: string;
  /** `everybody` includes people without access. Default: people with access. */
  readonly for?: 'everybody' | 'manager';
  /** Builds the line. Undefined hides the entry in this state. */
  buildLine(state: HelpState): TextLine | undefined;
}

/** Facts on which the lines of `/help` depend. */
export type HelpState = {
  /** Settings of the channel of the session, else of the server. */
  readonly settings: GuildSettings;
  /** False if only the built-in stand-in answers. */
  readonly hasModel: boolean;
  /** A small model of this machine answers. */
  readonly isSmallModel: boolean;
  readonly operatorTools: readonly Pick<ToolEntry, 'name' | 'right'>[];
  /** Absent if the bot sits in no channel of the server. */
  readonly talk?: TalkState | undefined;
};

/** Collects what the lines of `/help` depend on. Never throws. */
export async function readHelpState(
  guildId: GuildId,
  deps: Deps<'hasChatModel' | 'isSmallModel'>,
  tools: Pick<SharedSessionDeps, 'listTools'>,
  sessions: ServerSessions,
): Promise<HelpState> {
  await sessions.settings.loadGuild(guildId);
  const session = sessions.findSession(guildId);
  const settings = sessions.settings.getForChannel(guildId, session?.channel.channelId);
  return {
    settings,
    hasModel: deps.hasChatModel || settings.pipeline !== 'chained',
    isSmallModel: settings.pipeline === 'chained' && deps.isSmallModel?.() === true,
    operatorTools: tools.listTools().filter(({ external }) => external),
    talk: session?.getTalkState(),
  };
}
