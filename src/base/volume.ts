/** Highest volume of a track or a voice, in percent of its own volume. */
export const maxVolumePercent = 200;
