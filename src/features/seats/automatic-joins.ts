import { z } from 'zod';
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

/** Joins `auto_join` channels, and follows a person. */
export class AutomaticJoins {
  readonly #deps;
  readonly #sessions;
  readonly #servers = new Map<string, GuildJoins>();
  readonly #checks = createGuildTaskQueue();
  readonly #signal;

  constructor(deps: SessionDependencies, sessions: VoiceSessions, signal: AbortSignal) {
    this.#deps = deps;
    this.#sessions = sessions;
    this.#signal = signal;
    signal.addEventListener('abort', () => {
      for (const { cancelCheck } of this.#servers.values()) cancelCheck();
    });
  }

  setFollowed(guildId: GuildId, personId: PersonId, follows: boolean) {
    if (this.#sessions.followPerson(guildId, personId, follows))
      this.checkGuild(guildId);
  }

  /** Checks whether to join a channel. Never throws, and does not wait. */
  checkGuild(guildId: GuildId) {
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
      settings.getForGuild(guildId).autoJoin.length > 0
    );
  }

  #endRestsOfEmptyChannels(guildId: GuildId) {
    const { settings } = this.#sessions;
    for (const channelId of settings.getForGuild(guildId).autoJoin) {
      const isEmpty = this.#listPeople(guildId, channelId).length === 0;
      if (isEmpty && settings.isChannelResting(guildId, channelId))
        void settings.endChannelRest(guildId, channelId);
    }
  }

  async #checkInOrder(guildId: GuildId) {
    try {
      await this.#checks.run(guildId, () => this.#checkOnce(guildId));
    } catch (error) {
      this.#deps.onEvent(guildId, toFailureEvent(error, 'link'));
    }
    if (!this.#isConcerned(guildId)) this.#servers.delete(guildId);
  }

  async #checkOnce(guildId: GuildId) {
    if (this.#signal.aborted) return;
    const { clock } = this.#deps;
    const joins = this.#servers.get(guildId) ?? createGuildJoins();
    this.#servers.set(guildId, joins);
    joins.cancelCheck();
    const target =
      this.#findFollowTarget(guildId, joins) ??
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

  #findFollowTarget(guildId: GuildId, joins: GuildJoins): JoinTarget | undefined {
    const session = this.#sessions.findSession(guildId);
    const found = session && findFollowRequest(session, this.#deps);
    if (!found) {
      joins.notifiedOf = undefined;
      return undefined;
    }
    const { channelId } = found.channel;
    if (found.isBarred) {
      const { followedId = '' } = session;
      const isStillThere = () =>
        this.#deps.places.findSeat(guildId, followedId)?.channelId === channelId;
      if (joins.notifiedOf !== channelId)
        session.notices.post({ id: 'follow.barred' }, isStillThere);
      joins.notifiedOf = channelId;
      return undefined;
    }
    const moveToTarget = async () => {
      await this.#sessions.moveSession(guildId, channelId);
      return true;
    };
    return { channelId, join: moveToTarget };
  }

  async #findAutoJoinTarget(
    guildId: GuildId,
    joins: GuildJoins,
  ): Promise<JoinTarget | undefined> {
    const { settings } = this.#sessions;
    if (!(await settings.loadGuild(guildId))) return this.#checkLater(guildId, joins);
    const { autoJoin } = settings.getForGuild(guildId);
    const at = this.#sessions.at(guildId);
    const isInCompany = at && this.#listPeople(guildId, at.channelId).length > 0;
    const isAwaited = autoJoin.some((id) => this.#listPeople(guildId, id).length > 0);
    if (isInCompany || !isAwaited) return undefined;
    const choices = await this.#sessions.consents.loadChoices(guildId);
    if (!choices.isLoaded) return this.#checkLater(guildId, joins);
    const channels = autoJoin.map((id) => this.#toAutoJoinChannel(guildId, id));
    const channelId = chooseAutoJoin(channels, at?.channelId);
    const channel = channelId && this.#deps.places.findChannel(guildId, channelId);
    return channel ? { channelId, join: () => this.#joinUncalled(channel) } : undefined;
  }

  #checkLater(guildId: GuildId, joins: GuildJoins): undefined {
    joins.cancelCheck = this.#deps.clock.later(
      retryMs,
      () => void this.#checkInOrder(guildId),
    );
  }

  #toAutoJoinChannel(guildId: GuildId, channelId: ChannelId): AutoJoinChannel {
    const { settings } = this.#sessions;
    const people = () => this.#listPeople(guildId, channelId);
    const admits = createAdmissionCheck(guildId, people, this.#deps, settings);
    const admitted = people().filter(({ id }) => admits(id));
    const found = admitted.map((one) =>
      this.#sessions.consents.getConsent(guildId, one),
    );
    return {
      channelId,
      heard: found.filter(isHeardConsent).length,
      unasked: found.filter((one) => one === 'unasked').length,
      isSentAway: settings.isChannelResting(guildId, channelId),
    };
  }

  /** Joins a channel and posts the panel. Returns false if nothing was tried. */
  async #joinUncalled(channel: ChannelRef) {
    if (!canEnter(channel, this.#deps)) {
      await this.#stayAway(channel);
      return true;
    }
    const joining = await this.#sessions.enterUncalled(channel);
    if (!joining) return false;
    if (joining.kind === 'joined' || 'nextTryMs' in joining) {
      const line = { id: 'join.uncalled', with: { channel: channel.name } } as const;
      await this.#deps.panels.postPanel(channel, line);
    } else if (joining.kind !== 'stopping' && joining.kind !== 'left') {
      await this.#stayAway(channel);
    }
    return true;
  }

  /** Writes that the bot stays away, until people have left. */
  async #stayAway(channel: ChannelRef) {
    const { guildId, channelId, name } = channel;
    await this.#sessions.settings.restChannel(guildId, channelId);
    const line = { id: 'join.uncalled.failed', with: { channel: name } } as const;
    writeInChat(
      toOpenText(formatWrittenText(line, guildId, this.#deps)),
      channel,
      this.#deps,
    );
  }

  #listPeople(guildId: GuildId, channelId: ChannelId) {
    const people = this.#deps.places.listPeople({ guildId, channelId, name: '' });
    return people.filter(({ isBot }) => !isBot);
  }
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
