import { type FollowVerdict, judgeFollow } from '#src/people/auto-join-rules.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { VoiceSession } from '#src/session/voice-session.ts';
import { judgeEntry } from './obstacle.ts';

/** Channel to which the followed person has gone without the bot, and whether it goes along. */
export type FollowWish = { readonly channel: ChannelRef; readonly verdict: FollowVerdict };

/** Undefined where it follows nobody, or sits with them, or they sit nowhere. */
export function followWish(
  { channel: { guildId, channelId }, context, followedId }: VoiceSession,
  parts: SessionDependencies,
): FollowWish | undefined {
  const { places } = parts;
  const channel = followedId === undefined ? undefined : places.seatOf(guildId, followedId);
  if (!channel || followedId === undefined || channel.channelId === channelId) return undefined;
  if (!context.gate.isAdmitted(followedId)) return undefined;
  const { djRoleId = '' } = context.settings();
  const roleIds = places.people(channel).find(({ id }) => id === followedId)?.roleIds ?? [];
  const others = context
    .people()
    .filter(({ id, isBot }) => !isBot && id !== followedId && context.gate.standing(id) === 'yes');
  const verdict = judgeFollow({
    joining: judgeEntry(channel, parts),
    mayEnter: places.facts(channel, followedId)?.callerMayConnect === true,
    othersHeard: others.length,
    isDj: roleIds.includes(djRoleId) || places.mayManage(guildId, followedId),
  });
  return { channel, verdict };
}
