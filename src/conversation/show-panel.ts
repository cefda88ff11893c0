import type { ChannelMember } from '#src/ports/voice-link.ts';
import { awayPanel, type PanelPeople, panelOf } from './panel-view.ts';
import type { SessionContext } from './session-context.ts';

/** Shows what goes on. `talkingIds`: people who talk. */
export function showPanel(
  context: SessionContext,
  people: readonly ChannelMember[],
  talkingIds: readonly string[],
): void {
  const { addressing, channel, features, maySpeak, nameOf, parts, stepOf, talk } = context;
  const { panels, places, spending } = parts;
  const { current } = talk.state.floor;
  const isSilent = current && (!current.isAudible || current.isStarved);
  context.showFace(
    panelOf({
      ...companyIn(context, people),
      state: talk.state,
      channel,
      botName: places.botName(channel.guildId),
      locale: places.localeIn(channel.guildId),
      maySpeak: maySpeak(),
      talkingIds,
      isAddressing: (id) => addressing.isOpen(id),
      nameOf,
      step: isSilent ? stepOf(current.reply) : undefined,
      quietUntil: spending.used(channel.guildId)?.time,
      isInChat: panels.placeIn(channel.guildId)?.channelId === channel.channelId,
      features: features.panel(),
    }),
  );
}

/** Shows that the link is away and is to come back. */
export function showAwayPanel(context: SessionContext, people: readonly ChannelMember[]): void {
  context.showFace(awayPanel(companyIn(context, people)));
}

function companyIn(
  { gate, unanswered }: SessionContext,
  people: readonly ChannelMember[],
): PanelPeople {
  unanswered.check(people);
  return { people, gate, isNamed: (id) => unanswered.isNamed(id) };
}
