import type { GuildId } from '#src/base/ids.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { SpokenSegment } from '#src/ports/feature-session.ts';

type SmallModelNoticeDeps = {
  readonly session: {
    readonly notices: ChannelNotices;
    readonly voiceChannel: SessionChannel;
  };
  /** Whether a small model of this machine makes the answers now. */
  readonly isSmallModel: () => boolean;
  /** Servers that were told in this run. */
  readonly toldGuilds: Set<GuildId>;
};

/** Writes beside the first spoken answer of a server that a small model of this machine made it. */
export class SmallModelNotice {
  readonly #deps: SmallModelNoticeDeps;

  constructor(deps: SmallModelNoticeDeps) {
    this.#deps = deps;
  }

  /** Tells the channel once it hears an answer, unless its server was told before, or before a restart. */
  onSpoken({ answerId }: Pick<SpokenSegment, 'answerId'>): void {
    const { isSmallModel, session, toldGuilds } = this.#deps;
    const { notices, voiceChannel } = session;
    const { guildId } = voiceChannel.channel;
    if (answerId === undefined || toldGuilds.has(guildId)) return;
    if (voiceChannel.getSettings().pipeline !== 'chained' || !isSmallModel()) return;
    toldGuilds.add(guildId);
    if (voiceChannel.isFirst('small-model')) notices.post({ id: 'panel.small' });
  }
}
