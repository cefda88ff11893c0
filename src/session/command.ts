import type { TextId, Words } from '#src/texts/texts.ts';
import type { ChannelRef } from './link.ts';

export type Reply = {
  readonly id: TextId;
  readonly with?: Words;
  /** Seen by everybody in the channel, or only by the caller. */
  readonly to: 'room' | 'caller';
};

/** Who asked, from where, and with which words. */
export type Call = {
  readonly guildId: string;
  readonly callerId: string;
  readonly callerName: string;
  /** The voice channel the caller sits in. */
  readonly callerChannel?: ChannelRef;
  readonly mayManage: boolean;
  /** A channel option, where the command has one and the caller filled it. */
  readonly channel?: ChannelRef;
};

/** What a command may ask for, in words a person sees. */
export type CommandOption = {
  readonly name: string;
  readonly description: TextId;
  readonly kind: 'voice-channel';
};

/** What commands may do with rooms; session implements it. */
export interface Rooms {
  join(channel: ChannelRef, callerId: string): Promise<Joining>;
  leave(guildId: string): Promise<Leaving>;
  /** Where the bot sits in this server now. */
  at(guildId: string): ChannelRef | undefined;
}

export type Joining =
  | { readonly kind: 'joined' }
  | { readonly kind: 'already' }
  | { readonly kind: 'busy'; readonly other: string; readonly people: number }
  /** Tried again by itself; `/leave` ends that. */
  | { readonly kind: 'timeout'; readonly nextTryMs: number }
  | { readonly kind: 'failed'; readonly code: string };

export type Leaving =
  | { readonly kind: 'left'; readonly channel: string; readonly stayedMs: number }
  | { readonly kind: 'nowhere' };

export type CommandPorts = { readonly rooms: Rooms };

/** A slash command is data plus one decision; it never sees discord.js. */
export interface Command {
  readonly name: string;
  readonly description: TextId;
  readonly options: readonly CommandOption[];
  /** The first reply answers the command, the rest follow it. */
  run(call: Call, ports: CommandPorts): Promise<readonly [Reply, ...Reply[]]>;
}
