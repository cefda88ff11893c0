/** Highest volume of a track or a voice, in percent of what it is made with. */
export const maxVolumePercent = 200;
