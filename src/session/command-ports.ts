import type { ChannelFacts } from '#src/people/join-rules.ts';
import type { Line } from '#src/texts/texts.ts';
import type { ChannelRef } from './link.ts';
import type { Latest, Speed } from './stats.ts';

/** What commands may do with rooms; session implements it. */
export interface Rooms {
  join(channel: ChannelRef, callerId: string): Promise<Joining>;
  leave(guildId: string): Promise<Leaving>;
  /** Where the bot sits in this server now. */
  at(guildId: string): ChannelRef | undefined;
}

export type Joining =
  | { readonly kind: 'joined'; readonly company: number }
  | { readonly kind: 'already'; readonly company: number }
  | { readonly kind: 'busy'; readonly other: string; readonly people: number }
  /** Tried again by itself; `/leave` ends that. */
  | { readonly kind: 'timeout'; readonly nextTryMs: number }
  | { readonly kind: 'failed'; readonly code: string };

export type Leaving =
  | { readonly kind: 'left'; readonly channel: string; readonly stayedMs: number }
  | { readonly kind: 'nowhere' };

/** What is known of a channel before entering it; discord implements it. */
export interface Places {
  facts(channel: ChannelRef, callerId: string): ChannelFacts | undefined;
  /** Name of the bot in this server. */
  botName(guildId: string): string;
}

/** Making the bot speak, answer and fall silent; session implements it. */
export interface Talk {
  say(guildId: string, words: string, when: 'now' | 'queue', voice?: string): Promise<Saying>;
  ask(guildId: string, question: string, asker: Asker, answer: 'voice' | 'text'): Promise<Asking>;
  stop(guildId: string, what: 'speech' | 'sounds' | 'everything'): 'stopped' | 'nothing';
}

export type Asker = { readonly id: string; readonly name: string };

export type Saying =
  | { readonly kind: 'queued'; readonly ahead: number }
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'unspeakable' }
  | { readonly kind: 'nowhere' };

export type Asking =
  | { readonly kind: 'answered'; readonly text: string }
  /** The sentence that tells the asker what went wrong. */
  | { readonly kind: 'failed'; readonly line: Line }
  | { readonly kind: 'nowhere' };

/** Whether the bot hears a room at all; session implements it. Works from the next packet on. */
export interface Hearing {
  pause(guildId: string): 'paused' | 'nowhere';
  resume(guildId: string): 'resumed' | 'nowhere';
}

/** What people decide about themselves; session implements it over the consent book. */
export interface Privacy {
  status(guildId: string, personId: string): Promise<PrivacyStatus>;
  /** Works from the next packet on, saved or not. */
  allow(guildId: string, personId: string, howLong: 'always' | 'today'): Promise<Kept>;
  deny(guildId: string, personId: string): Promise<Kept>;
  /** Deletes everything about the person in this server; afterwards they are as somebody new. */
  forget(guildId: string, personId: string): Promise<Forgotten>;
}

export type PrivacyStatus = {
  readonly hearing: boolean;
  readonly captionLines: number;
  readonly settings: number;
};
export type Kept = { readonly saved: boolean };
export type Forgotten =
  | { readonly kind: 'forgotten'; readonly total: number }
  | { readonly kind: 'failed' };

/** How fast the bot was in this server; status implements it. */
export interface Stats {
  speed(guildId: string): Speed | undefined;
  lastTurn(guildId: string): Latest | undefined;
}
