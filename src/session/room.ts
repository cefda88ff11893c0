import type { Floor } from './floor.ts';
import type { Gate } from './gate.ts';
import type { ChannelRef } from './link.ts';
import type { Memory } from './memory.ts';
import type { Mouth } from './mouth.ts';
import type { PanelWatch } from './panel-watch.ts';
import type { SessionParts } from './parts.ts';
import type { Withdrawals } from './withdrawals.ts';

/** What the sessions of one stay have in common, and what is reached from outside them. */
export type Room = {
  readonly channel: ChannelRef;
  readonly parts: SessionParts;
  readonly gate: Gate;
  readonly withdrawals: Withdrawals;
  readonly memory: Memory;
  readonly floor: Floor;
  readonly panel: PanelWatch;
};

/** A room with somebody in it who can speak. */
export type Conversation = Room & { readonly mouth: Mouth };
