import { objectionToName, trackName } from '#src/playback/tracks/track-name.ts';

/** Where a sound goes that was given no track. */
export const usualTrack = 'main';
/** In place of a name: every track that holds something. */
export const everyTrack = 'all';
/** The bot's own; they can be made louder, and nothing else. */
export const ownTracks = ['voice', 'cues'] as const;

/** The one of what the bot says itself. */
export const voiceTrack = 'voice';
/** On it, in place of an item: all of one's own. */
export const ownItems = 'mine';

/** A track as people call it; undefined for what no track is called. */
export function trackNameOf(typed: string): string | undefined {
  const name = trackName(typed.trim());
  return objectionToName(name)?.kind === 'bad-name' ? undefined : name;
}

export function isOwnTrack(name: string): name is (typeof ownTracks)[number] {
  return ownTracks.some((one) => one === name);
}
