import type { Line } from '#src/texts/texts.ts';
import type { ChannelRef } from './link.ts';

/** Writes into the text side of a voice channel, for what cannot be spoken. */
export interface Scribe {
  /** Pings nobody; longer texts are cut at 2,000 characters. Errors: BotError `discord.forbidden`. */
  write(channel: ChannelRef, text: string): Promise<void>;
  /** A sentence with buttons under it, named like those of `Reply`. Pings nobody. Errors: as `write`. */
  offer(channel: ChannelRef, line: Line, buttons: readonly string[]): Promise<void>;
}
