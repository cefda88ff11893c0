/** Where a sound can be had again. */
export type StoredSource =
  | { readonly kind: 'library'; readonly name: string }
  | { readonly kind: 'link'; readonly url: string; readonly type?: string };

/** One sound of a track. */
export type StoredSound = {
  readonly source: StoredSource;
  readonly title: string;
  readonly owner?: { readonly id: string; readonly name: string };
  /** Where it was; 0 for one that waits. */
  readonly positionMs: number;
  readonly loop: boolean;
};

/** Stored state of a track; the first sound is the one that plays. */
export type StoredTrack = {
  readonly name: string;
  readonly percent: number;
  readonly isPaused: boolean;
  readonly isMuted: boolean;
  readonly sounds: readonly StoredSound[];
};

/** Store of the sounds that play and wait in each channel, for a process that ends; storage implements it. */
export interface TrackStore {
  /** Errors: BotError `store.unreadable`. */
  read(guildId: string, channelId: string): Promise<readonly StoredTrack[]>;
  /** In place of all that was kept for this channel. Errors: BotError `store.unwritable`. */
  write(guildId: string, channelId: string, tracks: readonly StoredTrack[]): Promise<void>;
}
