/** Where a sound can be had again. */
export type KeptSource =
  | { readonly kind: 'library'; readonly name: string }
  | { readonly kind: 'link'; readonly url: string; readonly type?: string };

/** One sound of a track. */
export type KeptSound = {
  readonly source: KeptSource;
  readonly title: string;
  readonly owner?: { readonly id: string; readonly name: string };
  /** Where it was; 0 for one that waits. */
  readonly positionMs: number;
  readonly loop: boolean;
};

/** What of a track outlives the process; the first sound is the one that plays. */
export type KeptTrack = {
  readonly name: string;
  readonly percent: number;
  readonly isPaused: boolean;
  readonly sounds: readonly KeptSound[];
};

/** What plays and waits in each channel, for a process that ends; storage implements it. */
export interface TrackBook {
  /** Errors: BotError `store.unreadable`. */
  read(guildId: string, channelId: string): Promise<readonly KeptTrack[]>;
  /** In place of all that was kept for this channel. Errors: BotError `store.unwritable`. */
  write(guildId: string, channelId: string, tracks: readonly KeptTrack[]): Promise<void>;
}
