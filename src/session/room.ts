import type { Line } from '#src/texts/texts.ts';
import type { Attention } from './attention.ts';
import type { Bell } from './bell.ts';
import type { Leaving } from './command-ports.ts';
import type { CurrentPipeline } from './current-pipeline.ts';
import type { Floor } from './floor.ts';
import type { Gate } from './gate.ts';
import type { GuildSettings } from './guild-settings.ts';
import type { Habits } from './habits.ts';
import type { ChannelRef, Person } from './link.ts';
import type { Memory } from './memory.ts';
import type { Mouth } from './mouth.ts';
import type { Newcomers } from './newcomers.ts';
import type { Once } from './once.ts';
import type { PanelWatch } from './panel-watch.ts';
import type { SessionParts } from './parts.ts';
import type { Asks } from './tool-asks.ts';
import type { TrackStand } from './track-stand.ts';
import type { Troubles } from './troubles.ts';
import type { Volume } from './volume.ts';
import type { Waste } from './waste.ts';
import type { Withdrawals } from './withdrawals.ts';

/** What the sessions of one stay have in common, and what is reached from outside them. */
export type Room = {
  readonly channel: ChannelRef;
  /** Who called the bot in. */
  readonly callerId: string;
  /** As they hold in its server at the moment they are looked at. */
  readonly parts: SessionParts;
  readonly settings: () => GuildSettings;
  readonly pipeline: CurrentPipeline;
  readonly bell: Bell;
  readonly gate: Gate;
  readonly withdrawals: Withdrawals;
  readonly memory: Memory;
  readonly floor: Floor;
  readonly waste: Waste;
  readonly habits: Habits;
  readonly attention: Attention;
  readonly newcomers: Newcomers;
  readonly panel: PanelWatch;
  readonly once: Once;
  readonly troubles: Troubles;
  /** What waits for a button. */
  readonly asks: Asks;
  readonly volume: Volume;
  /** What plays under names. */
  readonly tracks: TrackStand;
  /** Everybody there besides the bot itself, also while the link is away. */
  readonly people: () => readonly Person[];
  /** As `VoiceLink.refresh`. */
  readonly refresh: (personId: string, signal: AbortSignal) => Promise<void>;
  /** Ends the stay, as `/leave` does. */
  readonly leave: () => Promise<Leaving>;
  /** Aborted when the stay is over; its links may come and go. */
  readonly signal: AbortSignal;
  /** Has everybody there read something, in its turn and if it still holds then. */
  notice(line: Line, holds?: () => boolean): void;
};

/** A room with somebody in it who can speak. */
export type Conversation = Room & {
  readonly mouth: Mouth;
};
