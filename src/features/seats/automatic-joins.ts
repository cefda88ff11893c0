import { z } from 'zod';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { createGuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import { createAdmissionCheck } from '#src/conversation/hearing/session-consent.ts';
import type {
  Deps,
  SessionDependencies,
} from '#src/conversation/session-dependencies.ts';
import { defineTool, toOutcome } from '#src/features/contract/tool-definition.ts';
import { formatWrittenText, writeInChat } from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import { isHeardConsent } from '#src/people/consent.ts';
import {
  type AutoJoinChannel,
  chooseAutoJoin,
  toAutoJoinTimeMs,
} from '#src/people/join-rules.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { canEnter } from '#src/sessions/join-obstacles.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';

type JoinTarget = {
  readonly channelId: ChannelId;
  readonly join: () => Promise<boolean>;
};

type GuildJoins = {
  /** Times of joins without a call, oldest first. */
  joinedAtMs: readonly number[];
  wantedId: ChannelId | undefined;
  sinceMs: number;
  cancelCheck: () => void;
  /** People of this channel have read about the obstacle. */
  notifiedOf: string | undefined;
};

const maxKeptJoins = 2;
/** Pause before an unreadable store is asked again. */
const retryMs = 10_000;

export const followTool = defineTool({
  name: 'follow',
  description:
    'From now on you go along with whoever asks when they change the voice channel, or no longer. Only if they ask for that.',
  schema: z.strictObject({ follow: z.boolean() }),
  right: 'room',
  effect: 'change',
  async run(
    { follow },
    { askerId, guildId },
    { automaticJoins }: { readonly automaticJoins: AutomaticJoins },
  ) {
    automaticJoins.setFollowed(guildId, askerId, follow);
    return toOutcome({ id: follow ? 'tool.follow.on' : 'confirm.done' });
  },
});

export type AutomaticJoins = ReturnType<typeof createAutomaticJoins>;

export function createAutomaticJoins(
  deps: SessionDependencies,
  sessions: VoiceSessions,
  signal: AbortSignal,
) {
  const servers = new Map<string, GuildJoins>();
  const checks = createGuildTaskQueue();

  signal.addEventListener('abort', () => {
    for (const { cancelCheck } of servers.values()) cancelCheck();
  });

  /** Checks whether to join a channel. Never throws, and does not wait. */
  function checkGuild(guildId: GuildId) {
    if (signal.aborted) return;
    endRestsOfEmptyChannels(guildId);
    if (isConcerned(guildId)) void checkInOrder(guildId);
  }

  /** Tests whether a server joins automatically. True if settings are unread. */
  function isConcerned(guildId: GuildId) {
    const { settings } = sessions;
    const isFollowing = sessions.findSession(guildId)?.followedId !== undefined;
    return (
      isFollowing ||
      !settings.isLoaded(guildId) ||
      settings.getForGuild(guildId).autoJoin.length > 0
    );
  }

  function endRestsOfEmptyChannels(guildId: GuildId) {
    const { settings } = sessions;
    for (const channelId of settings.getForGuild(guildId).autoJoin) {
      const isEmpty = listPeople(guildId, channelId).length === 0;
      if (isEmpty && settings.isChannelResting(guildId, channelId))
        void settings.endChannelRest(guildId, channelId);
    }
  }

  async function checkInOrder(guildId: GuildId) {
    try {
      await checks.run(guildId, () => checkOnce(guildId));
    } catch (error) {
      deps.onEvent(guildId, toFailureEvent(error, 'link'));
    }
    if (!isConcerned(guildId)) servers.delete(guildId);
  }

  function getJoins(guildId: GuildId) {
    const joins = servers.get(guildId) ?? createGuildJoins();
    servers.set(guildId, joins);
    return joins;
  }

  async function checkOnce(guildId: GuildId) {
    if (signal.aborted) return;
    const { clock } = deps;
    const joins = getJoins(guildId);
    joins.cancelCheck();
    const target =
      findFollowTarget(guildId, joins, deps, sessions) ??
      (await findAutoJoinTarget(guildId, joins));
    const nowMs = clock.nowMs();
    // Another target has to stay wanted for its own time.
    if (target?.channelId !== joins.wantedId) {
      joins.wantedId = target?.channelId;
      joins.sinceMs = nowMs;
    }
    if (!target || signal.aborted) return;
    const waitMs = toAutoJoinTimeMs(joins.joinedAtMs, joins.sinceMs) - nowMs;
    if (waitMs > 0) {
      joins.cancelCheck = clock.later(waitMs, () => void checkInOrder(guildId));
      return;
    }
    joins.wantedId = undefined;
    if (await target.join())
      joins.joinedAtMs = [...joins.joinedAtMs, nowMs].slice(-maxKeptJoins);
  }

  async function findAutoJoinTarget(
    guildId: GuildId,
    joins: GuildJoins,
  ): Promise<JoinTarget | undefined> {
    const { settings } = sessions;
    if (!(await settings.loadGuild(guildId))) return checkLater(guildId, joins);
    const { autoJoin } = settings.getForGuild(guildId);
    const at = sessions.at(guildId);
    const isInCompany = at && listPeople(guildId, at.channelId).length > 0;
    const isAwaited = autoJoin.some((id) => listPeople(guildId, id).length > 0);
    if (isInCompany || !isAwaited) return undefined;
    const choices = await sessions.consents.loadChoices(guildId);
    if (!choices.isLoaded) return checkLater(guildId, joins);
    const channels = autoJoin.map((id) => toAutoJoinChannel(guildId, id));
    const channelId = chooseAutoJoin(channels, at?.channelId);
    const channel = channelId && deps.places.findChannel(guildId, channelId);
    return channel
      ? { channelId, join: () => joinUncalled(channel, deps, sessions) }
      : undefined;
  }

  function checkLater(guildId: GuildId, joins: GuildJoins): undefined {
    joins.cancelCheck = deps.clock.later(retryMs, () => void checkInOrder(guildId));
  }

  function toAutoJoinChannel(guildId: GuildId, channelId: ChannelId): AutoJoinChannel {
    const { settings } = sessions;
    const people = () => listPeople(guildId, channelId);
    const admits = createAdmissionCheck(guildId, people, deps, settings);
    const admitted = people().filter(({ id }) => admits(id));
    const found = admitted.map((one) => sessions.consents.getConsent(guildId, one));
    return {
      channelId,
      heardCount: found.filter(isHeardConsent).length,
      unaskedCount: found.filter((one) => one === 'unasked').length,
      isSentAway: settings.isChannelResting(guildId, channelId),
    };
  }

  function listPeople(guildId: GuildId, channelId: ChannelId) {
    const people = deps.places.listPeople({ guildId, channelId, name: '' });
    return people.filter(({ isBot }) => !isBot);
  }

  return {
    setFollowed(guildId: GuildId, personId: PersonId, follows: boolean) {
      if (sessions.followPerson(guildId, personId, follows)) checkGuild(guildId);
    },
    checkGuild,
  };
}

function findFollowTarget(
  guildId: GuildId,
  joins: GuildJoins,
  deps: SessionDependencies,
  sessions: VoiceSessions,
): JoinTarget | undefined {
  const session = sessions.findSession(guildId);
  const found = session && findFollowRequest(session, deps);
  if (!found) {
    joins.notifiedOf = undefined;
    return undefined;
  }
  const { channelId } = found.channel;
  if (found.isBarred) {
    const { followedId = '' } = session;
    const isStillThere = () =>
      deps.places.findSeat(guildId, followedId)?.channelId === channelId;
    if (joins.notifiedOf !== channelId)
      session.notices.post({ id: 'follow.barred' }, isStillThere);
    joins.notifiedOf = channelId;
    return undefined;
  }
  const moveToTarget = async () => {
    await sessions.moveSession(guildId, channelId);
    return true;
  };
  return { channelId, join: moveToTarget };
}

/** Joins a channel and posts the panel. Returns false if nothing was tried. */
async function joinUncalled(
  channel: ChannelRef,
  deps: SessionDependencies,
  sessions: VoiceSessions,
) {
  if (!canEnter(channel, deps)) {
    await stayAway(channel, deps, sessions);
    return true;
  }
  const joining = await sessions.enterUncalled(channel);
  if (!joining) return false;
  if (joining.kind === 'joined' || 'nextTryMs' in joining) {
    const line = { id: 'join.uncalled', with: { channel: channel.name } } as const;
    await deps.panels.postPanel(channel, line);
  } else if (joining.kind !== 'stopping' && joining.kind !== 'left') {
    await stayAway(channel, deps, sessions);
  }
  return true;
}

/** Writes that the bot stays away, until people have left. */
async function stayAway(
  channel: ChannelRef,
  deps: SessionDependencies,
  { settings }: VoiceSessions,
) {
  const { guildId, channelId, name } = channel;
  await settings.restChannel(guildId, channelId);
  const line = { id: 'join.uncalled.failed', with: { channel: name } } as const;
  writeInChat(toOpenText(formatWrittenText(line, guildId, deps)), channel, deps);
}

function createGuildJoins(): GuildJoins {
  return {
    joinedAtMs: [],
    wantedId: undefined,
    sinceMs: 0,
    cancelCheck: () => undefined,
    notifiedOf: undefined,
  };
}

/** `isBarred` means one of both may not enter, or the bot stays with others. */
type FollowRequest = { readonly channel: ChannelRef; readonly isBarred: boolean };

function findFollowRequest(
  {
    consent,
    followedId,
    place,
  }: Pick<VoiceSession, 'consent' | 'followedId' | 'place'>,
  deps: Deps<'clock' | 'places'>,
): FollowRequest | undefined {
  const { places } = deps;
  const { guildId, channelId } = place.channel;
  const channel =
    followedId === undefined ? undefined : places.findSeat(guildId, followedId);
  if (!channel || followedId === undefined || channel.channelId === channelId)
    return undefined;
  if (!consent.isAdmitted(followedId)) return undefined;
  const { djRoleId = '' } = place.getSettings();
  const roleIds =
    places.listPeople(channel).find(({ id }) => id === followedId)?.roleIds ?? [];
  const others = place
    .listPeople()
    .filter(
      ({ id, isBot }) =>
        !isBot && id !== followedId && consent.getStanding(id) === 'yes',
    );
  const mayGo =
    canEnter(channel, deps) &&
    places.findChannelFacts(channel, followedId)?.callerMayConnect === true;
  const isDj = roleIds.includes(djRoleId) || places.mayManage(guildId, followedId);
  return { channel, isBarred: !mayGo || (others.length > 0 && !isDj) };
}
