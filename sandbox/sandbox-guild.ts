import {
  type ShownMessage,
  toShownMessage,
} from '#sandbox/interactions/interactions.ts';
import {
  type ChannelKind,
  findChannel,
  findMember,
  findRole,
  type Guild,
  getEveryoneRoleId,
  requireChannel,
} from '#sandbox/world/world.ts';
import type { Upload } from '#sandbox/world/world-attachments.ts';
import type { WorldChanges } from '#sandbox/world/world-changes.ts';
import { type Permission, toBits } from '#sandbox/world/world-permissions.ts';
import {
  type ChannelId,
  type GuildId,
  type MessageId,
  type PersonId,
  type RoleId,
  toRoleId,
} from '#src/base/ids.ts';
import {
  type PersonDeps,
  type PersonOptions,
  SandboxPerson,
} from './people/sandbox-person.ts';
import { enterGuild } from './world/create-world.ts';

type GuildDeps = PersonDeps & {
  readonly changes: WorldChanges;
  readonly closing: AbortSignal;
};

/** People, channels and roles of a server. */
export interface GuildRoster {
  /** Members without bots, each with the name of the voice channel in which the person sits. */
  readonly people: readonly {
    readonly id: PersonId;
    readonly name: string;
    readonly channel: string | undefined;
  }[];
  /** Channels with their kind, and the text below the name of a voice channel. */
  readonly channels: readonly {
    readonly id: ChannelId;
    readonly name: string;
    readonly kind: ChannelKind;
    readonly status: string | undefined;
  }[];
  /** Roles without `@everyone`. */
  readonly roles: readonly { readonly id: RoleId; readonly name: string }[];
}

/** State of the bot in one server. */
export interface BotSeat {
  /** Name of the bot's voice channel. */
  readonly channel: string | undefined;
  /** True for the audience of a stage. */
  readonly suppressed: boolean;
  /** Whether the bot raises its hand on a stage. */
  readonly handRaised: boolean;
}

/** Rights that a channel gives and takes. All others stay as the roles have them. */
export type PermittedRights = {
  readonly allow?: readonly Permission[];
  readonly deny?: readonly Permission[];
};

/**
 * One server of the sandbox, with all that its owner and its moderators can do there. Its people leave their calls when it is disposed.
 *
 * Channels, roles and people go by name or id. Unknown ones throw a plain Error.
 */
export class SandboxGuild implements AsyncDisposable {
  readonly id: GuildId;
  readonly name: string;
  readonly #guild: Guild;
  readonly #deps: GuildDeps;
  readonly #people = new Map<PersonId, SandboxPerson>();

  constructor(deps: GuildDeps) {
    this.#deps = deps;
    this.#guild = deps.guild;
    this.id = deps.guild.id;
    this.name = deps.guild.name;
  }

  /** Gets the id of a channel. */
  channelId(channel: string): ChannelId {
    return requireChannel(this.#guild, channel).id;
  }

  /**
   * Returns the member of that name, added to the server at the first call. Options count
   * from then on.
   */
  person(name: string, { locale, microphone }: PersonOptions = {}): SandboxPerson {
    const { world, changes } = this.#deps;
    const presentMember = findMember(this.#guild, name);
    const member = presentMember ?? enterGuild(world, this.#guild, name);
    if (!presentMember) changes.enterMember(this.#guild, member);
    if (locale !== undefined) member.locale = locale;
    const { id } = member.user;
    const person = this.#people.get(id) ?? new SandboxPerson(member, this.#deps);
    this.#people.set(id, person);
    if (microphone) person.useMicrophone(microphone);
    return person;
  }

  /** Lists messages that everybody in the channel can read now, oldest first. */
  messages(channel: string): readonly ShownMessage[] {
    const { id } = requireChannel(this.#guild, channel);
    return this.#deps.board.listInChannel(id).map(toShownMessage);
  }

  /** Adds a sound to the soundboard of this server. */
  addSoundboardSound(name: string, upload: Upload): void {
    const { id: channelId } = requireChannel(this.#guild, 'general');
    const { id } = this.#deps.board.attachments.keepFile(channelId, upload);
    this.#guild.soundboard = [...this.#guild.soundboard, { id, name }];
  }

  /** Returns the seat of the bot in this server. */
  bot(): BotSeat {
    const state = this.#guild.voiceStates.get(this.#deps.world.bot.id);
    return {
      channel: state && findChannel(this.#guild, state.channelId)?.name,
      suppressed: state?.suppressed ?? false,
      handRaised: (state?.handRaisedAt ?? null) !== null,
    };
  }

  /** Lists people with their seats, channels and roles as they are now. */
  roster(): GuildRoster {
    const guild = this.#guild;
    const members = [...guild.members.values()].filter(({ user }) => !user.bot);
    return {
      people: members.map(({ user: { id, name } }) => {
        const state = guild.voiceStates.get(id);
        const channel = state && findChannel(guild, state.channelId);
        return { id, name, channel: channel?.name };
      }),
      channels: guild.channels.map(({ id, name, kind, status }) => ({
        id,
        name,
        kind,
        status,
      })),
      roles: guild.roles
        .filter(({ id }) => id !== getEveryoneRoleId(guild))
        .map(({ id, name }) => ({ id, name })),
    };
  }

  /** Finds the name of the channel or member with this id. Undefined where it is unknown. */
  nameOf(id: ChannelId | PersonId): string | undefined {
    const { members, channels } = this.#guild;
    const member = [...members.values()].find(({ user }) => user.id === id);
    return member?.user.name ?? channels.find((channel) => channel.id === id)?.name;
  }

  /** Changes how many people a voice channel takes. A limit of 0 is none. */
  changeChannel(name: string, change: { readonly userLimit: number }): void {
    const channel = requireChannel(this.#guild, name);
    this.#deps.changes.changeChannel(this.#guild, channel, change);
  }

  /** Changes the language in which the bot writes to everybody, say `de`. */
  changeLocale(locale: string): void {
    if (locale !== this.#guild.locale)
      this.#deps.changes.changeLocale(this.#guild, locale);
  }

  /** Writes below the name of a voice channel, as a person does. An empty text takes it away. */
  writeVoiceStatus(name: string, text: string): void {
    const channel = requireChannel(this.#guild, name);
    this.#deps.changes.changeVoiceStatus(this.#guild, channel, text);
  }

  /** Begins or ends a scheduled event in a voice channel. The id of an event is that of its channel. */
  changeEvent(name: string, isActive: boolean): void {
    const channel = requireChannel(this.#guild, name);
    this.#deps.changes.changeEvent(this.#guild, channel, channel.id, isActive);
  }

  /** Removes a channel. People in it lose their seat, and calls end with 4022. */
  removeChannel(name: string): void {
    this.#deps.changes.removeChannel(this.#guild, requireChannel(this.#guild, name));
  }

  /** Sets the overwrite of a role (`@everyone`), a person or the bot in a channel. Replaces the earlier one. */
  permit(
    channelName: string,
    subject: string,
    { allow = [], deny = [] }: PermittedRights,
  ): void {
    const rights = { allow: toBits(allow), deny: toBits(deny) };
    const channel = requireChannel(this.#guild, channelName);
    const overwrite = { ...findSubject(this.#guild, subject), ...rights };
    this.#deps.changes.changeOverwrite(this.#guild, channel, overwrite);
  }

  /** Puts a thread to sleep: its messages cannot be edited before it is woken. */
  archiveThread(name: string): void {
    const thread = requireChannel(this.#guild, name);
    this.#deps.changes.changeArchived(this.#guild, thread, true);
  }

  /** Deletes messages at once, as a moderator does. */
  deleteMessages(messageIds: readonly MessageId[]): void {
    this.#deps.board.removeAll(messageIds);
  }

  /** Adds a role without permissions, and returns its id. */
  addRole(name: string): RoleId {
    const id = toRoleId(this.#deps.world.ids.mintId());
    this.#deps.changes.addRole(this.#guild, {
      id,
      name,
      position: this.#guild.roles.length,
      permissions: 0n,
    });
    return id;
  }

  /** Sets all that a role may do from now on. `@everyone`, and the bot's own role by the bot's name, too. */
  setRole(role: string, permissions: readonly Permission[]): void {
    this.#deps.changes.changeRole(
      this.#guild,
      requireRole(this.#guild, role),
      toBits(permissions),
    );
  }

  /** Gives a member a role more. */
  giveRole(memberName: string, role: string): void {
    const member = requireMember(this.#guild, memberName);
    this.#deps.changes.changeMember(this.#guild, member, {
      roleIds: [...member.roleIds, requireRole(this.#guild, role).id],
    });
  }

  /** Takes a role from a member. */
  takeRole(memberName: string, role: string): void {
    const member = requireMember(this.#guild, memberName);
    const { id } = requireRole(this.#guild, role);
    this.#deps.changes.changeMember(this.#guild, member, {
      roleIds: member.roleIds.filter((roleId) => roleId !== id),
    });
  }

  /** Mutes a member in every channel, until taken back: nobody hears the member. */
  mute(memberName: string, muted: boolean): void {
    const member = requireMember(this.#guild, memberName);
    this.#deps.changes.changeMember(this.#guild, member, { muted });
  }

  /** Sends a member of a stage back to the audience, or invites the member to speak. */
  suppress(memberName: string, suppressed: boolean): void {
    const { user } = requireMember(this.#guild, memberName);
    this.#deps.seats.changeSeat(this.#guild, user.id, {
      suppressed,
      handRaisedAt: null,
    });
  }

  /** Times a member out for `forMs` from now. 0 ends the time-out. */
  timeOut(memberName: string, forMs: number): void {
    const { world, changes } = this.#deps;
    const timedOutUntilMs = forMs > 0 ? world.clock.wallMs() + forMs : undefined;
    const member = requireMember(this.#guild, memberName);
    changes.changeMember(this.#guild, member, { timedOutUntilMs });
  }

  /** Moves the bot to another voice channel. Nothing happens if it sits in none. */
  moveBot(name: string): void {
    const { world, seats } = this.#deps;
    const channel = requireChannel(this.#guild, name);
    const state = this.#guild.voiceStates.get(world.bot.id);
    if (state) seats.takeBotSeat(this.#guild, { ...state, channel });
  }

  /** Throws the bot out of its voice channel. Discord says 4022 to a bot that was alone there. */
  disconnectBot(closeCode?: number): void {
    const { world, seats } = this.#deps;
    seats.leaveSeat(this.#guild, world.bot.id, closeCode);
  }

  /**
   * Replaces the voice server of the call: sends an update without an endpoint, and after
   * `awayMs` one with it.
   */
  replaceVoiceServer(awayMs: number): void {
    const { seats, closing } = this.#deps;
    seats.replaceServer(this.#guild, awayMs, closing).catch(() => undefined); // only ever given up
  }

  /** Throws the bot out of the server, for good. */
  removeBot(): void {
    this.#deps.changes.removeBot(this.#guild);
  }

  /** Begins or ends an outage: Discord loses the server for a while, and finds it again. Calls go on. */
  setOutage(on: boolean): void {
    this.#deps.changes.setOutage(this.#guild, on);
  }

  /** Lets everybody leave their calls. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const person of this.#people.values()) await person[Symbol.asyncDispose]();
  }
}

/**
 * Finds a member or a role by name. A bot and its own role have one name: the bot is
 * meant.
 */
function findSubject(guild: Guild, name: string) {
  const member = findMember(guild, name);
  if (member) return { id: member.user.id, of: 'member' } as const;
  const role = findRole(guild, name);
  if (!role) throw new Error(`There is no ${name} here.`);
  return { id: role.id, of: 'role' } as const;
}

function requireMember(guild: Guild, name: string) {
  const member = findMember(guild, name);
  if (!member) throw new Error(`There is nobody called ${name} here.`);
  return member;
}

function requireRole(guild: Guild, name: string) {
  const role = findRole(guild, name);
  if (!role) throw new Error(`There is no role ${name} here.`);
  return role;
}
