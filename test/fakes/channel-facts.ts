import type { ChannelFacts } from '#src/people/join-rules.ts';

/** A channel nothing stands in the way of. */
export const healthyFacts: ChannelFacts = {
  isCertain: true,
  kind: 'voice',
  isAfk: false,
  callerMayEnter: true,
  callerMayConnect: true,
  mayView: true,
  mayConnect: true,
  maySpeak: true,
  mayWrite: true,
  mayMoveMembers: false,
  limit: 0,
  members: 1,
};
