import { z } from 'zod';
import { GuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import type { Deps, SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { type Owned, outcomeOf, tool } from '#src/features/contract/tool-definition.ts';
import { writeInChat, writtenText } from '#src/notices/notice.ts';
import { openText } from '#src/people/confidential-text.ts';
import { isYes } from '#src/people/consent.ts';
import { type AutoJoinChannel, chooseAutoJoin, uncalledJoinAtMs } from '#src/people/join-rules.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { mayBeIn } from '#src/sessions/join-obstacles.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { admissionIn } from '#src/settings/access-control.ts';

/** Where the bot would go in one server, and how. */
type JoinTarget = { readonly channelId: ChannelId; readonly go: () => Promise<boolean> };

type GuildJoins = {
  /** When it went anywhere uncalled, oldest first. */
  joinedAtMs: readonly number[];
  wantedId: ChannelId | undefined;
  /** Since when that channel has been wanted. */
  sinceMs: number;
  /** Cancels the next check. */
  forget: () => void;
  /** Channel of the followed person whose people have read that the bot does not go there. */
  notifiedOf: string | undefined;
};

/** Joins that decide how long others wait; earlier ones do not count. */
const joinsKept = 2;
/** A store that cannot be read is asked again after so long, in ms. */
const retryMs = 10_000;

/** Follows whoever asks to other voice channels, or stops to. */
export const followMe = tool({
  name: 'follow',
  description:
    'From now on you go along with whoever asks when they change the voice channel, or no longer. Only if they ask for that.',
  schema: z.strictObject({ follow: z.boolean() }),
  right: 'room',
  effect: 'change',
  async run(
    { follow },
    { askerId, guildId, own }: Owned<{ readonly automaticJoins: AutomaticJoins }>,
  ) {
    own.automaticJoins.follow(guildId, askerId, follow);
    return outcomeOf({ id: follow ? 'tool.follow.on' : 'confirm.done' });
  },
});

/** Joins channels without a call: those of `auto_join`, and that of the person whom the bot follows. */
export class AutomaticJoins {
  readonly #parts;
  readonly #sessions;
  readonly #servers = new Map<string, GuildJoins>();
  readonly #checks = new GuildTaskQueue();
  readonly #signal;

  /** Once `signal` is aborted nothing is begun any more. */
  constructor(parts: SessionDependencies, sessions: VoiceSessions, signal: AbortSignal) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#signal = signal;
    signal.addEventListener('abort', () => {
      for (const { forget } of this.#servers.values()) forget();
    });
  }

  /** Goes along with this person from now on, or no longer. */
  follow(guildId: GuildId, personId: PersonId, follows: boolean): void {
    if (this.#sessions.follow(guildId, personId, follows)) this.check(guildId);
  }

  /** To be called whenever a person changed the channel in this server, or it set something. Never throws, waits for nothing. */
  check(guildId: GuildId): void {
    if (this.#signal.aborted) return;
    this.#endRests(guildId);
    if (this.#isConcerned(guildId)) void this.#settle(guildId);
  }

  /** False where nothing of the kind is set; unknown settings are read. */
  #isConcerned(guildId: GuildId) {
    const { settings } = this.#sessions;
    const isFollowing = this.#sessions.session(guildId)?.followedId !== undefined;
    return isFollowing || !settings.isRead(guildId) || settings.in(guildId).autoJoin.length > 0;
  }

  /** A channel that was empty is open to it again. */
  #endRests(guildId: GuildId) {
    const { settings } = this.#sessions;
    for (const channelId of settings.in(guildId).autoJoin) {
      const isEmpty = this.#peopleIn(guildId, channelId).length === 0;
      if (isEmpty && settings.isResting(guildId, channelId))
        void settings.endRest(guildId, channelId);
    }
  }

  /** Runs one check at a time in each server. */
  async #settle(guildId: GuildId) {
    try {
      await this.#checks.run(guildId, () => this.#step(guildId));
    } catch (error) {
      this.#parts.onEvent(guildId, failureEventOf(error, 'link'));
    }
    if (!this.#isConcerned(guildId)) this.#servers.delete(guildId);
  }

  async #step(guildId: GuildId) {
    if (this.#signal.aborted) return;
    const { clock } = this.#parts;
    const joins = this.#servers.get(guildId) ?? noJoins();
    this.#servers.set(guildId, joins);
    joins.forget();
    const target = this.#followed(guildId, joins) ?? (await this.#autoJoined(guildId, joins));
    const nowMs = clock.nowMs();
    if (target?.channelId !== joins.wantedId) {
      joins.wantedId = target?.channelId;
      joins.sinceMs = nowMs;
    }
    if (!target || this.#signal.aborted) return;
    const waitMs = uncalledJoinAtMs(joins.joinedAtMs, joins.sinceMs) - nowMs;
    if (waitMs > 0) {
      joins.forget = clock.later(waitMs, () => void this.#settle(guildId));
      return;
    }
    joins.wantedId = undefined;
    if (await target.go()) joins.joinedAtMs = [...joins.joinedAtMs, nowMs].slice(-joinsKept);
  }

  #followed(guildId: GuildId, joins: GuildJoins): JoinTarget | undefined {
    const { places } = this.#parts;
    const session = this.#sessions.session(guildId);
    const found = session && followRequest(session, this.#parts);
    if (!found) {
      joins.notifiedOf = undefined;
      return undefined;
    }
    const { channelId } = found.channel;
    if (found.isBarred) {
      const { followedId = '' } = session;
      const holds = () => places.seatOf(guildId, followedId)?.channelId === channelId;
      if (joins.notifiedOf !== channelId) session.notices.post({ id: 'follow.barred' }, holds);
      joins.notifiedOf = channelId;
      return undefined;
    }
    const go = async () => {
      await this.#sessions.move(guildId, channelId);
      return true;
    };
    return { channelId, go };
  }

  async #autoJoined(guildId: GuildId, joins: GuildJoins): Promise<JoinTarget | undefined> {
    const { places } = this.#parts;
    const { settings } = this.#sessions;
    if (!(await settings.load(guildId))) return this.#checkLater(guildId, joins);
    const { autoJoin } = settings.in(guildId);
    const at = this.#sessions.at(guildId);
    const isInCompany = at && this.#peopleIn(guildId, at.channelId).length > 0;
    const isAwaited = autoJoin.some((id) => this.#peopleIn(guildId, id).length > 0);
    if (isInCompany || !isAwaited) return undefined;
    const choices = await this.#sessions.readConsents(guildId);
    if (!choices.isRead) return this.#checkLater(guildId, joins);
    const channels = autoJoin.map((id) => this.#channel(guildId, id));
    const channelId = chooseAutoJoin(channels, at?.channelId);
    const channel = channelId && places.channel(guildId, channelId);
    return channel ? { channelId, go: () => this.#enter(channel) } : undefined;
  }

  /** Undefined: nothing is wanted for now. */
  #checkLater(guildId: GuildId, joins: GuildJoins): undefined {
    joins.forget = this.#parts.clock.later(retryMs, () => void this.#settle(guildId));
  }

  #channel(guildId: GuildId, channelId: ChannelId): AutoJoinChannel {
    const { settings } = this.#sessions;
    const people = () => this.#peopleIn(guildId, channelId);
    const admits = admissionIn(guildId, people, this.#parts, settings);
    const admitted = people().filter(({ id }) => admits(id));
    const found = admitted.map((one) => this.#sessions.consentOf(guildId, one));
    return {
      channelId,
      heard: found.filter(isYes).length,
      unasked: found.filter((one) => one === 'unasked').length,
      isSentAway: settings.isResting(guildId, channelId),
    };
  }

  /** True where it tried. It posts the panel, as there was no command to carry it. */
  async #enter(channel: ChannelRef): Promise<boolean> {
    if (!mayBeIn(channel, this.#parts)) {
      await this.#stayAway(channel);
      return true;
    }
    const joining = await this.#sessions.enterUncalled(channel);
    if (!joining) return false;
    if (joining.kind === 'joined' || 'nextTryMs' in joining) {
      const line = { id: 'join.uncalled', with: { channel: channel.name } } as const;
      await this.#parts.panels.post(channel, line);
    } else if (joining.kind !== 'stopping' && joining.kind !== 'left') {
      await this.#stayAway(channel);
    }
    return true;
  }

  /** People read that it cannot come; it tries again once they have left. */
  async #stayAway(channel: ChannelRef) {
    const { guildId, channelId, name } = channel;
    await this.#sessions.settings.rest(guildId, channelId);
    const line = { id: 'join.uncalled.failed', with: { channel: name } } as const;
    writeInChat(openText(writtenText(line, guildId, this.#parts)), channel, this.#parts);
  }

  #peopleIn(guildId: GuildId, channelId: ChannelId) {
    const people = this.#parts.places.people({ guildId, channelId, name: '' });
    return people.filter(({ isBot }) => !isBot);
  }
}

function noJoins(): GuildJoins {
  return {
    joinedAtMs: [],
    wantedId: undefined,
    sinceMs: 0,
    forget: () => undefined,
    notifiedOf: undefined,
  };
}

/** Channel to which the followed person has gone without the bot; `isBarred`: one of both may not go there, or it stays with those it hears. */
type FollowRequest = { readonly channel: ChannelRef; readonly isBarred: boolean };

/** Undefined where it follows no person, or sits with them, or they sit nowhere. */
function followRequest(
  { consent, followedId, place }: Pick<VoiceSession, 'consent' | 'followedId' | 'place'>,
  parts: Deps<'clock' | 'places'>,
): FollowRequest | undefined {
  const { places } = parts;
  const { guildId, channelId } = place.channel;
  const channel = followedId === undefined ? undefined : places.seatOf(guildId, followedId);
  if (!channel || followedId === undefined || channel.channelId === channelId) return undefined;
  if (!consent.isAdmitted(followedId)) return undefined;
  const { djRoleId = '' } = place.settings();
  const roleIds = places.people(channel).find(({ id }) => id === followedId)?.roleIds ?? [];
  const others = place
    .people()
    .filter(({ id, isBot }) => !isBot && id !== followedId && consent.standing(id) === 'yes');
  const mayGo =
    mayBeIn(channel, parts) && places.facts(channel, followedId)?.callerMayConnect === true;
  const isDj = roleIds.includes(djRoleId) || places.mayManage(guildId, followedId);
  return { channel, isBarred: !mayGo || (others.length > 0 && !isDj) };
}
