import { z } from 'zod';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { GuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import { createAdmissionCheck } from '#src/conversation/consent/session-consent.ts';
import type {
  Deps,
  SessionDependencies,
} from '#src/conversation/session-dependencies.ts';
import {
  defineTool,
  type FeatureTool,
  toOutcome,
} from '#src/features/contract/tool-definition.ts';
import { formatWrittenText, writeInChat } from '#src/notices/channel-notices.ts';
import { isHeardConsent } from '#src/people/consent.ts';
import {
  type AutoJoinChannel,
  chooseAutoJoin,
  toAutoJoinTimeMs,
} from '#src/people/join-rules.ts';
import { toOpenText } from '#src/people/owned.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { canEnter } from '#src/sessions/join-obstacles.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';

type JoinTarget = {
  readonly channelId: ChannelId;
  /** Returns false if nothing was tried. */
  readonly join: () => Promise<boolean>;
};

type GuildJoins = {
  /** Times of joins without a call, oldest first. */
  joinedAtMs: readonly number[];
  wantedId: ChannelId | undefined;
  sinceMs: number;
  cancelCheck: () => void;
  /** People of this channel have read about the obstacle. */
  notifiedOf: ChannelId | undefined;
};

const maxKeptJoins = 2;
/** Pause before an unreadable store is asked again. */
const retryMs = 10_000;

type FollowArguments = { readonly follow: boolean };
type FollowPorts = { readonly automaticJoins: AutomaticJoins };

/** Begins or ends following the asker to other voice channels. */
export const followTool: FeatureTool<FollowPorts> = defineTool({
  name: 'follow',
  description:
    'From now on you go along with whoever asks when they change the voice channel, or no longer. Only if they ask for that.',
  schema: z.strictObject({ follow: z.boolean() }),
  right: 'room',
  act: {
    writes: 'setting',
    noticedBy: 'everybody',
    undoneBy: 'room',
    undo: 'follow',
  },
  async run(
    { follow }: FollowArguments,
    { askerId, guildId },
    { automaticJoins }: FollowPorts,
  ) {
    automaticJoins.setFollowed(guildId, askerId, follow);
    return toOutcome({ id: follow ? 'tool.follow.on' : 'tool.follow.off' });
  },
});

/**
 * Joins channels without a call: those of the setting `auto_join`, with `join_events` those of scheduled events that run, and
 * after a person who is followed.
 */
export class AutomaticJoins {
  readonly #deps: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #signal: AbortSignal;
  readonly #joins = new Map<GuildId, GuildJoins>();
  readonly #checks = new GuildTaskQueue();

  constructor(deps: SessionDependencies, sessions: VoiceSessions, signal: AbortSignal) {
    this.#deps = deps;
    this.#sessions = sessions;
    this.#signal = signal;
    signal.addEventListener('abort', () => {
      for (const { cancelCheck } of this.#joins.values()) cancelCheck();
    });
  }

  /** Follows a person from now on, or nobody. */
  setFollowed(guildId: GuildId, personId: PersonId, follows: boolean): void {
    if (this.#sessions.followPerson(guildId, personId, follows))
      this.checkGuild(guildId);
  }

  /** Checks whether to join a channel. Never throws, and does not wait. */
  checkGuild(guildId: GuildId): void {
    if (this.#signal.aborted) return;
    this.#endRestsOfEmptyChannels(guildId);
    if (this.#isConcerned(guildId)) void this.#checkInOrder(guildId);
  }

  /** Tests whether a server joins automatically. True if settings are unread. */
  #isConcerned(guildId: GuildId) {
    const { settings } = this.#sessions;
    const isFollowing = this.#sessions.findSession(guildId)?.followedId !== undefined;
    return (
      isFollowing ||
      !settings.isLoaded(guildId) ||
      settings.getForGuild(guildId).joinsEvents ||
      settings.getForGuild(guildId).autoJoin.length > 0
    );
  }

  /** Lists channels that the server lets the bot join without a call now. */
  #listUncalledIds(guildId: GuildId): readonly ChannelId[] {
    const { autoJoin, joinsEvents } = this.#sessions.settings.getForGuild(guildId);
    const eventIds = joinsEvents ? this.#deps.places.listEventChannels(guildId) : [];
    return [...new Set([...autoJoin, ...eventIds])];
  }

  #endRestsOfEmptyChannels(guildId: GuildId) {
    const { settings } = this.#sessions;
    // Also of a channel whose event has ended, for its next one.
    for (const channelId of settings.listRestingChannels(guildId))
      if (this.#listPeople(guildId, channelId).length === 0)
        void settings.endChannelRest(guildId, channelId);
  }

  async #checkInOrder(guildId: GuildId) {
    try {
      await this.#checks.run(guildId, () => this.#checkOnce(guildId));
    } catch (error) {
      this.#deps.onEvent(guildId, toFailureEvent(error, 'link'));
    }
    if (!this.#isConcerned(guildId)) this.#joins.delete(guildId);
  }

  #getJoins(guildId: GuildId) {
    const joins = this.#joins.get(guildId) ?? createGuildJoins();
    this.#joins.set(guildId, joins);
    return joins;
  }

  async #checkOnce(guildId: GuildId) {
    if (this.#signal.aborted) return;
    const { clock } = this.#deps;
    const joins = this.#getJoins(guildId);
    joins.cancelCheck();
    const target =
      findFollowTarget(guildId, joins, this.#deps, this.#sessions) ??
      (await this.#findAutoJoinTarget(guildId, joins));
    const nowMs = clock.nowMs();
    // Another target has to stay wanted for its own time.
    if (target?.channelId !== joins.wantedId) {
      joins.wantedId = target?.channelId;
      joins.sinceMs = nowMs;
    }
    if (!target || this.#signal.aborted) return;
    const waitMs = toAutoJoinTimeMs(joins.joinedAtMs, joins.sinceMs) - nowMs;
    if (waitMs > 0) {
      joins.cancelCheck = clock.later(waitMs, () => void this.#checkInOrder(guildId));
      return;
    }
    joins.wantedId = undefined;
    if (await target.join())
      joins.joinedAtMs = [...joins.joinedAtMs, nowMs].slice(-maxKeptJoins);
  }

  async #findAutoJoinTarget(
    guildId: GuildId,
    joins: GuildJoins,
  ): Promise<JoinTarget | undefined> {
    const { consents, settings } = this.#sessions;
    if (!(await settings.loadGuild(guildId))) return this.#checkLater(guildId, joins);
    const uncalledIds = this.#listUncalledIds(guildId);
    const ownChannel = this.#sessions.at(guildId);
    const isInCompany =
      ownChannel && this.#listPeople(guildId, ownChannel.channelId).length > 0;
    const isAwaited = uncalledIds.some(
      (id) => this.#listPeople(guildId, id).length > 0,
    );
    if (isInCompany || !isAwaited) return undefined;
    const choices = await consents.loadChoices(guildId);
    if (!choices.isLoaded) return this.#checkLater(guildId, joins);
    const channels = uncalledIds.map((id) => this.#toAutoJoinChannel(guildId, id));
    const channelId = chooseAutoJoin(channels, ownChannel?.channelId);
    const channel = channelId && this.#deps.places.findChannel(guildId, channelId);
    return channel
      ? { channelId, join: () => joinUncalled(channel, this.#deps, this.#sessions) }
      : undefined;
  }

  #checkLater(guildId: GuildId, joins: GuildJoins): undefined {
    joins.cancelCheck = this.#deps.clock.later(
      retryMs,
      () => void this.#checkInOrder(guildId),
    );
  }

  #toAutoJoinChannel(guildId: GuildId, channelId: ChannelId): AutoJoinChannel {
    const { consents, settings } = this.#sessions;
    const listPeople = () => this.#listPeople(guildId, channelId);
    const isAdmitted = createAdmissionCheck(guildId, listPeople, this.#deps, settings);
    const personConsents = listPeople()
      .filter(({ id }) => isAdmitted(id))
      .map((person) => consents.getConsent(guildId, person));
    return {
      channelId,
      heardCount: personConsents.filter(isHeardConsent).length,
      unaskedCount: personConsents.filter((consent) => consent === 'unasked').length,
      isSentAway: settings.isChannelResting(guildId, channelId),
    };
  }

  #listPeople(guildId: GuildId, channelId: ChannelId) {
    const people = this.#deps.places.listPeople({ guildId, channelId, name: '' });
    return people.filter(({ isBot }) => !isBot);
  }
}

function findFollowTarget(
  guildId: GuildId,
  joins: GuildJoins,
  deps: SessionDependencies,
  sessions: VoiceSessions,
): JoinTarget | undefined {
  const session = sessions.findSession(guildId);
  const request = session && findFollowRequest(session, deps);
  if (!request) {
    joins.notifiedOf = undefined;
    return undefined;
  }
  const { channelId } = request.channel;
  if (request.objection) {
    const { followedId } = session;
    const isStillThere = () =>
      followedId !== undefined &&
      deps.places.findSeat(guildId, followedId)?.channelId === channelId;
    if (joins.notifiedOf !== channelId)
      session.notices.post({ id: request.objection }, isStillThere);
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
  const outcome = await sessions.enterUncalled(channel);
  if (!outcome) return false;
  if (outcome.kind === 'joined' || 'nextTryMs' in outcome) {
    const notice = { id: 'join.uncalled', with: { channel: channel.name } } as const;
    await deps.panels.postPanel(channel, notice);
  } else if (outcome.kind !== 'stopping' && outcome.kind !== 'left') {
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
  const notice = { id: 'join.uncalled.failed', with: { channel: name } } as const;
  writeInChat(toOpenText(formatWrittenText(notice, guildId, deps)), channel, deps);
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

/** `barred`: one of both may not enter. `company`: others want the bot to stay. */
type FollowRequest = {
  readonly channel: ChannelRef;
  readonly objection?: 'follow.barred' | 'follow.company';
};

function findFollowRequest(
  {
    consent,
    followedId,
    voiceChannel,
  }: Pick<VoiceSession, 'consent' | 'followedId' | 'voiceChannel'>,
  deps: Deps<'clock' | 'places'>,
): FollowRequest | undefined {
  const { places } = deps;
  const { guildId, channelId } = voiceChannel.channel;
  const channel =
    followedId === undefined ? undefined : places.findSeat(guildId, followedId);
  if (!channel || followedId === undefined || channel.channelId === channelId)
    return undefined;
  if (!consent.isAdmitted(followedId)) return undefined;
  const { djRoleId } = voiceChannel.getSettings();
  const roleIds =
    places.listPeople(channel).find(({ id }) => id === followedId)?.roleIds ?? [];
  const otherListeners = voiceChannel
    .listPeople()
    .filter(
      ({ id, isBot }) =>
        !isBot && id !== followedId && consent.getStanding(id) === 'yes',
    );
  const mayGo =
    canEnter(channel, deps) &&
    places.findChannelFacts(channel, followedId)?.callerMayConnect === true;
  const isDj =
    (djRoleId !== undefined && roleIds.includes(djRoleId)) ||
    places.mayManage(guildId, followedId);
  if (!mayGo) return { channel, objection: 'follow.barred' };
  return otherListeners.length > 0 && !isDj
    ? { channel, objection: 'follow.company' }
    : { channel };
}
